"""Scoring as it runs: its consumer over a broker in memory, its store in a real PostgreSQL."""

import asyncio
import copy
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from lead_events import (
    EventModel,
    LeadMerged,
    LeadScored,
    LeadSubmitted,
    Profile,
    Receipt,
)
from lead_events.codec import decode, encode
from lead_events.ids import submission_id
from scoring import publication
from scoring.consumer import consumer_spec
from scoring.handlers import Scoring
from scoring.main import PACKAGES
from scoring.settings import ScoringSettings
from service_kit.consumer import Consumer
from service_kit.fakes import FakeBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.records import Outgoing
from service_kit.runtime import Runtime
from tests.patience import HANGS_AFTER

E = TypeVar("E", bound=EventModel)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "operator-token"
SIGNED = {side: {"name": "Ana", "on": "2026-01-01"} for side in ("marketing", "sales")}

RULEBOOK: dict[str, Any] = {
    "company": "Aurora",
    "time_zone": "Europe/Madrid",
    "currency": "EUR",
    "lines": {"main": "Platform", "training": "Courses"},
    "forms": {
        "demo": {
            "name": "Demo",
            "key": "demo-form-key",
            "lines": ["main", "training"],
            "source": "website",
            "fields": {"email": {"from": ["email"]}},
        }
    },
    "sources": {"website": {"name": "Website"}},
    "scorecards": {
        "main": {
            "fit_base": 10,
            "fit": [
                {
                    "id": "large",
                    "when": "has(lead.employees) && lead.employees >= 50",
                    "points": 60,
                    "reason": "50 people or more",
                },
                {
                    "id": "titled",
                    "when": "lead.job_title == 'CEO'",
                    "points": 10,
                    "reason": "decides",
                },
            ],
            "interest": [
                {"id": "asks", "when": "asks", "points": 40, "reason": "asks to be contacted"},
                {"id": "returns", "when": "submissions >= 2", "points": 20, "reason": "came back"},
            ],
        },
        "training": {
            "fit_base": 20,
            "fit": [],
            "interest": [{"id": "asks", "when": "asks", "points": 60, "reason": "asks"}],
        },
    },
    "routing": {
        "pools": {"all": {"name": "All", "reps": ["ana"]}},
        "plans": {"main": {"fallback": "all"}, "training": {"fallback": "all"}},
    },
    "roster": {
        "teams": {"sales": {"name": "Sales"}},
        "reps": {
            "ana": {
                "name": "Ana",
                "email": "ana@example.com",
                "team": "sales",
                "lines": ["main", "training"],
                "calendar": "office",
            }
        },
    },
    "calendars": {"office": {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "18:00"]]}}},
    "agreement": {"name": "Agreement", "signatures": SIGNED, "sales": {"promises": {}}},
}


