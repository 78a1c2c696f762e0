"""Every way of writing an address inside, tried against a server that listens there: it must hear nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from delivery.addresses import SystemResolver
from delivery.message import Message, Outcome, Target
from delivery.webhook import Webhooks
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import SECRET

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
SECRETS = Secrets(environ={"BATON_SECRET_HOOK": SECRET})
OUTSIDE = "93.184.215.14"

WRITTEN = [
    # as people and programs write loopback
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0000.0000.0001",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "127.0x0.0.01",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "0.0.0.0",  # noqa: S104 - refused
    "0",
    # full-width digits and dots, which are folded to plain ones on their way
    "１２７.0.0.1",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "ⓛocalhost",
    # in brackets
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:7f00:0001:0000:0000:0000:0000:0001]",
    "[2001:0:7f00:1::]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    # other networks that are nobody else's business
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
TRICKS = [
    "http://93.184.215.14@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@93.184.215.14/",
    "http://hooks.example.com:x@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@hooks.example.com/",
    "http://127.0.0.1:{port}\\@hooks.example.com/",
    "http://hooks.example.com\t@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\r\nHost: hooks.example.com/",
    "//127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "http://127.0.0.1:0{port}/",
]


class Listener:
    """Counts whoever comes."""

    def __init__(self) -> None:
        self.port = 0
        self.came = 0
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


class Answers:
    """A resolver that says each time the next."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        return [self.answers.pop(0)]


def to(url: str) -> Message:
    return Message(UUID(int=1), UUID(int=2), "assigned", Target.webhook(url, "hook"), "", "", NOW)


def test_there_are_more_than_sixty() -> None:
    assert len(set(WRITTEN)) + len(set(TRICKS)) >= 60


@pytest.mark.parametrize("host", WRITTEN)
async def test_no_spelling_of_an_address_inside_is_connected_to(listener: Listener, host: str) -> None:
    hook = Webhooks(SECRETS, resolver=SystemResolver(), attempt_seconds=5)
    result = await hook.carry(to(f"http://{host}:{listener.port}/x"), NOW)
    assert result.outcome in (Outcome.REFUSED_ADDRESS, Outcome.LATER)
    assert not listener.came


@pytest.mark.parametrize("host", WRITTEN)
async def test_nor_at_the_usual_port(listener: Listener, host: str) -> None:
    """Where the port is no reason to refuse, the address is."""
    hook = Webhooks(SECRETS, resolver=SystemResolver(), attempt_seconds=5)
    result = await hook.carry(to(f"http://{host}/x"), NOW)
    assert result.outcome in (Outcome.REFUSED_ADDRESS, Outcome.LATER)
    if result.outcome is Outcome.LATER:
        assert "resolve" in (result.detail or "")


@pytest.mark.parametrize("url", TRICKS)
async def test_no_trick_with_the_url_leads_inside(listener: Listener, url: str) -> None:
    hook = Webhooks(SECRETS, resolver=Answers(OUTSIDE), attempt_seconds=1)
    result = await hook.carry(to(url.format(port=listener.port)), NOW)
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert not listener.came


async def test_a_name_that_moves_inside_after_it_was_judged_is_not_followed(listener: Listener) -> None:
    """It is asked once, and the connection goes to the address that was judged."""
    names = Answers("127.0.0.1", OUTSIDE)
    hook = Webhooks(SECRETS, resolver=names, attempt_seconds=1)
    result = await hook.carry(to(f"http://rebind.example.com:{listener.port}/"), NOW)
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert names.answers == [OUTSIDE]
    assert not listener.came
