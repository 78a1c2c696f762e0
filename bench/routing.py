"""The router over a real PostgreSQL: batches beside one by one, and sixteen routers beside one.

The broker is one in memory, so that what is measured is the router and its store. All routers of a run
share the core that Python gives one process: what is told is what contention for pools and reps costs, not
what more machines bring.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg

from baton_dev.databases import create_database
from baton_dev.postgres import PostgresServer
from lead_events import EventModel, Journey, LeadScored, Profile, RulebookPublished, Score
from lead_events.codec import encode
from lead_events.scored import Cause
from lead_events.words import CauseKind, Quadrant, Stage
from router.consumer import consumer_spec
from router.main import PACKAGES, wire
from router.settings import RouterSettings
from service_kit.fakes import FakeBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.records import Outgoing
from service_kit.runtime import Runtime

REPS, POOLS, ROUTERS = 100, 4, 16
"""Every rep sells from two pools."""
_WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True)
class RoutingResult:
    """Leads a second; `by_cpu` of the router's own processor time, its store's aside. `one_pool`: of one
    router and of sixteen where all leads go to one pool of all reps."""

    batched: float
    by_cpu: float
    one_by_one: float
    sixteen: float
    one_pool: tuple[float, float]
    over_capacity: int

    @property
    def ratio(self) -> float:
        """How much batching gains."""
        return self.batched / self.one_by_one

    @property
    def contention(self) -> float:
        """What is left of one router's rate where sixteen contend for the same pools and reps."""
        return self.sixteen / self.batched


