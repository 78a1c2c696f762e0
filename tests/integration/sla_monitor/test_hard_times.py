"""Races, outages and clocks: each promise ends once, as the acts' own times say."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from service_kit.clock import ManualClock
from service_kit.runtime import Runtime
from sla_monitor.handlers.firing import fire_due
from sla_monitor.memory import Memory
from tests.integration.sla_monitor.test_kinds import MINUTE, only
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

DUE = MONDAY_9 + 15 * MINUTE
US = timedelta(microseconds=1)


def _in_parts(leads: list[UUID]) -> list[list[UUID]]:
    return [leads[start : start + 500] for start in range(0, len(leads), 500)]


async def _fire_on(world: World) -> None:
    for _ in range(3):
        await world.fire()


@pytest.mark.parametrize("pairs", [300, pytest.param(10_000, marks=pytest.mark.long)])
async def test_of_acts_within_a_millisecond_of_the_due_time_each_counts_by_its_own(
    world: World, pairs: int
) -> None:
    rng = random.Random(7)
    offsets = {a_lead(): rng.randint(-500, 500) for _ in range(pairs)}
    leads = list(offsets)
    before, after = leads[::2], leads[1::2]
    world.publish_rulebook(promises=only(first_response_within="15m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for some in _in_parts(leads):
            for lead in some:
                world.assigned(lead)
            await world.read_all(consumer)
        world.at(DUE + MARGIN)
        for some in (*_in_parts(before), *_in_parts(after)):
            for lead in some:
                world.acted(lead, "contacted", at=DUE + offsets[lead] * US)
            await asyncio.gather(world.read_all(consumer), *(_fire_on(world) for _ in range(4)))
        while await world.fire():
            continue
        rows = await world.query("SELECT lead_id, state FROM timers")
    breaches = Counter(event.lead_id for event in world.out("sla-breached"))
    withdrawals = Counter(event.lead_id for event in world.out("sla-withdrawn"))
    states = {row["lead_id"]: row["state"] for row in rows}
    assert max(breaches.values()) == 1
    for lead, offset in offsets.items():
        counted = breaches[lead] - withdrawals[lead]
        assert counted == (offset > 0)
        expected = {"breached"} if offset > 0 else {"withdrawn" if breaches[lead] else "kept"}
        assert {states[lead]} == expected


async def test_timely_acts_that_lay_two_minutes_in_the_routers_outbox_are_counted_for_nobody(
    world: World,
) -> None:
    leads = [a_lead() for _ in range(20)]
    world.publish_rulebook(promises=only(accept_within="15m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.assigned(lead)
        await world.up_to(consumer, DUE - MINUTE)
        await world.up_to(consumer, DUE)
        await world.up_to(consumer, DUE + MINUTE)
        for lead in leads:
            world.acted(lead, "accepted", at=DUE - 30 * timedelta(seconds=1))
        await world.up_to(consumer, DUE + 2 * MINUTE)
    breaches = {event.timer_id for event in world.out("sla-breached")}
    assert {event.timer_id for event in world.out("sla-withdrawn")} == breaches
    states = [await world.states(lead) for lead in leads]
    assert {state["accept 1"] for state in states} <= {"kept", "withdrawn"}


async def test_a_monitor_whose_own_clock_is_stepped_an_hour_says_nothing_early_and_nothing_twice(
    world: World,
) -> None:
    leads = [a_lead() for _ in range(10)]
    world.publish_rulebook(promises=only(accept_within="15m"))
    stepped = [
        Runtime(
            world.settings,
            broker=world.broker,
            database=world.database,
            clock=ManualClock(MONDAY_9 + timedelta(hours=hours)),
        )
        for hours in (-1, 1)
    ]
    memories = [Memory(started=MONDAY_9) for _ in stepped]

    async def all_fire() -> None:
        for runtime, memory in zip(stepped, memories, strict=True):
            work = partial(fire_due, memory=memory, margin=MARGIN, limit=100)
            await runtime.in_transaction(work)
            await runtime.published()

    for runtime in stepped:
        await runtime.publisher.start()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.assigned(lead)
        await world.read_all(consumer)
        world.at(DUE - US)
        await world.read_all(consumer)
        await all_fire()
        assert world.out("sla-breached") == []
        world.at(DUE + MARGIN)
        await world.read_all(consumer)
        await all_fire()
        await all_fire()
    assert Counter(event.lead_id for event in world.out("sla-breached")) == Counter(leads)


async def test_a_monitor_away_five_minutes_says_what_is_overdue_and_breaks_nothing_kept(world: World) -> None:
    leads = [a_lead() for _ in range(60)]
    world.publish_rulebook(
        promises=only(accept_within="15m", attempts={"count": 3, "within": "30m"}),
        reminders={"every": "1m", "at_most": 5},
    )
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.assigned(lead)
        await world.up_to(consumer, DUE - MINUTE)
    says = [
        partial(world.acted, lead, "contacted", at=DUE - 10 * US, contact="attempt") for lead in leads[:20]
    ]
    says += [partial(world.acted, lead, "contacted", at=DUE + 10 * US) for lead in leads[20:40]]
    random.Random(3).shuffle(says)
    for say in says:
        say()
    again = Memory()
    async with world.reading(again) as consumer:
        world.at(DUE + 5 * MINUTE)
        await world.read_all(consumer)
        while await world.fire(again):
            continue
    assert {event.lead_id for event in world.out("sla-breached")} == set(leads[20:])
    assert all(event.late for event in world.out("sla-breached"))
    assert world.out("sla-withdrawn") == world.out("sla-reminded") == []
