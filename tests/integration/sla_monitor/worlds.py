"""sla-monitor as it runs: its consumer on a broker in memory, a real PostgreSQL, time in the test's hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from lead_events import (
    EventModel,
    LeadMerged,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    PersonErased,
    RepAvailabilityChanged,
    RulebookPublished,
)
from lead_events.codec import decode, encode
from lead_events.ids import lead_id
from service_kit.clock import ManualClock, pause
from service_kit.consumer import Consumer
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.records import Outgoing, TopicPartition
from service_kit.runtime import Runtime
from sla_monitor import store
from sla_monitor.consumer import BULK_TOPICS, TOPICS, consumer_spec
from sla_monitor.handlers.firing import Fired, catch_up, fire_due
from sla_monitor.memory import Memory
from sla_monitor.settings import Settings
from tests.patience import HANGS_AFTER

MONDAY_9 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MARGIN = timedelta(milliseconds=250)
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OPEN_UTC: dict[str, Any] = {"tz": "UTC", "week": ALWAYS}
OUT = ("sla-warned", "sla-breached", "sla-reminded", "sla-withdrawn")
TOKEN = "operator-token"


def rulebook(agreements: dict[str, Any] | None = None, **sales: Any) -> dict[str, Any]:
    """The least rulebook: perfect leads are accepted within 15 minutes and answered within 30."""
    promises = {"perfect": {"accept_within": "15m", "first_response_within": "30m"}}
    promises |= {"warm": {"first_response_within": "1h"}}
    return {
        "company": "Aurora",
        "time_zone": "Europe/Madrid",
        "currency": "EUR",
        "lines": {"main": "Platform"},
        "forms": {},
        "sources": {"website": {"name": "Website"}},
        "scorecards": {"main": {"fit": [], "interest": []}},
        "routing": {"pools": {}, "plans": {}},
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": {"name": "2026", "sales": {"promises": promises} | sales},
        "agreements": agreements or {},
    }


@dataclass(slots=True)
class World:
    """One broker and one store; any number of monitors on them."""

    database: Database
    clock: ManualClock
    broker: FakeBroker
    runtime: Runtime
    settings: Settings
    memory: Memory = field(default_factory=Memory)
    _seqs: dict[tuple[UUID, str], int] = field(default_factory=dict)

    @classmethod
    async def open(cls, database: Database, clock: ManualClock, dsn: str | None = None) -> "World":
        broker = FakeBroker(partitions=2, clock=clock)
        settings = Settings(operator_token=TOKEN, gather_ms=0, dsn=SecretStr(dsn or ""), _env_file=None)
        runtime = Runtime(settings, broker=broker, database=database)
        await runtime.publisher.start()
        return cls(database, clock, broker, runtime, settings)

    @asynccontextmanager
    async def reading(self, memory: Memory | None = None) -> AsyncIterator[Consumer]:
        consumer = self.runtime.consumer(consumer_spec(self.runtime, memory or self.memory))
        task = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            consumer.stop()
            await asyncio.wait_for(task, HANGS_AFTER)

    async def eventually(self, condition: Callable[[], Awaitable[bool]]) -> None:
        nothing = asyncio.Event()
        async with asyncio.timeout(HANGS_AFTER):
            while not await condition():
                await pause(self.runtime.clock, 0.01, unless=nothing)

    async def read_all(self, consumer: Consumer) -> None:
        """Until every record is settled and the progress written says so as of now."""
        places = [p for name in (*TOPICS, *BULK_TOPICS) for p in self.broker.partitions_of(name)]

        async def caught_up() -> bool:
            ends = {place: self.broker.end_of(place) for place in places}
            if not consumer.is_caught_up(ends):
                return False
            async with self.database.acquire() as conn:
                progress = await store.read_progress(conn)
            gates = [TopicPartition(*place) for place in places if place.topic in store.GATES]
            read = [
                progress[g.topic, g.partition].read_up_to for g in gates if (g.topic, g.partition) in progress
            ]
            return len(read) == len(gates) and all(up_to == self.clock.now() for up_to in read)

        await self.eventually(caught_up)

    async def fire(self, memory: Memory | None = None) -> list[Fired]:
        work = partial(fire_due, memory=memory or self.memory, margin=MARGIN, limit=100)
        fired = await self.runtime.in_transaction(work)
        await self.runtime.published()
        return fired

    async def up_to(self, consumer: Consumer, moment: datetime) -> None:
        """Go to `moment` and a little beyond, read everything, say everything that is due."""
        self.at(moment + MARGIN)
        await self.read_all(consumer)
        while await self.fire():
            continue

    async def catch_up(self) -> int:
        return await self.runtime.in_transaction(partial(catch_up, memory=self.memory, limit=100))

    def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())

    # -- what other services say -----------------------------------------------------------------------------

    def say(self, topic: str, event: EventModel, *, key: str, identity: UUID | None = None) -> UUID:
        chosen = identity or uuid4()
        headers, value = encode(
            event, id=chosen, source="baton/router", time=self.clock.now(), subject=key, topic=topic
        )
        self.broker.append(Outgoing(topic, key.encode(), value, tuple(headers)))
        return chosen

    def publish_rulebook(
        self,
        version: int = 1,
        *,
        agreement: dict[str, Any] | None = None,
        document: dict[str, Any] | None = None,
        **sales: Any,
    ) -> None:
        """`agreement`: more of it than `sales`; `document`: other parts of the rulebook."""
        content = rulebook(**sales) | (document or {})
        content["agreement"] = content["agreement"] | (agreement or {})
        event = RulebookPublished(
            version=version,
            effective_from=MONDAY_9 - timedelta(days=1),
            published_at=MONDAY_9 - timedelta(days=1),
            published_by="ops",
            checksum=f"c{version}",
            rulebook=content,
        )
        self.say("rulebook-published", event, key=str(version))

    def seq(self, lead: UUID, topic: str) -> int:
        """The next number of a lead: the router numbers its decisions and reps' acts apart."""
        self._seqs[lead, topic] = self._seqs.get((lead, topic), 0) + 1
        return self._seqs[lead, topic]

    def routed(self, lead: UUID, kind: str, **more: Any) -> UUID:
        defaults: dict[str, Any] = {
            "lead_id": lead,
            "line": "main",
            "kind": kind,
            "at": self.clock.now(),
            "cause_id": uuid4(),
            "round": 1,
            "quadrant": "perfect",
            "why": "because",
            "rulebook_version": 1,
        }
        if "seq" not in more:
            defaults["seq"] = self.seq(lead, "lead-routed")
        return self.say("lead-routed", LeadRouted.model_validate(defaults | more), key=str(lead))

    def assigned(self, lead: UUID, *, calendar: dict[str, Any] | None = None, **more: Any) -> UUID:
        rep = {
            "id": more.pop("rep_id", "rep-marta"),
            "name": "Marta",
            "team": more.pop("team", "iberia"),
            "calendar": calendar or OPEN_UTC,
            "availability_revision": more.pop("revision", 1),
        }
        return self.routed(lead, "assigned", rep=rep, **more)

    def acted(
        self, lead: UUID, kind: str, *, at: datetime | None = None, number: int = 1, **more: Any
    ) -> UUID:
        event = LeadProgressed.model_validate(
            {
                "lead_id": lead,
                "line": "main",
                "seq": more.pop("seq", None) or self.seq(lead, "lead-progressed"),
                "kind": kind,
                "at": at or self.clock.now(),
                "round": number,
                "rep_id": "rep-marta",
            }
            | more
        )
        return self.say("lead-progressed", event, key=str(lead))

    def scored(self, lead: UUID, **more: Any) -> UUID:
        now = self.clock.now()
        event = LeadScored.model_validate(
            {
                "lead_id": lead,
                "person_id": uuid4(),
                "line": "main",
                "seq": 1,
                "cause": {"id": uuid4(), "kind": "submission", "at": now},
                "profile": {},
                "form_id": "demo",
                "source": "website",
                "score": {"fit": 80, "interest": 80},
                "quadrant": "perfect",
                "stage": "sql",
                "journey": {"received_at": now, "durable_at": now, "scored_at": now},
                "submissions": 1,
                "rulebook_version": 1,
            }
            | more
        )
        return self.say("lead-scored", event, key=str(lead))

    def merged(self, *ended: UUID, **more: Any) -> UUID:
        person = uuid4()
        defaults: dict[str, Any] = {
            "kind": "merged",
            "person_id": person,
            "other_person_id": uuid4(),
            "leads_ended": ended,
            "at": self.clock.now(),
            "seq": 1,
        }
        return self.say("lead-merged", LeadMerged.model_validate(defaults | more), key=str(person))

    def erased(self, *leads: UUID, **more: Any) -> UUID:
        defaults: dict[str, Any] = {
            "person_id": uuid4(),
            "identity_hashes": [],
            "leads": leads,
            "at": self.clock.now(),
        }
        return self.say("person-erased", PersonErased.model_validate(defaults | more), key="person")

    def hours_changed(self, rep: str, revision: int, calendar: dict[str, Any], **more: Any) -> UUID:
        event = RepAvailabilityChanged.model_validate(
            {
                "rep_id": rep,
                "revision": revision,
                "name": "Marta",
                "team": "iberia",
                "calendar": calendar,
                "is_active": True,
                "at": self.clock.now(),
            }
            | more
        )
        return self.say("rep-availability-changed", event, key=rep)

    # -- what came of it -------------------------------------------------------------------------------------

    def out(self, topic: str, lead: UUID | None = None) -> list[Any]:
        found = [decode(topic, r.headers, r.value)[1] for r in self.broker.records(topic)]
        return [event for event in found if lead is None or getattr(event, "lead_id", None) == lead]

    async def states(self, lead: UUID) -> dict[str, str]:
        async with self.database.acquire() as conn:
            stories = await store.read_stories(conn, [lead])
        return {f"{t.kind} {t.round}": t.state.value for t in stories[lead].timers.values()}

    async def query(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.acquire() as conn:
            return [dict(row) for row in await conn.fetch(sql, *arguments)]


def a_lead() -> UUID:
    return lead_id(uuid4(), "main")
