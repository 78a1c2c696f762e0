"""Every way of writing an address inside, tried against a server that listens there: it must hear nothing.

The server listens on every address of this machine, at a port that is open to all receivers, so that nothing
but the address can keep a message from it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from delivery.addresses import Allowed, SystemResolver
from delivery.message import Message, Outcome, Result, Target
from delivery.webhook import Webhooks
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import SECRET

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
SECRETS = Secrets(environ={"BATON_SECRET_HOOK": SECRET})
OUTSIDE = "93.184.215.14"

ADDRESSES = [
    ("127.0.0.1", "loopback"),
    ("127.0.0.2", "another address of loopback"),
    ("127.255.255.254", "the last of loopback"),
    ("10.0.0.1", "a private network"),
    ("10.255.255.255", "its end"),
    ("172.16.0.1", "the second private network"),
    ("172.31.255.254", "its end"),
    ("192.168.0.1", "the third private network"),
    ("100.64.0.1", "shared by a carrier's customers"),
    ("100.127.255.254", "their end"),
    ("100.100.100.200", "metadata of a cloud among them"),
    ("169.254.1.1", "link-local"),
    ("169.254.169.254", "metadata of most clouds"),
    ("168.63.129.16", "metadata at a public address"),
    ("192.0.0.192", "metadata among protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmarks"),
    ("198.51.100.1", "documentation, the second"),
    ("203.0.113.1", "documentation, the third"),
    ("0.0.0.0", "whichever address listens"),  # noqa: S104 - refused, not listened at
    ("0.1.2.3", "this network"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "discovery by multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::1", "loopback"),
    ("::", "whichever address listens"),
    ("fe80::1", "link-local"),
    ("fe80::1%lo", "link-local with a zone"),
    ("fc00::1", "unique local"),
    ("fd12:3456:789a::1", "unique local as people choose them"),
    ("fd00:ec2::254", "metadata over IPv6"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("2001:db8::1", "documentation"),
    ("100::1", "discarded"),
    ("::ffff:127.0.0.1", "loopback, mapped"),
    ("::ffff:10.0.0.1", "private, mapped"),
    ("::ffff:169.254.169.254", "metadata, mapped"),
    ("::127.0.0.1", "loopback, IPv4-compatible"),
    ("::10.0.0.1", "private, IPv4-compatible"),
    ("64:ff9b::127.0.0.1", "loopback through NAT64"),
    ("64:ff9b::169.254.169.254", "metadata through NAT64"),
    ("64:ff9b:1::1", "local translation"),
    ("2002:7f00:1::", "loopback through 6to4"),
    ("2002:a00:1::1", "private through 6to4"),
    ("2002:a9fe:a9fe::", "metadata through 6to4"),
    ("2001:0:7f00:1::", "Teredo"),
    ("192.0.0.8", "a dummy address among protocol assignments"),
    ("192.0.0.20", "among protocol assignments"),
    ("192.88.99.1", "the relay of 6to4 that was"),
    ("3fff::1", "documentation, the newer one"),
    ("5f00::1", "segments of a router's path"),
    ("2001:2::1", "benchmarks"),
    ("2001:20::1", "hashes that look like addresses"),
    ("::ffff:0:127.0.0.1", "loopback, translated"),
    ("2001:470::200:5efe:127.0.0.1", "loopback through ISATAP"),
    ("2001:470::5efe:a9fe:a9fe", "metadata through ISATAP"),
    ("::ffff:100.100.100.200", "metadata of another cloud, mapped"),
    ("64:ff9b::6464:64c8", "the same through NAT64"),
]
"""What a name may lead to."""

SPELLINGS = [
    ("127.0.0.1", "as people write it"),
    ("127.1", "short"),
    ("127.0.1", "less short"),
    ("2130706433", "one decimal number"),
    ("017700000001", "one octal number"),
    ("0x7f000001", "one hexadecimal number"),
    ("0177.0.0.1", "octal in part"),
    ("0177.0000.0000.0001", "octal throughout"),
    ("0x7F.0x0.0x0.0x1", "hexadecimal throughout"),
    ("0x7f.1", "hexadecimal and short"),
    ("127.0x0.0.01", "a mixture"),
    ("localhost", "by name"),
    ("LOCALHOST", "by name in capitals"),
    ("localhost.", "by name with a dot at its end"),
    ("127.0.0.1.", "with a dot at its end"),
    ("0", "whichever address listens, short"),
    ("\uff11\uff12\uff17.0.0.1", "full-width digits"),
    ("127\u30020\u30020\u30021", "ideographic dots"),
    ("127\uff0e0\uff0e0\uff0e1", "full-width dots"),
    ("127\uff610\uff610\uff611", "half-width ideographic dots"),
    ("\u24dbocalhost", "a letter in a circle"),
    ("%31%32%37.0.0.1", "percent signs"),
    ("[::1]", "in brackets"),
    ("[0:0:0:0:0:0:0:1]", "in brackets, unabridged"),
    ("[0000:0000:0000:0000:0000:0000:0000:0001]", "in brackets, in full"),
    ("[::]", "in brackets, whichever listens"),
    ("[::ffff:127.0.0.1]", "in brackets, mapped"),
    ("[::ffff:7f00:1]", "in brackets, mapped in hexadecimal"),
    ("[0:0:0:0:0:ffff:7f00:1]", "in brackets, mapped, unabridged"),
    ("[::127.0.0.1]", "in brackets, IPv4-compatible"),
    ("[64:ff9b::7f00:1]", "in brackets, NAT64"),
    ("[2002:7f00:1::]", "in brackets, 6to4"),
    ("[fe80::1%25lo]", "in brackets with a zone"),
    ("127.000.000.001", "with leading zeros"),
    ("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "digits in circles"),
    ("local\u00adhost", "a hyphen that nobody sees"),
    ("localhost\u200b", "a space of no width"),
    ("\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54", "full-width letters"),
    ("0x7f000001.", "a hexadecimal number with a dot at its end"),
    ("00000000177.0.0.1", "octal with many zeros"),
    ("[::ffff:0:7f00:1]", "in brackets, translated"),
    ("[2001:470::200:5efe:7f00:1]", "in brackets, ISATAP"),
    ("127.0.0.1%2f", "a slash by percent sign"),
    ("127.0.0.1%00.example.com", "a null by percent sign"),
]
"""What stands in a URL where its host does, read by the machine's own resolver."""

