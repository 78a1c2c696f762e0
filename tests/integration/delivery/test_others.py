"""Apprise against a real server on loopback, and URLs it must not follow."""

import asyncio
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from delivery.addresses import Allowed
from delivery.guard import Guard
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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("wish", ["", "?redirect=yes", "?redirects=yes", "?redirect=true&+redirect=yes"])
async def test_no_redirect_is_followed_whatever_the_url_asks_for(
    receiver: Receiver, status: int, wish: str
) -> None:
    """The second server is one that may be spoken to: it is the redirect that is not followed."""
    came: list[asyncio.StreamWriter] = []

    def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        writer.close()

    second = await asyncio.start_server(talk, "127.0.0.1")
    there = f"http://127.0.0.1:{second.sockets[0].getsockname()[1]}/"
    receiver.answers = [f"HTTP/1.1 {status} There\r\nContent-Length: 0\r\nLocation: {there}\r\n\r\n".encode()]
    for scheme in ("json", "xml", "form", "gotify"):
        url = f"{scheme}://127.0.0.1:{receiver.port}/x/token{wish}"
        result = await others(url, "127.0.0.0/8").carry(message(), NOW)
        assert result.outcome is Outcome.LATER
    assert len(receiver.got) == 4
    assert not came
    second.close()


class Outside:
    """A resolver that calls every name public, as a name that is about to move does when asked first."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14"]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("json://localhost:{port}/x", id="a name that moved inside after it was judged"),
        pytest.param("xml://localhost:{port}/x", id="another service"),
        pytest.param(
            "mailto://ana:pw@example.com?smtp=127.0.0.1&port={port}&mode=insecure",
            id="a second host in the URL",
        ),
    ],
)
async def test_a_connection_is_judged_when_it_is_opened(receiver: Receiver, url: str) -> None:
    """The port is one that is open to all, so that only the address can refuse it."""
    secrets = Secrets(environ={"BATON_SECRET_TEAM_CHAT": url.format(port=receiver.port)})
    open_port = Allowed(ports=frozenset({80, 443, receiver.port}))
    result = await Others(secrets, allowed=open_port, resolver=Outside(), attempt_seconds=5).carry(
        message(), NOW
    )
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert "not a public address" in (result.detail or "")
    assert not receiver.got


async def test_a_named_place_is_reached_by_its_name(receiver: Receiver) -> None:
    place = f"localhost:{receiver.port}"
    result = await others(f"json://{place}/x", place).carry(message(), NOW)
    assert result.outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    "scheme",
    ["blink1", "dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "syslog", "rsyslog"],
)
async def test_services_of_the_machine_itself_are_refused(scheme: str) -> None:
    result = await others(f"{scheme}://").carry(message(), NOW)
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert f"{scheme}:// speaks to this machine" in (result.detail or "")


def test_a_guard_refuses_this_machines_sockets_and_programs_and_is_gone_afterwards() -> None:
    guard = Guard(Allowed())
    with guard.stands():
        with socket.socket(socket.AF_UNIX) as local, pytest.raises(PermissionError):
            local.connect("/run/nothing")
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(PermissionError):
            datagrams.sendto(b"x", ("127.0.0.1", 514))
        with pytest.raises(PermissionError):
            sys.audit("subprocess.Popen", "true", [], None, None)
    assert len(guard.refused) == 3
    sys.audit("subprocess.Popen", "true", [], None, None)