@dataclass
class World:
    """One scoring service with its store and its broker. `document`: its rulebook, a test's own to change."""

    runtime: Runtime
    broker: FakeBroker
    numbers: dict[str, int] = field(default_factory=dict)
    running: list[tuple[Consumer, asyncio.Task[None]]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(RULEBOOK))

    @property
    def database(self) -> Database:
        return self.runtime.database

    async def publish_rulebook(self, document: dict[str, Any] | None = None) -> int:
        published = await publication.publish(
            self.runtime, document or self.document, published_by="test", effective_from=None
        )
        await self.runtime.published()
        return published.event.version

    def submitted(self, profile: dict[str, Any] | None = None, **given: Any) -> LeadSubmitted:
        """A submission as intake would send it."""
        profile = {"email": "eva@example.com"} if profile is None else profile
        values: dict[str, Any] = {
            "form_id": "demo",
            "lines": ["main"],
            "source": "website",
            "fingerprint": repr(sorted(profile.items())),
            "received_at": START,
            "fields": profile,
            "profile": Profile(**profile),
            "rulebook_version": 1,
            "receipt": self.receipt(),
        } | given
        if "submission_id" not in values:
            values["submission_id"] = submission_id(
                values["form_id"],
                values["fingerprint"],
                key=values.get("key"),
                received_at=values["received_at"],
            )
        return LeadSubmitted(**values)

    def receipt(self, instance: str = "intake-1", voided: Sequence[int] = ()) -> Receipt:
        self.numbers[instance] = self.numbers.get(instance, 0) + 1
        return Receipt(instance=instance, number=self.numbers[instance], voided=list(voided))

    def send(self, event: EventModel, topic: str = "lead-submitted", **given: Any) -> UUID:
        """Put an event on a topic; returns its id."""
        if isinstance(event, LeadSubmitted):
            identity = given.get("event_id", event.submission_id)
            time = given.get("time", event.received_at)
        else:
            identity, time = given.get("event_id", uuid4()), given.get("time", START)
        key = str(given.get("key", identity))
        headers, value = encode(event, id=identity, source="test", time=time, subject=key, topic=topic)
        self.broker.append(
            Outgoing(topic, key.encode(), value, tuple(headers)), partition=given.get("partition")
        )
        return UUID(str(identity))

    def submit(self, profile: dict[str, Any] | None = None, **given: Any) -> LeadSubmitted:
        """Send a submission on the live lane."""
        topic = given.pop("topic", "lead-submitted")
        sending = {
            name: given.pop(name)
            for name in ("event_id", "time", "partition", "key_of_record")
            if name in given
        }
        event = self.submitted(profile, **given)
        self.send(event, topic, **sending)
        return event

    def consumer(self) -> Consumer:
        spec = consumer_spec(Scoring(), self.database, self.runtime.clock)
        return self.runtime.consumer(spec)

    async def settle(self, consumers: int = 1) -> None:
        """Let the running consumers take everything on their topics; the first call starts them."""
        while len(self.running) < consumers:
            consumer = self.consumer()
            self.running.append((consumer, asyncio.create_task(consumer.run())))
        spec = self.running[0][0].spec
        places = [p for topic in (*spec.topics, *spec.bulk_topics) for p in self.broker.partitions_of(topic)]
        async with asyncio.timeout(HANGS_AFTER):
            while await self._behind(places):
                for _, task in self.running:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Stop the consumers."""
        for consumer, _ in self.running:
            consumer.stop()
        await asyncio.gather(*(task for _, task in self.running))
        self.running.clear()

    async def _behind(self, places: Iterable[Any]) -> bool:
        rows = await self.fetch("SELECT topic, partition, next_offset FROM position")
        positions = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        ends = {place: self.broker.end_of(place) for place in places}
        outbox = await self.fetch("SELECT 1 FROM outbox LIMIT 1")
        return bool(outbox) or any(positions.get((p.topic, p.partition), 0) < end for p, end in ends.items())

    def published(self, topic: str = "lead-scored") -> list[Any]:
        """Events on a topic, in order, checked strictly against their schema."""
        return [decode(topic, record.headers, record.value)[1] for record in self.broker.records(topic)]

    def scored(self) -> list[LeadScored]:
        return [event for event in self.published() if isinstance(event, LeadScored)]

    def merged(self) -> list[LeadMerged]:
        return [event for event in self.published("lead-merged") if isinstance(event, LeadMerged)]

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.acquire() as conn:
            return [dict(row) for row in await conn.fetch(sql, *arguments)]

    async def states(self) -> dict[UUID, str]:
        return {row["id"]: row["state"] for row in await self.fetch("SELECT id, state FROM submissions")}

    async def effects(self) -> dict[str, int]:
        rows = await self.fetch("SELECT kind, sum(records)::int AS n FROM hop_counts GROUP BY kind")
        return {row["kind"].removeprefix("effect:"): row["n"] for row in rows}


@pytest.fixture(scope="session")
def migrated(stack: Servers) -> Iterator[str]:
    """A database with scoring's schema, made once; each test finds it empty."""
    name = f"scoring_{uuid4().hex[:12]}"
    dsn = create_database(stack.postgres_dsn, name)
    migrate(dsn, schema="scoring", packages=PACKAGES)
    yield dsn
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
def scoring_dsn(migrated: str) -> str:
    """The migrated database, emptied."""
    with psycopg.connect(migrated, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT string_agg(format('scoring.%I', relname), ', ') FROM pg_class"
            " WHERE relnamespace = 'scoring'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
            " AND relname NOT LIKE '%yoyo%'"
        ).fetchone()
        assert tables is not None
        # superuser's way past the trigger by which the audit log stays
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY".encode())
    return migrated


@pytest.fixture
async def bare_world(scoring_dsn: str) -> AsyncIterator[World]:
    """Scoring before any rulebook is published."""
    settings = ScoringSettings(
        dsn=SecretStr(scoring_dsn), operator_token=SecretStr(TOKEN), gather_ms=0, instance="test"
    )
    database = Database(scoring_dsn, schema="scoring", application_name="baton-scoring", max_size=12)
    broker = FakeBroker(partitions=3)
    runtime = Runtime(settings, broker=broker, database=database)
    await runtime.open()
    await runtime.publisher.start()
    made = World(runtime, broker)
    yield made
    await made.stop()
    await runtime.close()


@pytest.fixture
async def world(bare_world: World) -> World:
    """Scoring with the first version of the rulebook."""
    await bare_world.publish_rulebook()
    return bare_world
