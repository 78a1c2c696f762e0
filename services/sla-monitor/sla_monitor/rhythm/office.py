"""Everything sla-monitor does with pages, as one thing to wire."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from delivery.message import Carrier, Channel, Message, Stale
from delivery.sender import Sender
from delivery.settings import carriers_of
from service_kit.parts import Part, Periodic
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets
from sla_monitor.memory import Memory
from sla_monitor.rhythm import store
from sla_monitor.rhythm.figuring import letter_of
from sla_monitor.rhythm.making import PageMaker
from sla_monitor.rhythm.rendering import as_blocks, as_html, as_text
from sla_monitor.rhythm.schedule import PageKind
from sla_monitor.settings import Settings

LOOKS_EVERY = timedelta(seconds=20)
"""How soon after its moment a page is made."""
SENDS_EVERY = timedelta(seconds=1)


class PageOffice:
    """Makes pages and sends them."""

    def __init__(self, runtime: Runtime, settings: Settings, memory: Memory) -> None:
        self._runtime = runtime
        carriers: Mapping[Channel, Carrier] = carriers_of(settings, Secrets(settings.secrets_dir))
        self.maker = PageMaker(runtime, memory)
        self.sender = Sender(
            runtime.database, carriers, runtime.clock, prepare=self.prepare, tracing=runtime.tracing
        )

    def parts(self) -> list[Part]:
        """Two, so that a slow receiver keeps no page from being made."""
        periodic = partial(Periodic, clock=self._runtime.clock)
        return [
            periodic("pages", every=LOOKS_EVERY, work=self.maker.make),
            periodic("deliveries", every=SENDS_EVERY, work=self.sender.work),
        ]

    async def prepare(self, message: Message, now: datetime) -> Message | Stale:
        """A page with its words, in the form that its channel takes."""
        kind, language = PageKind(message.data["page"]), message.data["language"]
        async with self._runtime.database.acquire() as conn:
            made = await store.read_page(conn, kind, message.data["period"], language)
        if made is None:
            return Stale("the page is not known any more")
        channel = message.target.channel
        letter, files = letter_of(made, language, by_mail=channel is Channel.EMAIL)
        return replace(
            message,
            subject=letter.subject,
            text=as_text(letter),
            html=as_html(letter) if channel is Channel.EMAIL else None,
            attachments=files,
            blocks=as_blocks(letter) if channel is Channel.SLACK else (),
            data={**message.data, "figures": letter.data},
        )
