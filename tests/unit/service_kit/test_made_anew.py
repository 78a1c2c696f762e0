"""When a topic counts as made anew, and not as one whose broker has just come back."""

from datetime import UTC, datetime

import pytest

from service_kit.clock import ManualClock
from service_kit.made_anew import SHORTER_SECONDS, Length, Lengths
from service_kit.records import TopicPartition

PLACE = TopicPartition("lead-routed", 0)
READ = 100


@pytest.mark.parametrize(
    ("told", "judged", "why"),
    [
        ([(0, 100)], Length.KNOWN, "it ends where reading ended"),
        ([(0, 7)], Length.SHORTER, "for the first time"),
        ([(0, 7), (SHORTER_SECONDS, 7)], Length.MADE_ANEW, "for long enough"),
        ([(0, 7), (SHORTER_SECONDS, 100)], Length.KNOWN, "its broker had just come back"),
        (
            [(0, 7), (1, 100), (SHORTER_SECONDS, 7)],
            Length.SHORTER,
            "two moments that are far apart are not one long one",
        ),
    ],
)
def test_a_topic_is_made_anew_once_it_has_stayed_shorter(
    told: list[tuple[float, int]], judged: Length, why: str
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    lengths, passed = Lengths(clock), 0.0
    found = None
    for at, end in told:
        clock.advance(at - passed)
        passed, found = at, lengths.judge(PLACE, READ, end)
    assert found is judged, why