def measure(leads: int) -> RoutingResult:
    """Route so many leads in batches, a tenth of them one by one, and as many by sixteen routers."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            batched, by_cpu, _ = asyncio.run(_run(server.dsn, [leads], batch=500))
            single, _, _ = asyncio.run(_run(server.dsn, [leads // 10], batch=1))
            shares = [leads // ROUTERS] * ROUTERS
            sixteen, _, over = asyncio.run(_run(server.dsn, shares, batch=100))
            alone, _, _ = asyncio.run(_run(server.dsn, [leads], batch=500, pools=1))
            contending, _, more = asyncio.run(_run(server.dsn, shares, batch=100, pools=1))
        finally:
            server.stop()
    return RoutingResult(batched, by_cpu, single, sixteen, (alone, contending), over + more)


async def _run(
    server: str, shares: Sequence[int], *, batch: int, pools: int = POOLS
) -> tuple[float, float, int]:
    """Leads a second in all, the same by processor time, and reps found over their capacity."""
    dsn = create_database(server, f"routing_{uuid4().hex[:8]}")
    migrate(dsn, schema="router", packages=PACKAGES)
    settings = RouterSettings(dsn=dsn, batch_max=batch, gather_ms=0)
    brokers = [FakeBroker(partitions=2) for _ in shares]
    for broker in brokers:
        _publish_rulebook(broker, pools)
    async with _routers(dsn, settings, brokers) as routers:
        for broker, share in zip(brokers, shares, strict=True):
            for number in range(share):
                _put_lead(broker, number, number % pools)
        spent, began = sum(psutil.Process().cpu_times()[:2]), time.perf_counter()
        await asyncio.gather(
            *(_read(runtime, broker) for runtime, broker in zip(routers, brokers, strict=True))
        )
        seconds = time.perf_counter() - began
        cpu = sum(psutil.Process().cpu_times()[:2]) - spent
    return sum(shares) / seconds, sum(shares) / cpu, _over_capacity(dsn, sum(shares))


@asynccontextmanager
async def _routers(
    dsn: str, settings: RouterSettings, brokers: Sequence[FakeBroker]
) -> AsyncIterator[list[Runtime]]:
    """Routers that have read the rulebook."""
    found = []
    for broker in brokers:
        database = await Database.connect(dsn, schema="router", application_name="bench", max_size=3)
        runtime = Runtime(settings, broker=broker, database=database)
        await runtime.publisher.start()
        found.append(runtime)
    await _read(found[0], brokers[0])
    try:
        yield found
    finally:
        for runtime in found:
            await runtime.close()


async def _read(runtime: Runtime, broker: FakeBroker) -> None:
    """Let the consumer take everything there is."""
    settings = runtime.settings
    if not isinstance(settings, RouterSettings):
        raise TypeError("a router has a router's settings")
    consumer = runtime.consumer(consumer_spec(wire(runtime, settings).news))
    consuming = asyncio.create_task(consumer.run())
    topics = [*consumer.spec.topics, *consumer.spec.bulk_topics]
    ends = {place: broker.end_of(place) for topic in topics for place in broker.partitions_of(topic)}
    while not consumer.is_caught_up(ends):
        done, _ = await asyncio.wait({consuming}, timeout=0.01)
        if done:
            raise RuntimeError("the consumer ended by itself")
    consumer.stop()
    broker.append(Outgoing("lead-signalled", b"", b"", ()))
    await consuming


def _over_capacity(dsn: str, leads: int) -> int:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT r.capacity, r.open, (SELECT count(*) FROM router.assignments a"
            " WHERE a.rep_id = r.id AND a.ended_at IS NULL) FROM router.reps r"
        ).fetchall()
    held = Counter(kind for capacity, load, true in rows for kind in _wrong(capacity, load, true))
    if sum(load for _, load, _ in rows) != leads:
        raise RuntimeError(f"{sum(load for _, load, _ in rows)} of {leads} leads are with reps")
    return held.total()


def _wrong(capacity: int, load: int, true: int) -> list[str]:
    return [word for word, holds in (("over", load > capacity), ("differs", load != true)) if holds]


def _publish_rulebook(broker: FakeBroker, pools: int) -> None:
    now = datetime.now(UTC)
    event = RulebookPublished(
        version=1,
        effective_from=datetime(2020, 1, 1, tzinfo=UTC),
        published_at=now,
        published_by="bench",
        checksum="1",
        rulebook=_rulebook(pools),
    )
    _put(broker, "rulebook-published", event, "1", UUID(int=1))


def _put_lead(broker: FakeBroker, number: int, pool: int) -> None:
    now, lead = datetime.now(UTC), uuid4()
    event = LeadScored(
        lead_id=lead,
        person_id=uuid4(),
        line="main",
        seq=1,
        cause=Cause(id=uuid4(), kind=CauseKind.SUBMISSION, at=now),
        profile=Profile(email=f"buyer{number}@example.com", country="ES", employees=pool),
        form_id="demo",
        source="website",
        score=Score(fit=80, interest=70),
        quadrant=Quadrant.PERFECT,
        stage=Stage.SQL,
        sql_at=now,
        journey=Journey(received_at=now, durable_at=now, scored_at=now),
        submissions=1,
        rulebook_version=1,
    )
    _put(broker, "lead-scored", event, str(lead), uuid4())


def _put(broker: FakeBroker, topic: str, event: EventModel, key: str, identity: UUID) -> None:
    now = datetime.now(UTC)
    headers, value = encode(event, id=identity, source="bench", time=now, subject=key, topic=topic)
    broker.append(Outgoing(topic, key.encode(), value, tuple(headers)))


def _rulebook(count: int) -> dict[str, object]:
    reps = {
        f"rep-{number:03}": {
            "name": f"Rep {number}",
            "email": f"rep{number}@example.com",
            "team": "all",
            "calendar": "always",
            "capacity": 10_000,
            "weight": 1 + number % 3,
        }
        for number in range(REPS)
    }
    names = list(reps)
    pools = {
        f"pool-{number}": {
            "name": f"Pool {number}",
            "reps": list(dict.fromkeys([*names[number::count], *names[(number + 1) % count :: count]])),
        }
        for number in range(count)
    }
    rules = [
        {"id": f"rule-{number}", "when": f"lead.employees == {number}", "pool": f"pool-{number}"}
        for number in range(count)
    ]
    return {
        "company": "Bench",
        "time_zone": "UTC",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {
            "demo": {
                "name": "Demo",
                "key": "demo-form-key",
                "source": "website",
                "fields": {"email": {"from": ["email"]}},
            }
        },
        "sources": {"website": {"name": "Website"}},
        "scorecards": {"main": {"fit": [], "interest": []}},
        "routing": {"pools": pools, "plans": {"main": {"rules": rules, "fallback": "pool-0"}}},
        "roster": {"teams": {"all": {"name": "All"}}, "reps": reps},
        "calendars": {"always": {"tz": "UTC", "week": _WEEK}},
        "agreement": {
            "name": "Agreement",
            "sales": {"promises": {"perfect": {"accept_within": "30m", "first_response_within": "1h"}}},
        },
    }
