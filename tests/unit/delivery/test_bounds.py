"""A message in hand is never taken over while somebody still works on it."""

import pytest

from delivery import mail, others, slack, webhook
from delivery.message import Channel
from delivery.sender import CLAIM, PREPARE_SECONDS

ATTEMPT_SECONDS = {
    Channel.WEBHOOK: webhook.ATTEMPT_SECONDS,
    Channel.EMAIL: mail.ATTEMPT_SECONDS,
    Channel.SLACK: slack.ATTEMPT_SECONDS,
    Channel.APPRISE: others.ATTEMPT_SECONDS,
}
TO_NOTE_IT = 30
"""Seconds for the database on both sides of an attempt."""


@pytest.mark.parametrize("channel", Channel)
def test_a_claim_outlasts_composing_and_one_attempt_by_each_channel(channel: Channel) -> None:
    assert CLAIM.total_seconds() > PREPARE_SECONDS + ATTEMPT_SECONDS[channel] + TO_NOTE_IT
