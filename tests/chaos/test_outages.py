"""What passes by itself: broker or PostgreSQL away, deadlocks, a full pool. Nothing is buried."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos.installation import SERVICES, Installation
from tests.chaos.scenario import nothing_lost_or_doubled

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

RATE = 60.0
STORES = SERVICES[1:]


@asynccontextmanager
async def nobody_restarts(installation: Installation) -> AsyncIterator[None]:
    """Every process is the same one before and after, and healthy throughout as far as it says."""
    before = installation.pids()
    yield
    assert installation.pids() == before
    for pod in installation.stack.services.values():
        pod.require_alive()
        assert await ask(pod.base_url, "/healthz") == 200, pod.name


async def ask(address: str, path: str) -> int:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        return (await client.get(address + path)).status_code


async def becomes(installation: Installation, service: str, status: int, seconds: float) -> None:
    """Return once all pods of a service answer /readyz with `status`."""
    until = time.monotonic() + seconds
    for pod in installation.pods(service):
        while (found := await ask(pod.base_url, "/readyz")) != status:
            assert time.monotonic() < until, f"{pod.name} answers {found}, not {status}"
            await asyncio.sleep(0.1)


async def without_postgres(installation: Installation, seconds: float) -> None:
    postgres = installation.stack.postgres
    await asyncio.sleep(1)
    await asyncio.to_thread(postgres.kill)
    until = time.monotonic() + seconds
    for service in STORES:
        await becomes(installation, service, 503, seconds=20)
    await becomes(installation, "intake", 200, seconds=1)
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    await asyncio.to_thread(postgres.start)
    for service in STORES:
        await becomes(installation, service, 200, seconds=30)


async def test_services_outlive_postgres_and_deadlocks_by_themselves(
    installation: Installation, seed: int, tell: Tell
) -> None:
    what = f"PostgreSQL away for 8 s and {len(EMBRACES)} deadlocks"
    async with (
        nobody_restarts(installation),
        nothing_lost_or_doubled(installation, seed, tell, what=what, rate=RATE),
    ):
        await without_postgres(installation, 8)
        await provoke_deadlocks(installation)


@pytest.mark.long
async def test_services_wait_a_minute_for_postgres_and_go_on_by_themselves(
    installation: Installation, seed: int, tell: Tell
) -> None:
    async with (
        nobody_restarts(installation),
        nothing_lost_or_doubled(installation, seed, tell, what="PostgreSQL away for 60 s", rate=RATE),
    ):
        await without_postgres(installation, 60)


async def without_broker(installation: Installation, seconds: float) -> None:
    await asyncio.sleep(1)
    await asyncio.to_thread(installation.stack.kafka.kill)
    await asyncio.sleep(seconds)
    await becomes(installation, "intake", 200, seconds=1)
    await asyncio.to_thread(installation.stack.kafka.start)
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("seconds", "rate"), [(8.0, RATE), pytest.param(600.0, 200.0, marks=pytest.mark.long)]
)
async def test_intake_answers_all_while_the_broker_is_away(
    installation: Installation, seed: int, tell: Tell, seconds: float, rate: float
) -> None:
    what = f"the broker away for {seconds:.0f} s"
    async with (
        nobody_restarts(installation),
        nothing_lost_or_doubled(installation, seed, tell, what=what, rate=rate) as buyers,
    ):
        await without_broker(installation, seconds)
    assert set(buyers.counts) <= {"posts", "202"}, "nobody was turned away or had to try again"


@dataclass(frozen=True)
class Embrace:
    """Two tables that a service locks in this order, and that the test locks the other way round."""

    role: str
    service_has: LiteralString
    service_wants: LiteralString


EMBRACES = (
    Embrace(
        "baton_scoring",
        service_has="select 1 from scoring.persons order by id for update",
        service_wants="select 1 from scoring.leads order by id for update",
    ),
    Embrace(
        "baton_router",
        service_has="select 1 from router.leads order by id for update",
        service_wants="select 1 from router.pools order by id for update",
    ),
)
_IS_WAITING: LiteralString = """
    select exists (
        select from pg_stat_activity
        where usename = %s and wait_event_type = 'Lock' and %s = any (pg_blocking_pids(pid))
    )
