"""Apprise against a real server on loopback, and URLs it must not follow."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from delivery.addresses import Allowed
from delivery.message import Message, Outcome, Target
from delivery.others import Others
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import Receiver

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)


def others(url: str | None, allow: str = "") -> Others:
    environ = {} if url is None else {"BATON_SECRET_TEAM_CHAT": url}
    return Others(Secrets(environ=environ), allowed=Allowed.parse(allow), attempt_seconds=5)


def message() -> Message:
    return Message(
        UUID(int=1), UUID(int=2), "assigned", Target.apprise("team-chat"), "A lead", "Call her", NOW
    )


async def test_a_message_arrives(receiver: Receiver) -> None:
    place = f"127.0.0.1:{receiver.port}"
    result = await others(f"json://{place}/x", place).carry(message(), NOW)
    assert result.outcome is Outcome.DELIVERED
    [(_, body)] = receiver.got
    assert b"Call her" in body


async def test_a_service_that_refuses_is_tried_later(receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 500 Trouble\r\nContent-Length: 0\r\n\r\n"]
    place = f"127.0.0.1:{receiver.port}"
    assert (await others(f"json://{place}/x", place).carry(message(), NOW)).outcome is Outcome.LATER


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("json://127.0.0.1:{port}/x", id="this machine"),
        pytest.param("json://localhost:{port}/x", id="this machine by name"),
        pytest.param("xml://[::1]:{port}/x", id="this machine by IPv6"),
        pytest.param("ntfy://169.254.169.254/topic", id="a cloud's metadata"),
        pytest.param("syslog://", id="the machine's own log"),
        pytest.param("windows://", id="the machine's own screen"),
    ],
)
async def test_nothing_is_sent_inside(receiver: Receiver, url: str) -> None:
    result = await others(url.format(port=receiver.port)).carry(message(), NOW)
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert not receiver.got


@pytest.mark.parametrize("url", [None, "", "nonsense", "https://", "nosuch://host"])
async def test_what_is_no_url_of_a_service_is_ours_to_mend(url: str | None) -> None:
    assert (await others(url).carry(message(), NOW)).outcome is Outcome.MISCONFIGURED
