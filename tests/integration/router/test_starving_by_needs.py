"""Whatever happens in whatever order, with all that a plan can say: after five looks no lead waits that a
decision made anew would hand out, and nothing is due that leads nowhere."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from lead_events import Account
from lead_events.words import AccountStanding, HoldReason, Quadrant, RoutedKind
from router.books import Books
from router.desk import Desk
from router.domain.choice import choice_of_waiting, choose_pool, unspoken_of
from router.domain.leads import Lead
from router.domain.roster import Presence
from router.roster import RepReader
from router.store import read_lead
from service_kit.unit import Unit
from tests.integration.router.test_whose_it_is import ALWAYS
from tests.integration.router.worlds import World, rep, rulebook

REPS = ("ana", "bea", "carla", "dan", "eva")
LANGUAGES = ("en", "es", "it")
STEPS = 45


def seed(random: Random, name: str) -> dict[str, Any]:
    ramp = {"first_day": "2026-02-25", "weeks": 4, "start": 0.25}
    return rep(
        name.title(),
        capacity=random.randint(0, 4),
        weight=random.choice([0, 1, 1, 3]),
        calendar=random.choice(["office", "late", "always"]),
        languages=random.sample(LANGUAGES, random.randint(0, 2)),
        skills=random.choice([[], ["tenders"]]),
        per_day=random.choice([None, None, 2]),
        per_week=random.choice([None, None, 3]),
        ramp_up=random.choice([None, None, ramp]),
    )


def pool(random: Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name,
        "reps": random.sample(REPS, random.randint(1, 4)),
        "strategy": random.choice(["weighted_round_robin", "least_loaded", "value_fair", "account_owner"]),
        "language": random.choice(["ignored", "preferred", "required"]),
        "relax_after": "30m",
        "skills": random.choice([[], ["tenders"]]),
        "skills_match": random.choice(["preferred", "required"]),
        "when_nobody_open": random.choice(["hold", "hold", "first_to_open", "follow_the_sun"]),
    }
    if made["when_nobody_open"] == "follow_the_sun":
        made["then"] = random.sample(["one", "two", "three"], 2)
    return made


def routing(random: Random) -> dict[str, Any]:
    return {
        "open_leads": random.choice(["stay", "move_unanswered", "move_all"]),
        "pools": {name: pool(random, name) for name in ("one", "two", "three", "spoken")},
        "plans": {
            "main": {
                "rules": [{"id": "big", "when": "lead.employees > 1000", "pool": "two"}],
                "fallback": random.choice(["one", "three"]),
                "unspoken": random.choice(["spoken", "one"]),
                "owners": {"when_away": random.choice(["wait", "pool"]), "wait_at_most": "4h"},
            },
        },
    }


def company(random: Random) -> dict[str, Any]:
    document = rulebook({name: seed(random, name) for name in REPS})
    late = {day: [["12:00", "15:00"], ["16:00", "23:00"]] for day in ("mon", "tue", "wed", "sat")}
    document["calendars"] |= {"late": {"tz": "America/Sao_Paulo", "week": late}, "always": ALWAYS}
    document["routing"] = routing(random)
    return document


class Fate:
    """Moves of chance on a running router."""

    def __init__(self, world: World, random: Random, document: dict[str, Any]) -> None:
        self.world, self.random, self.document = world, random, document
        self.names: list[str] = []
        self.version = 1
        self.moves: list[Callable[[], Awaitable[object]]] = [
            *[self.arrive] * 3,
            *[self.act] * 3,
            *[self.wait] * 2,
            *[self.change_rep] * 2,
            self.breach,
            self.publish,
            self.score_again,
        ]

    def an_open_one(self) -> str | None:
        held = [name for name in self.names if self.world.routed(name) and self.world.holder(name)]
        return self.random.choice(held) if held else None

    async def arrive(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.names.append(f"lead{len(self.names)}")
            await self.score(self.names[-1])

    async def score_again(self) -> None:
        if self.names:
            await self.score(self.random.choice(self.names))

    async def score(self, name: str) -> None:
        owner = self.random.choice([*REPS, "nobody@example.com"])
        standing = self.random.choice([AccountStanding.NONE, AccountStanding.CUSTOMER])
        account = Account(id=uuid4(), crm_id="A", name="Acme", standing=standing, owner=owner)
        self.world.score(
            name,
            quadrant=self.random.choice(list(Quadrant)),
            employees=self.random.choice([5, 5000]),
            language=self.random.choice([*LANGUAGES, "fi", None]),
            person=f"person{self.random.randint(0, 15)}",
            account=account if self.random.random() < 0.3 else None,
        )

    async def act(self) -> None:
        name = self.an_open_one()
        if name is not None:
            what, body = self.random.choice(
                [
                    ("accept", None),
                    ("contacted", {"channel": "phone", "result": "reached"}),
                    ("decline", {"reason": "no"}),
                    ("outcome", {"result": "lost"}),
                ]
            )
            await self.world.act(self.world.holder(name) or "", name, what, body)

    async def breach(self) -> None:
        name = self.an_open_one()
        if name is not None:
            last = self.world.routed(name)[-1]
            self.world.clock.advance(1800)
            self.world.breach(name, rep_id=self.world.holder(name) or "", round_=last.round)

    async def change_rep(self) -> None:
        today = self.world.clock.now().date().isoformat()
        change = self.random.choice(
            [
                {"capacity": self.random.randint(0, 4)},
                {"weight": self.random.choice([0, 2])},
                {"is_active": self.random.choice([True, True, False])},
                {"absences": [{"first_day": today, "last_day": today}]},
                {"absences": []},
                {"languages": self.random.sample(LANGUAGES, self.random.randint(0, 2))},
                {"skills": self.random.choice([[], ["tenders"]])},
                {"per_day": self.random.choice([None, 1])},
            ]
        )
        response = await self.world.operate("PATCH", f"/v1/reps/{self.random.choice(REPS)}", json=change)
        assert response.status_code == 200, response.text

    async def wait(self) -> None:
        self.world.clock.advance(self.random.choice([60, 1800, 3 * 3600, 9 * 3600, 24 * 3600]))

    async def publish(self) -> None:
        self.version += 1
        self.document["routing"] = routing(self.random)
        in_seconds = self.random.choice([0, 1800])
        await self.world.publish_rulebook(self.document, self.version, in_seconds=in_seconds)


class Looked(Exception):
    """Nothing of the look is to stand."""


async def would_go(world: World) -> list[str]:
    """Leads that wait, with whom a decision made anew would give them to."""
    found: list[str] = []

    async def look(unit: Unit) -> None:
        found.clear()
        desk = Desk(unit, RepReader(), await Books().shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        assert book is not None
        rows = await unit.conn.fetch("SELECT * FROM leads WHERE state = 'held' ORDER BY id FOR UPDATE")
        desk.leads = {lead.id: lead for lead in map(read_lead, rows)}
        await desk.read_members()
        await desk.take_pools([(book, each) for each in book.pools], [], desk.members)
        await desk.read_owners(desk.leads.values(), book)
        for lead in sorted(desk.leads.values(), key=Lead.place_in_line):
            assert lead.pool in book.pools
            owners = book.company.routing.plans["main"].owners
            unspoken = unspoken_of(book, lead.line, lead.needs)
            choice = choice_of_waiting(lead, lead.pool or "", owners, unspoken)
            waited, named = lead.hold_reason, lead.waits_for
            if waited is HoldReason.WAITS_FOR_OWNER:
                choice = choose_pool(lead, book)
            kind = desk.route(lead, lead.id, book, choice, from_queue=True)
            if kind is RoutedKind.ASSIGNED and lead.handoff is not None:
                given = lead.handoff.rep
                became = given in (desk.knows.get(lead.person_id or lead.id), choice.owner) and not named
                at_work = desk.reps[given].presence(unit.now) is Presence.OPEN
                if at_work and not became:  # whose it became while it waited is looked at once a day
                    found.append(f"{lead.id} ({waited}) to {given} by {choice}")
        raise Looked

    with pytest.raises(Looked):
        await world.runtime.in_transaction(look)
    return found


@pytest.mark.parametrize("number", [0, 1, 2, 113])
async def test_no_lead_waits_that_a_decision_made_anew_would_hand_out(world: World, number: int) -> None:
    random = Random(number)
    document = company(random)
    await world.publish_rulebook(document)
    fate = Fate(world, random, document)
    for _ in range(STEPS):
        move = random.choice(fate.moves)
        await move()
        await world.read()
        await world.wiring.absentees.look()
        while await world.runtime.in_transaction(world.wiring.moves.follow):
            pass
        await world.hand_out()
        assert await would_go(world) == [], move.__name__
        await _nothing_is_due(world)
        await world.loads()


async def _nothing_is_due(world: World) -> None:
    async with world.runtime.database.acquire() as conn:
        due = await conn.fetch("SELECT id FROM pools WHERE drain_due")
        owners = await conn.fetch(
            "SELECT id FROM leads WHERE hold_reason = $1 AND coalesce(next_try_at, $2) <= $2",
            HoldReason.WAITS_FOR_OWNER.value,
            world.clock.now(),
        )
    assert (due, owners) == ([], [])
