"""Many writers at once: capacity holds, nobody gets stuck."""

import asyncio
from collections import Counter

from router.consumer import consumer_spec
from router.main import wire
from service_kit.consumer import Consumer
from tests.integration.router.worlds import World, deadlocks, rep, rulebook
from tests.patience import HANGS_AFTER

ROUTERS = 16
WRITERS = 8
"""Reps and programs that act at once meanwhile."""
NAMES = [f"lead{number}" for number in range(160)]


async def test_sixteen_routers_never_exceed_capacity_and_none_gets_stuck(world: World) -> None:
    reps = {f"rep{number}": rep(f"Rep{number}", capacity=10) for number in range(6)}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    reps["ana"] = rep("Ana", team="other", capacity=5)
    document = rulebook(reps)
    document["roster"]["teams"]["other"] = {"name": "Other"}
    await world.publish_rulebook(document)
    for name in reps:
        await world.token(name)
    world.broker.create_topic("lead-scored", 16)
    for name in NAMES:
        world.score(name, employees=5 if int(name[4:]) % 4 else 5000)

    await world.stop_reading()
    consumers = _consumers(world, ROUTERS)
    running = [asyncio.create_task(consumer.run()) for consumer in consumers]
    async with asyncio.timeout(HANGS_AFTER):
        while not _all_are_routed(world):
            await asyncio.wait(running, timeout=0.005)
            await asyncio.gather(*(_close_some(world, number) for number in range(WRITERS)))
    for consumer in consumers:
        consumer.stop()
    await asyncio.gather(*running)

    while await world.drain():
        pass
    loads = await world.loads()
    assert all(loads[name] <= seed["capacity"] for name, seed in reps.items())
    assert loads["rep0"] == 10, "leads wait while a rep has room"
    _seqs_have_no_gap_and_no_round_is_given_twice(world)
    hops = (await world.operate("GET", "/v1/conservation")).json()
    assert hops["unaccounted"] == 0
    assert sum(hop["dead_letters"] for hop in hops["hops"]) == 0
    assert hops["leads_known"] == len(NAMES)


async def test_pools_that_share_their_reps_and_changes_of_all_kinds_at_once_meet_no_deadlock(
    world: World,
) -> None:
    reps = {f"rep{number}": rep(f"Rep{number}", team="school", capacity=3) for number in range(6)}
    document = rulebook(reps)
    names = list(reps)
    document["routing"]["pools"] = {
        f"pool{number}": {"name": f"Pool {number}", "reps": names[number:] + names[: number // 2]}
        for number in range(4)
    }
    document["routing"]["plans"]["main"] = {
        "rules": [
            {"id": f"by{number}", "when": f"lead.employees == {number}", "pool": f"pool{number}"}
            for number in (3, 1, 2)
        ],
        "fallback": "pool0",
    }
    del document["routing"]["plans"]["training"]
    await world.publish_rulebook(document)
    await world.stop_reading()
    world.broker.create_topic("lead-scored", 16)
    for name in names:
        await world.token(name)
    for number, name in enumerate(NAMES):
        world.score(name, employees=number % 4)
    consumers = _consumers(world, ROUTERS)
    running = [asyncio.create_task(each.run()) for each in consumers]
    async with asyncio.timeout(HANGS_AFTER):
        while not _all_are_routed(world):
            await asyncio.wait(running, timeout=0.005)
            await asyncio.gather(*(_stir(world, names, number) for number in range(WRITERS)), world.drain())
    world.merge(ended=NAMES[::3])
    async with asyncio.timeout(HANGS_AFTER):
        while not all(world.kinds(name)[-1] == "closed" for name in NAMES[::3]):
            await asyncio.wait(running, timeout=0.005)
            await asyncio.gather(*(_stir(world, names, number) for number in range(WRITERS)), world.drain())
    for each in consumers:
        each.stop()
    await asyncio.gather(*running)
    while await world.drain():
        pass
    loads = await world.loads()
    assert all(load <= 3 for load in loads.values())
    _seqs_have_no_gap_and_no_round_is_given_twice(world)
    answer = (await world.operate("GET", "/v1/conservation")).json()
    assert (answer["unaccounted"], answer["leads_known"]) == (0, len(NAMES))
    assert await deadlocks(world) == 0


def _consumers(world: World, number: int) -> list[Consumer]:
    """So many routers, each with what it caches for itself."""
    specs = [consumer_spec(wire(world.runtime, world.settings).news) for _ in range(number)]
    return [world.runtime.consumer(spec) for spec in specs]


async def _stir(world: World, reps: list[str], number: int) -> None:
    """Close or decline a lead, or change a rep, as one of several who do so at once."""
    mine = [name for name in NAMES[number::WRITERS] if world.routed(name) and world.holder(name)]
    if number == 0:
        await world.operate(
            "PATCH", f"/v1/reps/{reps[len(mine) % len(reps)]}", json={"weight": len(mine) % 5}
        )
    for name in mine[:2]:
        holder = world.holder(name)
        if holder is not None:
            act, body = ("decline", {"reason": "no"}) if number % 2 else ("outcome", {"result": "lost"})
            response = await world.act(holder, name, act, body)
            assert response.status_code in (200, 409), response.text


def _all_are_routed(world: World) -> bool:
    return len({event.lead_id for event in world.routed()}) == len(NAMES)


async def _close_some(world: World, number: int) -> None:
    """Close some leads that have a rep, and drain, while others are still being routed."""
    mine = [name for name in NAMES[number::WRITERS] if world.routed(name)]
    for name in [name for name in mine if world.holder(name) is not None][:2]:
        await world.end(name)
    await world.drain()


def _seqs_have_no_gap_and_no_round_is_given_twice(world: World) -> None:
    for name in NAMES:
        events = world.routed(name)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        rounds = Counter(event.round for event in events if event.kind == "assigned")
        assert set(rounds.values()) <= {1}
