"""All that moves leads, at once, by several routers on one store: one owner a lead, nobody has too many."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from random import Random
from typing import Any

import pytest

from lead_events.words import Quadrant
from router.consumer import consumer_spec
from router.main import Wiring, wire
from tests.integration.router.worlds import World, deadlocks, lead_id, rep, rulebook

ROUTERS, ROUNDS = 3, 12
REPS = [f"rep{number}" for number in range(6)]
TODAY = "2026-03-03"


def company(random: Random) -> dict[str, Any]:
    """Pools that overlap, one that follows the sun, owners who are waited for; another one at each call."""
    reps = {
        name: rep(name.title(), team="school", capacity=4, languages=random.sample(["en", "es", "it"], 2))
        for name in REPS
    }
    document = rulebook(reps)
    pools = {
        f"pool{number}": {
            "name": f"Pool {number}",
            "reps": random.sample(REPS, 4),
            "language": random.choice(["ignored", "preferred", "required"]),
            "strategy": random.choice(["weighted_round_robin", "value_fair", "least_loaded"]),
        }
        for number in range(4)
    }
    pools["pool0"] |= {"when_nobody_open": "follow_the_sun", "then": ["pool1"]}
    document["routing"] = {
        "open_leads": random.choice(["stay", "move_unanswered", "move_all"]),
        "pools": pools,
        "plans": {
            "main": {
                "rules": [
                    {"id": f"by{number}", "when": f"lead.employees == {number}", "pool": f"pool{number}"}
                    for number in random.sample(range(1, 4), 3)
                ],
                "fallback": "pool0",
                "unspoken": "pool3",
                "owners": {"when_away": random.choice(["wait", "pool"])},
            }
        },
    }
    return document


class Crowd:
    """Whoever does something at the same moment."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random
        self.routers: list[Wiring] = [wire(world.runtime, world.settings) for _ in range(ROUTERS)]
        self.names: list[str] = []
        self.version = 1
        self.answers: Counter[int] = Counter()

    def arrive(self) -> None:
        for _ in range(12):
            name = f"lead{len(self.names)}"
            self.names.append(name)
            self.world.score(
                name,
                quadrant=self.random.choice([Quadrant.PERFECT, Quadrant.WARM]),
                employees=self.random.randint(0, 3),
                language=self.random.choice(["en", "es", "it", "fi"]),
                person=f"person{self.random.randint(0, 30)}",
            )
        if self.random.random() < 0.3:
            self.version += 1
            self.world.put_rulebook(company(self.random), self.version)
        if self.random.random() < 0.5:
            self.world.merge(ended=[self.random.choice(self.names)])
        for name in self.random.sample(self.names, 2):
            holder = self.world.holder(name) if self.world.routed(name) else None
            if holder is not None:
                self.world.breach(name, rep_id=holder, round_=self.world.routed(name)[-1].round)

    async def act(self, name: str) -> None:
        holder = self.world.holder(name) if self.world.routed(name) else None
        if holder is None:
            return
        what, body = self.random.choice(
            [
                ("accept", None),
                ("decline", {"reason": "no"}),
                ("contacted", {"channel": "phone", "result": "reached"}),
                ("outcome", {"result": "lost"}),
            ]
        )
        answer = await self.world.act(holder, name, what, body)
        self.answers[answer.status_code] += 1

    async def order(self, name: str) -> None:
        path = f"/v1/leads/{lead_id(name)}/" + self.random.choice(["assign", "to-pool"])
        body = {"reason": "by hand"} | ({"rep": self.random.choice(REPS)} if path.endswith("assign") else {})
        answer = await self.world.operate("POST", path, json=body)
        self.answers[answer.status_code] += 1

    async def change_rep(self) -> None:
        body = self.random.choice(
            [
                {"absences": [{"first_day": TODAY, "last_day": TODAY}]},
                {"absences": []},
                {"weight": self.random.randint(0, 3)},
                {"is_active": self.random.random() < 0.8},
            ]
        )
        answer = await self.world.operate("PATCH", f"/v1/reps/{self.random.choice(REPS)}", json=body)
        self.answers[answer.status_code] += 1

    def by_routers(self) -> list[Awaitable[Any]]:
        """What the parts of every router do by themselves."""
        moves = [self.world.runtime.in_transaction(each.moves.follow) for each in self.routers]
        drains = [each.drainer.look() for each in self.routers]
        return [*moves, *drains, *(each.absentees.look() for each in self.routers)]

    async def at_once(self) -> None:
        some = self.random.sample(self.names, min(8, len(self.names)))
        doings = [
            *self.by_routers(),
            *(self.act(name) for name in some),
            *(self.order(name) for name in some[:3]),
            *(self.change_rep() for _ in range(3)),
        ]
        self.random.shuffle(doings)
        await asyncio.gather(*doings)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_each_lead_has_one_owner_and_nobody_too_many(
    world: World, seed: int
) -> None:
    random = Random(seed)
    await world.publish_rulebook(company(random))
    for name in REPS:
        await world.token(name)
    await world.stop_reading()
    crowd = Crowd(world, random)
    consumers = [world.runtime.consumer(consumer_spec(each.news)) for each in crowd.routers]
    running = [asyncio.create_task(each.run()) for each in consumers]
    async with asyncio.timeout(60):
        for _ in range(ROUNDS):
            crowd.arrive()
            await crowd.at_once()
        while {event.lead_id for event in world.routed()} != {lead_id(name) for name in crowd.names}:
            await asyncio.wait(running, timeout=0.005)
    for each in consumers:
        each.stop()
    await asyncio.gather(*running)
    for _ in range(6):
        await asyncio.gather(*crowd.by_routers())
    await _all_is_sound(world, crowd)
    assert set(crowd.answers) <= {200, 202, 404, 409}, crowd.answers
    assert await deadlocks(world) == 0


async def _all_is_sound(world: World, crowd: Crowd) -> None:
    loads = await world.loads()  # fails where loads and open rounds differ
    assert all(load <= 4 for load in loads.values()), loads
    async with world.runtime.database.acquire() as conn:
        torn = await conn.fetch(
            "SELECT l.id FROM leads l LEFT JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL"
            " WHERE (l.state = 'assigned') <> (a.id IS NOT NULL)"
            " OR (l.state = 'held') <> (l.hold_reason IS NOT NULL)"
        )
        due = await conn.fetch("SELECT id FROM pools WHERE drain_due")
    assert (torn, due) == ([], [])
    for name in crowd.names:
        events = world.routed(name)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        rounds = Counter(event.round for event in events if event.kind == "assigned")
        assert set(rounds.values()) <= {1}
    answer = (await world.operate("GET", "/v1/conservation")).json()
    assert answer["unaccounted"] == 0
    assert sum(hop["dead_letters"] for hop in answer["hops"]) == 0