TRICKS = [
    ("http://93.184.215.14@127.0.0.1:{port}/", "a public address as user name"),
    ("http://127.0.0.1:{port}@93.184.215.14/", "loopback as user name"),
    ("http://hooks.example.com:x@127.0.0.1:{port}/", "a name as user name"),
    ("http://127.0.0.1:{port}#@hooks.example.com/", "the name in the fragment"),
    ("http://127.0.0.1:{port}\\@hooks.example.com/", "a backslash"),
    ("http://hooks.example.com\t@127.0.0.1:{port}/", "a tab"),
    ("http://127.0.0.1:{port}\r\nHost: hooks.example.com/", "a line break"),
    ("//127.0.0.1:{port}/", "no scheme"),
    ("gopher://127.0.0.1:{port}/", "another scheme"),
    ("file:///etc/passwd", "a file"),
    ("http:127.0.0.1:{port}/", "no slashes"),
    ("http:///127.0.0.1:{port}/", "three slashes"),
    ("http://[127.0.0.1]:{port}/", "brackets round IPv4"),
    ("http://hooks.example.com:80:{port}/", "two ports"),
    ("http://:x@127.0.0.1:{port}/", "a password alone"),
    ("http://@127.0.0.1:{port}/", "an empty user name"),
    ("http://hooks.example.com\u2028@127.0.0.1:{port}/", "a line separator"),
    ("jar:http://127.0.0.1:{port}/!/", "a scheme round another"),
]


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
    """And read whatever comes until the caller goes, so that no answer is cut off."""
    writer.write(answer)
    await writer.drain()
    while await reader.read(65_536):
        pass
    writer.close()


class Listener:
    """Counts whoever comes, and answers with `answer`."""

    def __init__(self) -> None:
        self.port = 0
        self.came = 0
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        await _say(reader, writer, self.answer)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    v4 = await asyncio.start_server(made.talk, "0.0.0.0", 0)  # noqa: S104 - every address of this machine
    made.port = v4.sockets[0].getsockname()[1]
    v6 = await asyncio.start_server(made.talk, "::1", made.port) if socket.has_ipv6 else None
    yield made
    for server in filter(None, (v4, v6)):
        server.close()


class Answers:
    """A resolver that says each time the next."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        return [self.answers.pop(0)]


def to(url: str) -> Message:
    return Message(UUID(int=1), UUID(int=2), "assigned", Target.webhook(url, "hook"), "", "", NOW)


def open_at(listener: Listener, networks: str = "") -> Allowed:
    """The listener's port is open to all."""
    return Allowed(Allowed.parse(networks).networks, ports=frozenset({80, 443, listener.port}))


