"""Many writers at once: capacity holds, nobody gets stuck."""

import asyncio
from collections import Counter

from router.consumer import consumer_spec
from router.main import wire
from tests.integration.router.worlds import World, rep, rulebook

WRITERS = 8
NAMES = [f"lead{number}" for number in range(160)]


async def test_eight_writers_never_exceed_capacity_and_none_gets_stuck(world: World) -> None:
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
    specs = [consumer_spec(wire(world.runtime, world.settings).news) for _ in range(WRITERS)]
    consumers = [world.runtime.consumer(spec) for spec in specs]
    running = [asyncio.create_task(consumer.run()) for consumer in consumers]
    async with asyncio.timeout(25):
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
