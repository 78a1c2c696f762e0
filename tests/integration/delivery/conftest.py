"""A store with the tables of deliveries, and local receivers: a web server and a mail server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.migrate import migrate
from service_kit.postgres import Database
from tests.integration.listening import mail_server, stream_server

START = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receiver:
    """Answers each POST with the next of `answers` (the last one again and again) and keeps what it got."""

    port: int = 0
    answers: list[bytes] = field(default_factory=lambda: [b"HTTP/1.1 204 No Content\r\n\r\n"])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            await writer.drain()
            if not answer:
                await reader.read()  # never answers; ends when the caller goes
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with stream_server(made.talk) as made.port:
        yield made


@dataclass
class Mailbox:
    """A mail server on loopback; `refuses` is its answer to a receiver, where it has one, and `full` whose
    mailbox takes nothing more."""

    port: int = 0
    refuses: str | None = None
    full: str | None = None
    takes: str = "250 OK"
    letters: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        if address == self.full:
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.takes.startswith("2"):
            self.letters.append(envelope.content)
        return self.takes


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    made = Mailbox()
    async with mail_server(made) as made.port:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def database(database_dsn: str, clock: ManualClock) -> AsyncIterator[Database]:
    await asyncio.to_thread(migrate, database_dsn, schema="sending", packages=["delivery"])
    opened = await Database.connect(
        database_dsn, schema="sending", application_name="test", clock=ManualTransactionClock(clock)
    )
    yield opened
    await opened.close()
