"""A router as it runs: consumer, drain and API over a broker in memory and a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, cast
from uuid import UUID, uuid4, uuid5

import httpx
import psycopg
from pydantic import SecretStr

from lead_events import (
    EVENT_OF_TOPIC,
    Account,
    Cause,
    Consent,
    EventModel,
    Handling,
    Journey,
    LeadMerged,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    Money,
    PersonErased,
    Profile,
    RepAvailabilityChanged,
    RulebookPublished,
    Score,
    SlaBreached,
    SlaReminded,
    SlaWarned,
    SlaWithdrawn,
)
from lead_events.codec import encode
from lead_events.words import CauseKind, ChargedTo, Quadrant, Stage, TimerKind
from router.consumer import consumer_spec
from router.drainer import ORPHANS_EVERY
from router.main import Wiring, build_app, wire
from router.settings import RouterSettings
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.consumer import Consumer
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.records import Outgoing, TopicPartition
from service_kit.runtime import Runtime
from tests.patience import HANGS_AFTER

E = TypeVar("E", bound=EventModel)

TUESDAY_10 = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
"""10:00 in Madrid."""
OPERATOR = "operator-token"
LEADS = UUID("0c9e1f7e-3e0a-5a7e-9a61-5b8d2f0b1a11")

WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def rep(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "email": f"{name.lower()}@example.com",
        "team": "north",
        "calendar": "office",
        "lines": ["main"],
        "capacity": 2,
        **more,
    }


def rulebook(reps: dict[str, dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "company": "Aurora",
        "time_zone": "Europe/Madrid",
        "currency": "EUR",
        "lines": {"main": "Platform", "training": "Courses"},
        "forms": {
            "demo": {
                "name": "Demo",
                "key": "demo-form-key",
                "source": "website",
                "fields": {"email": {"from": ["email"]}},
            }
        },
        "sources": {"website": {"name": "Website"}},
        "scorecards": {line: {"fit": [], "interest": []} for line in ("main", "training")},
        "routing": {
            "pools": {
                "north": {"name": "North", "team": "north"},
                "courses": {"name": "Courses", "reps": ["carla"]},
                "spare": {"name": "Spare", "reps": ["ana"]},
            },
            "plans": {
                "main": {
                    "rules": [
                        {"id": "big", "when": "lead.employees > 1000", "pool": "spare"},
                    ],
                    "fallback": "north",
                },
                "training": {"fallback": "courses"},
            },
        },
        "roster": {
            "teams": {"north": {"name": "North"}, "school": {"name": "School"}},
            "reps": reps
            or {
                "ana": rep("Ana"),
                "bea": rep("Bea"),
                "carla": rep("Carla", team="school", lines=["training"]),
            },
        },
        "calendars": {"office": {"tz": "Europe/Madrid", "week": WEEK, "holidays_of": "ES"}},
        "agreement": {
            "name": "Agreement",
            "signatures": {side: {"name": "Ana", "on": "2026-01-01"} for side in ("marketing", "sales")},
            "sales": {
                "promises": {"perfect": {"accept_within": "30m", "first_response_within": "1h"}},
                "max_rounds": 3,
            },
        },
        **more,
    }


def lead_id(name: str) -> UUID:
    return uuid5(LEADS, name)


@dataclass
class World:
    """One router; `clock` is the database's."""

    runtime: Runtime
    broker: FakeBroker
    clock: ManualClock
    settings: RouterSettings
    seqs: dict[UUID, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    _read: dict[tuple[TopicPartition, int], EventModel] = field(default_factory=dict)
    consumer: Consumer | None = None
    consuming: "asyncio.Task[None] | None" = None

    def __post_init__(self) -> None:
        self.wiring: Wiring = wire(self.runtime, self.settings)
        self.app = build_app(self.settings, self.runtime)

    async def read(self) -> None:
        """Let the running consumer take everything there is."""
        if self.consumer is None:
            self.consumer = self.runtime.consumer(consumer_spec(self.wiring.news))
            self.consuming = asyncio.create_task(self.consumer.run())
        assert self.consuming is not None
        topics = [*self.consumer.spec.topics, *self.consumer.spec.bulk_topics]
        ends = {p: self.broker.end_of(p) for topic in topics for p in self.broker.partitions_of(topic)}
        async with asyncio.timeout(HANGS_AFTER):
            while not self.consumer.is_caught_up(ends):
                done, _ = await asyncio.wait({self.consuming}, timeout=0.005)
                assert not done, "the consumer ended by itself"

    async def stop_reading(self) -> None:
        if self.consumer is not None and self.consuming is not None:
            self.consumer.stop()
            self.broker.append(
                Outgoing("lead-signalled", b"", b"", ())
            )  # whatever arrives ends an idle fetch
            await self.consuming
        self.consumer = self.consuming = None

    async def drain(self) -> int:
        placed = await self.wiring.drainer.look()
        await self.runtime.published()
        return placed

    async def hand_out(self) -> int:
        """Look until leads of imports had their turn too."""
        return sum([await self.drain() for _ in range(ORPHANS_EVERY)])

    async def publish_rulebook(
        self, document: dict[str, Any] | None = None, version: int = 1, *, in_seconds: float = 0
    ) -> None:
        self.put_rulebook(document, version, in_seconds=in_seconds)
        await self.read()

    def put_rulebook(
        self, document: dict[str, Any] | None = None, version: int = 1, *, in_seconds: float = 0
    ) -> None:
        """Put a version on its topic."""
        event = RulebookPublished(
            version=version,
            effective_from=self.clock.now() + timedelta(seconds=in_seconds),
            published_at=self.clock.now(),
            published_by="test",
            checksum=f"sum-{version}",
            rulebook=document or rulebook(),
        )
        self.put("rulebook-published", event, str(version))

    def put(
        self,
        topic: str,
        event: EventModel,
        key: str,
        identity: UUID | None = None,
        time: datetime | None = None,
    ) -> UUID:
        identity = identity or uuid4()
        at = time or self.clock.now()
        headers, value = encode(event, id=identity, source="test", time=at, subject=key, topic=topic)
        self.broker.append(Outgoing(topic, key.encode(), value, tuple(headers)))
        return identity

    def score(
        self,
        name: str,
        *,
        quadrant: Quadrant = Quadrant.PERFECT,
        stage: Stage = Stage.SQL,
        cause: CauseKind = CauseKind.SUBMISSION,
        line: str = "main",
        seq: int | None = None,
        person: str | None = None,
        topic: str = "lead-scored",
        identity: UUID | None = None,
        time: datetime | None = None,
        handling: Handling | None = None,
        is_test: bool = False,
        do_not_contact: bool = False,
        account: Account | None = None,
        consent: Consent | None = None,
        expected_value: Money | None = None,
        **profile: Any,
    ) -> UUID:
        """Put a state of a lead on the topic; returns the id of its cause."""
        lead = lead_id(name)
        number = seq if seq is not None else self.seqs.get(lead, 0) + 1
        self.seqs[lead] = max(number, self.seqs.get(lead, 0))
        now = self.clock.now()
        cause_id = uuid4()
        event = LeadScored(
            lead_id=lead,
            person_id=lead_id(person or name),
            line=line,
            seq=number,
            cause=Cause(id=cause_id, kind=cause, at=now),
            profile=Profile.model_validate({"email": f"{name}@example.com", "employees": 5, **profile}),
            form_id="demo",
            source="website",
            score=Score(fit=80, interest=70),
            quadrant=quadrant,
            stage=stage,
            sql_at=now if stage is Stage.SQL else None,
            journey=Journey(received_at=now, durable_at=now, scored_at=now),
            submissions=1,
            handling=handling,
            is_test=is_test,
            do_not_contact=do_not_contact,
            account=account,
            consent=consent,
            expected_value=expected_value,
            account_id=account.id if account is not None else None,
            rulebook_version=1,
        )
        self.put(topic, event, str(lead), identity, time)
        return cause_id

    async def take(self, *names: str, **more: Any) -> None:
        """Score leads and let the router read them."""
        for name in names:
            self.score(name, **more)
        await self.read()

    def merge(
        self,
        *,
        ended: Iterable[str],
        kind: Literal["merged", "undone"] = "merged",
        seq: int = 1,
        identity: UUID | None = None,
    ) -> UUID:
        """Put a merge on the topic that ends leads."""
        event = LeadMerged(
            kind=kind,
            person_id=lead_id("survivor"),
            other_person_id=lead_id("other"),
            leads_ended=[lead_id(name) for name in ended],
            at=self.clock.now(),
            seq=seq,
        )
        return self.put("lead-merged", event, str(event.person_id), identity)

    def erase(self, *names: str) -> UUID:
        """Put the erasure of whoever is behind these leads on its topic."""
        event = PersonErased(
            person_id=lead_id(names[0]),
            identity_hashes=[],
            leads=[lead_id(name) for name in names],
            at=self.clock.now(),
        )
        return self.put("person-erased", event, str(event.person_id))

    def breach(
        self,
        name: str,
        *,
        rep_id: str,
        round_: int = 1,
        kind: TimerKind = TimerKind.ACCEPT,
        time: datetime | None = None,
        charged_to: ChargedTo = ChargedTo.REP,
        identity: UUID | None = None,
        **more: Any,
    ) -> UUID:
        """`more`: fields of the event, such as agreement and is_trial."""
        common = self._timer(name, rep_id, round_, kind) | more
        event = SlaBreached(**common, charged_to=charged_to, attribution=[])
        return self.put("sla-breached", event, str(lead_id(name)), identity, time=time)

    def warn(
        self, name: str, *, rep_id: str, round_: int = 1, kind: TimerKind = TimerKind.ACCEPT, **more: Any
    ) -> UUID:
        common = self._timer(name, rep_id, round_, kind) | more
        event = SlaWarned(**common, share=0.5, warns_at=self.clock.now())
        return self.put("sla-warned", event, str(lead_id(name)))

    def withdraw(
        self, name: str, withdraws: UUID, *, rep_id: str, round_: int = 1, kind: TimerKind, **more: Any
    ) -> UUID:
        """Put a withdrawal of the breach that the event `withdraws` told on its topic."""
        common = self._timer(name, rep_id, round_, kind) | more
        now = self.clock.now()
        event = SlaWithdrawn(**common, act_kind="contacted", act_at=now, withdraws=withdraws)
        return self.put("sla-withdrawn", event, str(lead_id(name)))

    def remind(
        self,
        name: str,
        *,
        rep_id: str,
        number: int,
        at_most: int = 3,
        round_: int = 1,
        kind: TimerKind = TimerKind.ACCEPT,
        **more: Any,
    ) -> UUID:
        common = self._timer(name, rep_id, round_, kind) | more
        event = SlaReminded(**common, number=number, at_most=at_most, reminds_at=self.clock.now())
        return self.put("sla-reminded", event, str(lead_id(name)))

    def _timer(self, name: str, rep_id: str, round_: int, kind: TimerKind) -> dict[str, Any]:
        now = self.clock.now()
        return {
            "timer_id": uuid4(),
            "lead_id": lead_id(name),
            "line": "main",
            "seq": 1,
            "kind": kind,
            "round": round_,
            "rep_id": rep_id,
            "team": "north",
            "quadrant": Quadrant.PERFECT,
            "opened_at": now - timedelta(minutes=30),
            "due_at": now,
            "target_seconds": 1800,
            "fired_at": now,
            "rulebook_version": 1,
        }

    def published(self, topic: str) -> list[EventModel]:
        records = self.broker.records(topic)
        for each in records:
            if (each.place, each.offset) not in self._read:
                event = EVENT_OF_TOPIC[topic].model_validate_json(each.value or b"")
                self._read[each.place, each.offset] = event
        return [self._read[each.place, each.offset] for each in records]

    def routed(self, name: str | None = None) -> list[LeadRouted]:
        """What was decided, of one lead or all, in order of seq."""
        events = cast("list[LeadRouted]", self.published("lead-routed"))
        return sorted(_of(events, name), key=lambda event: (str(event.lead_id), event.seq))

    def progressed(self, name: str | None = None) -> list[LeadProgressed]:
        events = cast("list[LeadProgressed]", self.published("lead-progressed"))
        return sorted(_of(events, name), key=lambda event: (str(event.lead_id), event.seq))

    def availability(self) -> list[RepAvailabilityChanged]:
        return cast("list[RepAvailabilityChanged]", self.published("rep-availability-changed"))

    def kinds(self, name: str) -> list[str]:
        return [event.kind.value for event in self.routed(name)]

    def holder(self, name: str) -> str | None:
        last = self.routed(name)[-1]
        return last.rep.id if last.kind.value == "assigned" and last.rep is not None else None

    async def end(self, name: str) -> str:
        """Whoever holds the lead closes it; returns who that was."""
        holder = self.holder(name)
        assert holder is not None
        response = await self.act(holder, name, "outcome", {"result": "lost"})
        assert response.status_code == 200, response.text
        return holder

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://router")

    async def operate(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with self.client() as client:
            response = await client.request(
                method, path, headers={"Authorization": f"Bearer {OPERATOR}"}, **more
            )
        await self.runtime.published()
        return response

    async def token(self, rep_id: str) -> str:
        if rep_id not in self.tokens:
            response = await self.operate("POST", f"/v1/reps/{rep_id}/tokens")
            self.tokens[rep_id] = response.json()["token"]
        return self.tokens[rep_id]

    async def act(
        self, rep_id: str, name: str, act: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token(rep_id)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        async with self.client() as client:
            response = await client.post(
                f"/v1/assignments/{lead_id(name)}/{act}", headers=headers, json=body or {}
            )
        await self.runtime.published()
        return response

    async def mine(self, rep_id: str, which: str = "assignments") -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {await self.token(rep_id)}"}
        async with self.client() as client:
            response = await client.get("/v1/me/assignments", headers=headers)
        assert response.status_code == 200, response.text
        return cast("list[dict[str, Any]]", response.json()[which])

    async def loads(self) -> dict[str, int]:
        async with self.runtime.database.acquire() as conn:
            rows = await conn.fetch("SELECT id, open FROM reps")
            held = await conn.fetch(
                "SELECT rep_id, count(*) AS held FROM assignments WHERE ended_at IS NULL GROUP BY rep_id"
            )
        true = {row["rep_id"]: row["held"] for row in held}
        loads = {row["id"]: row["open"] for row in rows}
        assert {name: load for name, load in loads.items() if load} == true, "load and open rounds differ"
        return loads


W = TypeVar("W", bound=World)


def _of(events: Iterable[Any], name: str | None) -> list[Any]:
    return [event for event in events if name is None or event.lead_id == lead_id(name)]


async def deadlocks(world: World) -> int:
    """How many the server has seen in this test's database since it was made."""
    assert world.settings.dsn is not None
    await world.runtime.database.close()  # a connection tells its figures when it ends
    with psycopg.connect(world.settings.dsn.get_secret_value()) as conn:
        row = conn.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def router_over(kind: type[W], dsn: str, clock: ManualClock, **more: Any) -> AsyncIterator[W]:
    """A router on a migrated database, with a broker of its own that knows nothing yet. `more`: settings."""
    database = await Database.connect(
        dsn,
        schema="router",
        application_name="test",
        max_size=12,
        clock=ManualTransactionClock(clock),
    )
    settings = RouterSettings(
        operator_token=SecretStr(OPERATOR), dsn=SecretStr(dsn), gather_ms=0, drain_ms=1000, **more
    )
    broker = FakeBroker(partitions=2)
    runtime = Runtime(settings, broker=broker, database=database)
    await runtime.publisher.start()
    running = kind(runtime, broker, clock, settings)
    yield running
    await running.stop_reading()
    await runtime.close()
