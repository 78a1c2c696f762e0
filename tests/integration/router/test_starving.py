"""Whatever happens in whatever order: after a drain no lead waits while somebody could take it."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from lead_events.words import Quadrant, Stage
from router.handlers.drain import Drained
from service_kit.unit import Unit
from tests.integration.router.worlds import World, rep, rulebook
from worktime import Calendar

REPS = ("ana", "bea", "carla", "dan")
LINES = ("main", "training")
STEPS = 40
WAITING = "SELECT id, pool_id, line, excluded FROM leads WHERE state = 'held'"
ROSTER = "SELECT * FROM reps"


def company(random: Random) -> dict[str, Any]:
    """Two lines, pools that overlap, early and late hours."""
    document = rulebook(
        {
            name: rep(
                name.title(),
                capacity=random.randint(0, 3),
                weight=random.choice([1, 1, 3]),
                calendar=random.choice(["office", "late"]),
                lines=random.sample(LINES, random.randint(1, 2)),
            )
            for name in REPS
        }
    )
    late = {day: [["12:00", "15:00"], ["16:00", "23:00"]] for day in ("mon", "tue", "wed", "sat")}
    document["calendars"]["late"] = {"tz": "Europe/Lisbon", "week": late}
    pools = {
        name: {"name": name, "reps": random.sample(REPS, random.randint(1, 4))}
        for name in ("one", "two", "three")
    }
    document["routing"]["pools"] = pools
    document["routing"]["plans"] = {
        line: {
            "rules": [{"id": "big", "when": "lead.employees > 1000", "pool": random.choice(list(pools))}],
            "fallback": random.choice(list(pools)),
        }
        for line in LINES
    }
    return document


class Fate:
    """Moves of chance on a running router."""

    def __init__(self, world: World, random: Random, document: dict[str, Any]) -> None:
        self.world = world
        self.random = random
        self.document = document
        self.names: list[str] = []
        self.version = 1
        self.moves: list[Callable[[], Awaitable[object]]] = [
            self.arrive,
            self.arrive,
            self.arrive,
            self.answer,
            self.answer,
            self.end,
            self.end,
            self.breach,
            self.merge,
            self.change_rep,
            self.wait,
            self.publish,
        ]

    def an_open_one(self) -> str | None:
        held = [name for name in self.names if self.world.routed(name) and self.world.holder(name)]
        return self.random.choice(held) if held else None

    async def arrive(self) -> None:
        """Some leads, late ones among them."""
        for _ in range(self.random.randint(1, 4)):
            name = f"lead{len(self.names)}"
            self.names.append(name)
            self.world.score(
                name,
                quadrant=self.random.choice(list(Quadrant)),
                stage=self.random.choice([Stage.SQL, Stage.SQL, Stage.MQL]),
                line=self.random.choice(LINES),
                employees=self.random.choice([5, 5000, None]),
            )

    async def answer(self) -> None:
        name = self.an_open_one()
        if name is not None:
            act, body = self.random.choice([("accept", None), ("decline", {"reason": "no"})])
            await self.world.act(self.world.holder(name) or "", name, act, body)

    async def end(self) -> None:
        name = self.an_open_one()
        if name is not None:
            await self.world.end(name)

    async def breach(self) -> None:
        name = self.an_open_one()
        if name is not None:
            last = self.world.routed(name)[-1]
            self.world.clock.advance(1800)
            self.world.breach(name, rep_id=self.world.holder(name) or "", round_=last.round)

    async def merge(self) -> None:
        if self.names:
            self.world.merge(ended=[self.random.choice(self.names)])

    async def change_rep(self) -> None:
        change = self.random.choice(
            [
                {"capacity": self.random.randint(0, 3)},
                {"weight": self.random.choice([0, 2])},
                {"is_active": self.random.choice([True, True, False])},
                {"absences": [{"first_day": "2026-03-04", "last_day": "2026-03-04"}]},
                {"absences": []},
            ]
        )
        response = await self.world.operate("PATCH", f"/v1/reps/{self.random.choice(REPS)}", json=change)
        assert response.status_code == 200

    async def wait(self) -> None:
        self.world.clock.advance(self.random.choice([60, 3600, 6 * 3600]))

    async def publish(self) -> None:
        if self.random.random() < 0.5:
            self.version += 1
            self.document["routing"] = company(self.random)["routing"]
            delay = self.random.choice([0, 1800])
            await self.world.publish_rulebook(self.document, self.version, in_seconds=delay)

    async def members(self) -> dict[str, list[str]]:
        """The pools of the version in force, as it was published."""
        async with self.world.runtime.database.acquire() as conn:
            row = await conn.fetchrow(
                "SELECT rulebook FROM rulebook_versions WHERE effective_from <= $1"
                " ORDER BY effective_from DESC, version DESC LIMIT 1",
                self.world.clock.now(),
            )
        assert row is not None
        return {name: pool["reps"] for name, pool in row["rulebook"]["routing"]["pools"].items()}


async def could_take(fate: Fate) -> list[tuple[str, str]]:
    """Leads that wait, each with a rep of its pool who could take it now."""
    now = fate.world.clock.now()
    members = await fate.members()
    async with fate.world.runtime.database.acquire() as conn:
        waiting, roster = await conn.fetch(WAITING), await conn.fetch(ROSTER)
    free = [
        each
        for each in roster
        if each["is_active"]
        and each["weight"]
        and each["open"] < each["capacity"]
        and Calendar.from_dict(each["document"]).is_open(now)
    ]
    return [
        (str(lead["id"]), each["id"])
        for lead in waiting
        for each in free
        if each["id"] in members[lead["pool_id"]]
        and lead["line"] in each["lines"]
        and each["id"] not in lead["excluded"]
    ]


@pytest.mark.parametrize("seed", range(5))
async def test_no_lead_waits_while_a_rep_of_its_pool_could_take_it(world: World, seed: int) -> None:
    random = Random(seed)
    document = company(random)
    await world.publish_rulebook(document)
    fate = Fate(world, random, document)
    before = await world.loads()
    for _ in range(STEPS):
        await random.choice(fate.moves)()
        await world.read()
        for _ in range(5):  # five looks: the fifth also looks for leads in pools that are gone
            await world.drain()
        assert await could_take(fate) == []
        loads = await world.loads()
        reps = {each["id"]: each for each in (await world.operate("GET", "/v1/reps")).json()["reps"]}
        assert all(loads[name] <= max(reps[name]["capacity"], before[name]) for name in REPS)
        before = loads
    answer = (await world.operate("GET", "/v1/conservation")).json()
    assert answer["unaccounted"] == 0
    assert sum(hop["dead_letters"] for hop in answer["hops"]) == 0


async def test_a_pool_that_cannot_be_drained_keeps_no_other_waiting(routing: World) -> None:
    await routing.take("x", "y", line="training")
    await routing.take("broken", line="training")
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    await routing.end("x")
    await routing.end("a")
    async with routing.runtime.database.transaction() as conn:
        await conn.execute("UPDATE leads SET quadrant = 'none' WHERE state = 'held' AND pool_id = 'courses'")
    await routing.drain()
    assert routing.kinds("waiting") == ["held", "assigned"]
    assert routing.kinds("broken") == ["held"]


async def test_a_pool_that_fails_each_time_is_left_alone_for_longer_and_the_others_are_not(
    routing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []
    await routing.drain()
    drain = routing.wiring.drainer._handler.drain

    async def fails_for_courses(unit: Unit, pool: str) -> Drained:
        tries.append(pool)
        if pool == "courses":
            raise ValueError(pool)
        return await drain(unit, pool)

    monkeypatch.setattr(routing.wiring.drainer._handler, "drain", fails_for_courses)
    async with routing.runtime.database.transaction() as conn:
        await conn.execute("UPDATE pools SET drain_due = true")
    for _ in range(9):
        await routing.drain()
        async with routing.runtime.database.transaction() as conn:
            await conn.execute("UPDATE pools SET drain_due = true WHERE id = 'north'")
    assert tries.count("north") == 9, "each look, whatever became of another pool"
    assert tries.count("courses") < tries.count("north")
