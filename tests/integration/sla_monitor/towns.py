"""Monitors with receivers: a mail server and a Slack on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from lead_events import RulebookPublished
from sla_monitor.memory import Memory
from sla_monitor.rhythm.office import PageOffice
from sla_monitor.settings import Settings
from tests.integration.listening import json_answer, read_post
from tests.integration.sla_monitor.worlds import MONDAY_9, World, rulebook
from tests.patience import HANGS_AFTER


@dataclass
class Mailbox:
    """A mail server that keeps what it gets; `is_away`: it takes nothing."""

    port: int = 0
    is_away: bool = False
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.is_away:
            return "451 later"
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def receivers(self) -> list[str]:
        return sorted(str(each["To"]) for each in self.letters)


@dataclass
class SlackServer:
    """Answers as Slack's API does, and keeps what was posted."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            _, posted = await read_post(reader)
            self.posted.append(posted)
            writer.write(json_answer(b'{"ok":true,"channel":"C42","ts":"1.1"}'))
            await writer.drain()
        finally:
            writer.close()


@dataclass
class Town:
    """A world with receivers, and as many monitors as a test starts."""

    world: World
    settings: Settings
    mailbox: Mailbox
    slack: SlackServer

    async def publish(self, pages: dict[str, Any] | None, *, version: int = 1, **more: Any) -> None:
        at = self.world.clock.now() if version > 1 else MONDAY_9
        document = rulebook() | {"pages": pages} | more
        event = RulebookPublished(
            version=version,
            effective_from=at,
            published_at=at,
            published_by="ops",
            checksum=f"c{version}",
            rulebook=document,
        )
        self.world.say("rulebook-published", event, key=str(version))
        async with self.world.reading() as consumer:
            await self.world.read_all(consumer)

    async def come_to(self, moment: datetime) -> None:
        """Later, with all news read up to then."""
        self.world.at(moment)
        async with self.world.reading() as consumer:
            await self.world.read_all(consumer)

    def office(self) -> PageOffice:
        """A monitor that has just started."""
        return PageOffice(self.world.runtime, self.settings, Memory())

    @asynccontextmanager
    async def running(self, monitors: int = 1) -> AsyncIterator[None]:
        """The periodic parts of so many monitors."""
        parts = [part for _ in range(monitors) for part in self.office().parts()]
        tasks = [asyncio.create_task(part.run()) for part in parts]
        try:
            yield
        finally:
            for part in parts:
                part.stop()
            await asyncio.wait_for(asyncio.gather(*tasks), HANGS_AFTER)

    async def tell(self) -> None:
        """One round of a monitor that has just started."""
        office = self.office()
        await office.maker.make()
        await office.sender.work()

    async def sent(self) -> list[tuple[str, str, str]]:
        rows = await self.world.query("SELECT page, period, receiver FROM page_receivers ORDER BY 1, 2, 3")
        return [(row["page"], row["period"], row["receiver"]) for row in rows]