async def sent(url: str, allowed: Allowed, names: Answers | SystemResolver, *, seconds: float = 5) -> Result:
    return await Webhooks(SECRETS, allowed=allowed, resolver=names, attempt_seconds=seconds).carry(
        to(url), NOW
    )


def rows(table: list[tuple[str, str]]) -> list[object]:
    return [pytest.param(each, id=f"{sentence}: {each!a}") for each, sentence in table]


def test_there_are_more_than_sixty_and_none_twice() -> None:
    for table in (ADDRESSES, SPELLINGS, TRICKS):
        assert len({each for each, _ in table}) == len(table)
    assert len(ADDRESSES) + len(SPELLINGS) >= 60


@pytest.mark.parametrize("spelling", ["127.0.0.1", "2130706433", "[::1]", "localhost"])
async def test_what_is_allowed_reaches_the_listener(listener: Listener, spelling: str) -> None:
    """The proof that it can be reached by such addresses: without it, its silence would say nothing."""
    allowed = open_at(listener, "127.0.0.0/8, ::1/128")
    await sent(f"http://{spelling}:{listener.port}/x", allowed, SystemResolver())
    assert listener.came == 1


@pytest.mark.parametrize("address", rows(ADDRESSES))
async def test_no_name_leads_to_an_address_inside(listener: Listener, address: str) -> None:
    url = f"http://hooks.example.com:{listener.port}/x"
    result = await sent(url, open_at(listener), Answers(address))
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert "leads to" in (result.detail or ""), "the address is the reason, not the port"
    assert not listener.came


@pytest.mark.parametrize("host", rows(SPELLINGS))
async def test_no_spelling_of_an_address_inside_is_connected_to(listener: Listener, host: str) -> None:
    result = await sent(f"http://{host}:{listener.port}/x", open_at(listener), SystemResolver())
    if result.outcome is Outcome.LATER:
        assert "does not resolve" in (result.detail or ""), "nobody takes it for an address"
    else:
        assert result.outcome is Outcome.REFUSED_ADDRESS
        assert not (result.detail or "").startswith("port")
    assert not listener.came


@pytest.mark.parametrize("url", rows(TRICKS))
async def test_no_trick_with_the_url_leads_inside(listener: Listener, url: str) -> None:
    found = url.format(port=listener.port)
    result = await sent(found, open_at(listener), Answers("127.0.0.1"))
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert not listener.came


async def test_a_name_that_led_inside_when_it_was_judged_is_refused(listener: Listener) -> None:
    names = Answers("127.0.0.1", OUTSIDE)
    result = await sent(f"http://rebind.example.com:{listener.port}/", open_at(listener), names)
    assert (result.outcome, names.answers) == (Outcome.REFUSED_ADDRESS, [OUTSIDE])
    assert not listener.came


async def test_a_name_that_moves_inside_after_it_was_judged_is_not_followed(listener: Listener) -> None:
    """127.0.0.9 is allowed here and stands for an address outside; 127.0.0.1 is where the name moves to."""
    heard: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(writer.get_extra_info("sockname")[0])
        await _say(reader, writer, b"HTTP/1.1 204 No Content\r\n\r\n")

    server = await asyncio.start_server(talk, "0.0.0.0", 0)  # noqa: S104 - tells which address was used
    port = server.sockets[0].getsockname()[1]
    allowed = Allowed(Allowed.parse("127.0.0.9/32").networks, ports=frozenset({port}))
    names = Answers("127.0.0.9", "127.0.0.1")
    result = await sent(f"http://rebind.example.com:{port}/", allowed, names)
    assert (result.outcome, heard) == (Outcome.DELIVERED, ["127.0.0.9"])
    assert names.answers == ["127.0.0.1"], "asked once"
    server.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(listener: Listener, status: int) -> None:
    """Not even to a server that may be spoken to."""
    second = Listener()
    server = await asyncio.start_server(second.talk, "127.0.0.1", 0)
    there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    listener.answer = f"HTTP/1.1 {status} There\r\nContent-Length: 0\r\nLocation: {there}\r\n\r\n".encode()
    allowed = Allowed.parse("127.0.0.0/8")
    result = await sent(f"http://127.0.0.1:{listener.port}/", allowed, SystemResolver())
    assert result.outcome is Outcome.LATER
    assert "redirect" in (result.detail or "")
    assert (listener.came, second.came) == (1, 0)
    server.close()
