"""What the job that creates topics is told about copies."""

import pytest

from service_kit.settings import SettingsRefused, read_settings
from service_kit.topic_copies import TopicSettings


def test_without_a_word_topics_have_the_clusters_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATON_TOPIC_REPLICATION", raising=False)
    assert (TopicSettings().topic_replication, TopicSettings().topic_min_in_sync) == (-1, None)


@pytest.mark.parametrize(
    ("replication", "in_sync", "told"),
    [("0", "1", "write 3"), ("1", "2", "nothing could be written"), ("3", "0", "BATON_TOPIC_MIN_IN_SYNC")],
)
def test_copies_that_cannot_be_are_told_what_to_write(
    replication: str, in_sync: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_TOPIC_REPLICATION", replication)
    monkeypatch.setenv("BATON_TOPIC_MIN_IN_SYNC", in_sync)
    with pytest.raises(SettingsRefused, match=told):
        read_settings(TopicSettings)
