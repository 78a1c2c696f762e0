"""Monitors that come and go while acts arrive in any order: each promise ends as its facts say, once."""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from sla_monitor import store
from sla_monitor.memory import Memory
from tests.integration.sla_monitor.worlds import MONDAY_9, OUT, World, a_lead

ACCEPT = timedelta(minutes=15)


@dataclass(frozen=True)
class Plan:
    """What happens to one lead, and what has to become of its promise to accept."""

    lead: UUID
    says: list[partial[UUID]]
    broken: bool


def _plan(world: World, rng: random.Random, start: datetime) -> Plan:
    lead = a_lead()
    due = start + ACCEPT
    kind, at = rng.choice(
        [
            ("accepted", due),
            ("accepted", due + timedelta(microseconds=1)),
            ("contacted", due - timedelta(microseconds=1)),
            ("declined", due - timedelta(minutes=3)),
            ("declined", due + timedelta(seconds=1)),
            ("rejected", due - timedelta(minutes=10)),
            ("outcome", due + timedelta(minutes=10)),
            ("arrived_after_close", due - timedelta(minutes=1)),
        ]
    )
    says = [
        partial(world.assigned, lead, seq=1, at=start, rep_id=f"rep-{rng.randrange(5)}"),
        partial(world.acted, lead, kind, at=at, seq=2),
    ]
    rng.shuffle(says)
    says += [says[0]] if rng.random() < 0.2 else []  # the same fact under another id: a producer gone wrong
    return Plan(lead, says, broken=at > due or kind == "arrived_after_close")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_promises_end_as_their_facts_say_whoever_reads_and_fires(world: World, seed: int) -> None:
    rng = random.Random(seed)
    world.publish_rulebook(promises={"perfect": {"accept_within": "15m"}})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    plans = [_plan(world, rng, MONDAY_9) for _ in range(150)]
    news = [say for plan in plans for say in plan.says]
    rng.shuffle(news)
    world.at(MONDAY_9 + ACCEPT + timedelta(hours=1))
    memories = [Memory(started=MONDAY_9) for _ in range(3)]
    for part in range(3):
        for say in news[part::3]:
            say()
        async with AsyncExitStack() as monitors:
            for memory in memories:
                await monitors.enter_async_context(world.reading(memory))
            fires = [world.fire(memory) for memory in memories * 3]
            await asyncio.gather(_all_read(world), *fires)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        while await world.fire():
            continue
    await _check(world, plans)


async def _all_read(world: World) -> None:
    async def settled() -> bool:
        rows = await world.query("SELECT topic, partition, next_offset FROM position")
        stored = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        places = [place for topic in store.GATES for place in world.broker.partitions_of(topic)]
        return all(stored.get((p.topic, p.partition), 0) >= world.broker.end_of(p) for p in places)

    await world.eventually(settled)


async def _check(world: World, plans: list[Plan]) -> None:
    states = {row["lead_id"]: row for row in await world.query("SELECT * FROM timers ORDER BY opened_by")}
    breaches = Counter(event.timer_id for event in world.out("sla-breached"))
    withdrawals = Counter(event.timer_id for event in world.out("sla-withdrawn"))
    assert set(breaches.values()) | set(withdrawals.values()) <= {1}
    for plan in plans:
        row = states[plan.lead]
        if plan.broken:
            assert row["state"] == "breached"
            assert row["id"] not in withdrawals
        else:
            assert row["state"] in {"kept", "cancelled", "withdrawn"}
            assert breaches[row["id"]] == withdrawals[row["id"]] == (row["state"] == "withdrawn")
    seqs = defaultdict(list)
    for topic in OUT:
        for event in world.out(topic):
            seqs[event.lead_id].append(event.seq)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in seqs.values())
    (row,) = await world.query("SELECT count(*) AS leads, count(DISTINCT id) AS ids FROM leads")
    assert row["leads"] == row["ids"] == len(plans)