"""
"""For a lock that the process of the second parameter holds."""
TRIES = 15


def deadlock(dsn: str, log: Path, embrace: Embrace) -> bool:
    """One try: take what the service wants, wait until it waits for us, then want what it has.

    Our own patience is endless, so the service is the one that PostgreSQL ends, and says so in its log. False
    when the service held nothing that we wanted at that moment.
    """
    before = deadlocks_in(log)
    with psycopg.connect(dsn) as ours, psycopg.connect(dsn, autocommit=True) as looking:
        ours.execute("set deadlock_timeout = '1h'")
        ours.execute("set lock_timeout = '4s'")
        ours.commit()
        ours.execute(embrace.service_wants)
        until = time.monotonic() + 3
        while not _number(looking, _IS_WAITING, embrace.role, ours.info.backend_pid):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        with contextlib.suppress(psycopg.errors.LockNotAvailable):
            ours.execute(embrace.service_has)
        ours.rollback()
    return deadlocks_in(log) > before


def deadlocks_in(log: Path) -> int:
    return log.read_text(errors="replace").count("ERROR:  deadlock detected")


def _number(connection: psycopg.Connection[Any], query: LiteralString, *arguments: object) -> int:
    row = connection.execute(query, arguments or None).fetchone()
    return int(row[0] or 0) if row else 0


async def provoke_deadlocks(installation: Installation) -> None:
    log = installation.stack.postgres.log_path
    await asyncio.sleep(2)
    for embrace in EMBRACES:
        for _ in range(TRIES):
            if await asyncio.to_thread(deadlock, installation.dsn, log, embrace):
                break
        else:
            raise AssertionError(f"no deadlock with {embrace.role} came about")


@contextmanager
def cramped(installation: Installation) -> Iterator[None]:
    """Every pod with a store has the fewest connections allowed and holds each for long."""
    pods = [pod for service in STORES for pod in installation.pods(service)]
    slow = "consumer.before_commit=sleep:0.3,unit.before_commit=sleep:0.3"
    for pod in pods:
        pod.env |= {"BATON_POOL_SIZE": "4", "BATON_FAILPOINTS": slow}
    try:
        _start_again(installation)
        yield
    finally:
        for pod in pods:
            del pod.env["BATON_POOL_SIZE"], pod.env["BATON_FAILPOINTS"]
        _start_again(installation)


def _start_again(installation: Installation) -> None:
    pods = [pod for service in STORES for pod in installation.pods(service)]
    for pod in pods:
        pod.ask_to_stop()
    for pod in pods:
        pod.stop()
        pod.start()
    installation.await_ready()


def block(dsn: str, table: LiteralString, seconds: float) -> None:
    """Keep everybody else from a table, for longer than services wait for a lock."""
    with psycopg.connect(dsn) as connection:
        connection.execute(_lock(table))
        time.sleep(seconds)


def _lock(table: LiteralString) -> LiteralString:
    return "lock table " + table + " in access exclusive mode"


@pytest.mark.long
async def test_a_full_pool_of_slow_connections_delays_and_buries_nothing(
    installation: Installation, seed: int, tell: Tell
) -> None:
    with cramped(installation):
        async with (
            nobody_restarts(installation),
            nothing_lost_or_doubled(installation, seed, tell, what="a full pool", rate=RATE / 2),
        ):
            await asyncio.sleep(1)
            tables: tuple[LiteralString, ...] = ("scoring.leads", "router.reps", "sla_monitor.leads")
            await asyncio.gather(*(asyncio.to_thread(block, installation.dsn, each, 6) for each in tables))
            await asyncio.sleep(2)
