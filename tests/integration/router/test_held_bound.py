"""The bound on waiting: however a rep becomes free for a lead that waits, the next look gives it to them.

A look comes after BATON_DRAIN_MS, or at once where the process frees the rep itself; every fifth also looks
at leads that stand in no queue. Time is the test's: looks are counted, not timed.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lead_events import Account, Handling
from lead_events.words import AccountStanding, HoldReason, ImportMode, Quadrant
from router.handlers.reoffer import AT_ONCE
from tests.integration.router.test_whose_it_is import north
from tests.integration.router.worlds import World, lead_id

TODAY = "2026-03-03"
FULL = {"capacity": 1}
TEAM = {"team": "north"}
ALWAYS = {"calendar": "always"}
RAMP = {"first_day": "2026-02-25", "weeks": 4, "start": 0.25}
WAITS = {"owners": {"when_away": "wait", "wait_at_most": "4h"}}


def company(plan: dict[str, Any] | None = None, pool: dict[str, Any] | None = None, **reps: Any) -> Any:
    """As `north`, with capacities that may differ; the pool `night` is Ana's."""
    document = north(plan, pool, **{name: {**given} for name, given in reps.items()})
    for name, given in reps.items():
        document["roster"]["reps"][name] |= given
    document["routing"]["pools"]["night"] = {"name": "Night", "reps": ["ana"]}
    return document


def owned_by(owner: str) -> Account:
    return Account(id=uuid4(), crm_id="A-1", name="Acme", standing=AccountStanding.CUSTOMER, owner=owner)


def away(days: str = TODAY) -> list[dict[str, str]]:
    return [{"first_day": TODAY, "last_day": days}]


async def change(world: World, rep: str, **fields: Any) -> None:
    response = await world.operate("PATCH", f"/v1/reps/{rep}", json=fields)
    assert response.status_code == 200, response.text


async def act(world: World, name: str, what: str, body: dict[str, Any]) -> None:
    response = await world.act(world.holder(name) or "", name, what, body)
    assert response.status_code == 200, response.text


async def wait(world: World, **time: float) -> None:
    world.clock.advance(timedelta(**time).total_seconds())


async def add_carla(world: World) -> None:
    body = {
        "id": "carla",
        "name": "Carla",
        "email": "carla@example.com",
        "team": "north",
        "calendar": "office",
        "lines": ["main"],
        "capacity": 3,
    }
    response = await world.operate("POST", "/v1/reps", json=body)
    assert response.status_code == 201, response.text


async def publish(world: World, change: Callable[[Any], None]) -> None:
    """The next version: the company of the table below, changed."""
    document = company(None, TEAM, ana=FULL, bea={"capacity": 0})
    change(document)
    await world.publish_rulebook(document, 2)


def with_the_night(document: Any) -> None:
    document["routing"]["pools"]["north"]["reps"] = ["ana", "bea", "carla"]
    document["roster"]["reps"]["carla"] = {**document["roster"]["reps"]["ana"], "email": "carla@example.com"}


async def taken_by_hand(world: World) -> None:
    await change(world, "bea", capacity=1)
    order = {"rep": "bea", "reason": "her client"}
    response = await world.operate("POST", f"/v1/leads/{lead_id('first')}/assign", json=order)
    assert response.status_code == 200, response.text


async def merged(world: World) -> None:
    world.merge(ended=["first"])
    await world.read()


async def erased(world: World) -> None:
    world.erase("first")
    await world.read()


async def forbidden(world: World) -> None:
    await world.take("first", do_not_contact=True)


Way = Callable[[World], Awaitable[object]]
WAYS: dict[str, Way] = {
    "an outcome": lambda world: world.end("first"),
    "rejected": lambda world: act(world, "first", "reject", {"code": "out_of_profile", "reason": "no"}),
    "recycled": lambda world: act(
        world, "first", "recycle", {"code": "not_now", "reason": "autumn", "wake_at": "2026-09-01T09:00:00Z"}
    ),
    "declined": lambda world: act(world, "first", "decline", {"reason": "I know them"}),
    "given to another by hand": taken_by_hand,
    "merged": merged,
    "erased": erased,
    "not to be contacted": forbidden,
    "more capacity": lambda world: change(world, "ana", capacity=2),
    "capacity from 0": lambda world: change(world, "bea", capacity=1),
    "a rep is added": add_carla,
    "another plan": lambda world: publish(world, with_the_night),
}


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_is_freed_has_what_waits_at_the_next_look(world: World, way: str) -> None:
    await world.publish_rulebook(company(None, TEAM, ana=FULL, bea={"capacity": 0}))
    await world.drain()
    await world.take("first")
    await world.take("waits")
    assert (world.holder("first"), world.kinds("waits")) == ("ana", ["held"])
    await WAYS[way](world)
    await world.drain()
    assert world.kinds("waits") == ["held", "assigned"]


BY_ROSTER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "weight from 0": ({"weight": 0}, {"weight": 1}),
    "a language more": ({"languages": ["en"]}, {"languages": ["en", "es"]}),
    "a skill more": ({"languages": ["es"], "skills": []}, {"skills": ["tenders"]}),
    "a line more": ({"lines": ["training"]}, {"lines": ["main"]}),
    "active again": ({"is_active": False}, {"is_active": True}),
    "an absence taken back": ({"absences": away("2026-03-09")}, {"absences": []}),
    "longer hours": ({"own_hours": {"fri": [["09:00", "10:00"]]}}, {"own_hours": None}),
    "a larger limit of the day": ({"per_day": 1, "calendar": "always"}, {"per_day": 2}),
}


@pytest.mark.parametrize("how", BY_ROSTER)
async def test_who_may_take_it_by_a_change_of_the_roster_has_it_at_the_next_look(
    world: World, how: str
) -> None:
    before, after = BY_ROSTER[how]
    pool = {"language": "required", "skills": ["tenders"]}
    able = {"languages": ["es"], "skills": ["tenders"]}
    await world.publish_rulebook(company(None, pool, ana=able))
    await change(world, "ana", **before)
    await world.drain()
    await world.take("first", "waits", language="es")
    waiting = [name for name in ("first", "waits") if world.holder(name) is None]
    assert waiting
    await change(world, "ana", **after)
    await world.drain()
    assert [world.holder(name) for name in waiting] == ["ana"] * len(waiting)


BY_THE_CLOCK: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "an absence ends": ({"absences": away()}, {"hours": 23}),
    "the day of a limit is over": ({"per_day": 1, **ALWAYS}, {"hours": 15}),
    "the week of a limit is over": ({"per_week": 1, **ALWAYS}, {"days": 5, "hours": 15}),
    "the ramp-up rises": ({"capacity": 4, "ramp_up": RAMP, **ALWAYS}, {"hours": 15}),
}


@pytest.mark.parametrize("how", BY_THE_CLOCK)
async def test_whom_a_clock_frees_has_what_waits_at_the_next_look_whatever_was_drained_meanwhile(
    world: World, how: str
) -> None:
    rep, time = BY_THE_CLOCK[how]
    await world.publish_rulebook(company(ana=rep))
    await world.take("first", "waits")
    assert world.holder("waits") is None
    for _ in range(3):  # what the queue is to look at next is worked out anew each time
        async with world.runtime.database.transaction() as conn:
            await conn.execute("UPDATE pools SET drain_due = true")
        await world.drain()
    tells = world.routed("waits")[-1].next_try_at
    assert tells == world.clock.now() + timedelta(**time)
    await wait(world, **time)
    await world.drain()
    assert world.holder("waits") == "ana"


async def test_hours_that_begin_free_whoever_works_them(world: World) -> None:
    await world.publish_rulebook(company(ana={}))
    await wait(world, hours=12)
    await world.take("night")
    await wait(world, hours=12)
    await world.drain()
    assert world.holder("night") == "ana"


async def test_what_is_preferred_is_given_up_also_if_the_buyer_told_it_later(world: World) -> None:
    pool = {"language": "preferred", "relax_after": "10m"}
    await world.publish_rulebook(
        company(None, pool, ana={"languages": ["en"], **FULL}, bea={"languages": ["es"], **FULL})
    )
    await world.take("one", "two", language="fi")
    await world.take("waits")
    await world.take("waits", language="es")
    await wait(world, minutes=11)
    await world.end(next(name for name in ("one", "two") if world.holder(name) == "ana"))
    await world.drain()
    assert world.holder("waits") == "ana"


async def test_a_language_that_the_last_rep_takes_along_goes_to_the_pool_named_for_it(world: World) -> None:
    reps = {"ana": {"languages": ["en"]}, "bea": {"languages": ["es"], **FULL}}
    await world.publish_rulebook(company({"unspoken": "night"}, {"language": "required"}, **reps))
    await world.take("one", language="es")
    await world.take("waits", language="es")
    assert world.holder("waits") is None
    await change(world, "bea", is_active=False)
    await world.drain()
    assert (world.holder("waits"), world.routed("waits")[-1].pool) == ("ana", "night")


async def test_what_is_declined_goes_to_the_pool_for_its_language_too(world: World) -> None:
    reps = {"ana": {"languages": ["en"]}, "bea": {"languages": ["es"]}}
    await world.publish_rulebook(company({"unspoken": "night"}, {"language": "required"}, **reps))
    await world.take("waits", language="es")
    await act(world, "waits", "decline", {"reason": "no"})
    assert (world.holder("waits"), world.routed("waits")[-1].pool) == ("ana", "night")


SUN = {"reps": ["bea"], "when_nobody_open": "follow_the_sun", "then": ["night"]}


async def test_after_the_sun_the_pool_that_opens_first_takes_it(world: World) -> None:
    document = company(None, SUN, ana={"calendar": "early"}, bea={})
    document["calendars"]["early"] = {"tz": "UTC", "week": {"wed": [["00:00", "06:00"]]}}
    await world.publish_rulebook(document)
    await wait(world, hours=12)
    await world.drain()
    await world.take("waits")
    assert world.routed("waits")[-1].next_try_at == world.clock.now() + timedelta(hours=3)
    await wait(world, hours=3)
    await world.drain()
    assert world.holder("waits") == "ana"


async def test_after_the_sun_who_is_left_takes_what_others_declined(world: World) -> None:
    await world.publish_rulebook(company(None, SUN, ana={"capacity": 0, **ALWAYS}, bea={}))
    await world.take("waits")
    await act(world, "waits", "decline", {"reason": "no"})
    assert world.holder("waits") is None
    await change(world, "ana", capacity=1)
    await world.drain()
    assert world.holder("waits") == "ana"


async def test_nobody_absent_is_the_first_who_opens(world: World) -> None:
    absent = {"absences": away("2026-03-06")}
    await world.publish_rulebook(company(None, {"when_nobody_open": "first_to_open"}, ana=absent, bea=absent))
    await wait(world, hours=12)
    await world.take("waits")
    assert world.holder("waits") is None
    await wait(world, days=5, hours=12)
    await world.drain()
    assert world.holder("waits") is not None


async def test_who_is_back_has_what_was_taken_from_them_and_waits_still(world: World) -> None:
    await world.publish_rulebook(company(ana=FULL, bea=FULL))
    await world.take("one", "two")
    hers = next(name for name in ("one", "two") if world.holder(name) == "ana")
    await change(world, "ana", absences=away())
    await world.wiring.absentees.look()
    assert world.kinds(hers) == ["assigned", "taken_back", "held"]
    await wait(world, days=1)
    await world.drain()
    assert world.holder(hers) == "ana"


async def test_a_lead_for_its_owner_alone_stays_with_them_while_they_are_away(world: World) -> None:
    await world.publish_rulebook(company(None, {"strategy": "account_owner"}, ana={}, bea={}))
    await world.take("hers", account=owned_by("ana"))
    await change(world, "ana", absences=away())
    await world.wiring.absentees.look()
    assert world.kinds("hers") == ["assigned"], "nobody else could ever take it"


async def _back_early(world: World) -> None:
    response = await world.operate("POST", "/v1/reps/ana/back")
    assert response.status_code == 200


async def _freed(world: World) -> None:
    await world.end("first")


OWNERS: dict[str, tuple[dict[str, Any], Way]] = {
    "back early": ({"absences": away()}, _back_early),
    "freed": (FULL, _freed),
    "more capacity": (FULL, lambda world: change(world, "ana", capacity=2)),
}


@pytest.mark.parametrize("how", OWNERS)
async def test_an_owner_who_can_take_it_has_it_within_five_looks(world: World, how: str) -> None:
    fields, way = OWNERS[how]
    await world.publish_rulebook(company(WAITS, ana={}, bea={}))
    await world.take("first", account=owned_by("ana"))
    await change(world, "ana", **fields)
    await world.take("waits", account=owned_by("ana"))
    assert world.routed("waits")[-1].hold_reason is HoldReason.WAITS_FOR_OWNER
    await world.hand_out()
    assert world.holder("waits") is None
    await way(world)
    await world.hand_out()
    assert world.holder("waits") == "ana"


async def test_an_owner_who_enters_the_roster_or_comes_back_to_it_has_what_waits(world: World) -> None:
    await world.publish_rulebook(company(None, {"strategy": "account_owner"}, ana={}, bea=FULL))
    await world.take("first", account=owned_by("bea"))
    await world.take("carlas", account=owned_by("carla@example.com"))
    await world.take("beas", account=owned_by("bea"))
    await change(world, "bea", is_active=False)
    await wait(world, minutes=2)
    await world.hand_out()
    assert await looks_due(world) == 0, "what waits for nobody who can come is not looked at again and again"
    await add_carla(world)
    await change(world, "bea", is_active=True, capacity=2)
    await world.hand_out()
    assert (world.holder("carlas"), world.holder("beas")) == ("carla", "bea")


async def looks_due(world: World) -> int:
    """Pools to drain, and leads that wait for an owner and are to look now."""
    async with world.runtime.database.acquire() as conn:
        return int(
            await conn.fetchval(
                "SELECT (SELECT count(*) FROM pools WHERE drain_due) + (SELECT count(*) FROM leads"
                " WHERE hold_reason = 'waits_for_owner' AND coalesce(next_try_at, $1) <= $1)",
                world.clock.now(),
            )
        )


@pytest.mark.parametrize("moment", ["at night", "in the queue when the plan changes"])
async def test_what_nobody_owns_is_not_looked_at_again_and_again(world: World, moment: str) -> None:
    owners = company(None, {"strategy": "account_owner"}, ana=FULL, bea={"capacity": 0})
    if moment == "at night":
        await world.publish_rulebook(owners)
        await wait(world, hours=12)
        await world.take("waits")
        await wait(world, hours=12)
    else:
        await world.publish_rulebook(company(ana=FULL, bea={"capacity": 0}))
        await world.take("first", "waits")
        await world.publish_rulebook(owners, 2)
        await world.end("first")
    await world.hand_out()
    assert world.routed("waits")[-1].hold_reason is HoldReason.WAITS_FOR_OWNER
    assert await looks_due(world) == 0


async def test_a_pool_that_is_of_owners_no_more_gives_what_waits_by_turns(world: World) -> None:
    await world.publish_rulebook(company(None, {"strategy": "account_owner"}, ana={}, bea={}))
    await world.take("waits")
    assert world.holder("waits") is None
    await world.publish_rulebook(company(ana={}, bea={}), 2)
    await world.hand_out()
    assert world.holder("waits") is not None


async def test_an_import_in_a_language_nobody_speaks_keeps_no_other_lead_of_it_waiting(world: World) -> None:
    await world.publish_rulebook(
        company(None, {"language": "required"}, ana={"languages": ["es"], "capacity": 5})
    )
    fair = Handling(import_id=uuid4(), mode=ImportMode.NOW)
    for number in range(9):
        world.score(f"finnish-{number}", language="fi", handling=fair, topic="lead-scored-bulk")
    world.score("spanish", language="es", quadrant=Quadrant.WARM, handling=fair, topic="lead-scored-bulk")
    await world.read()
    await world.hand_out()
    assert world.holder("spanish") == "ana"


async def test_leads_that_stay_with_who_is_away_keep_none_of_the_others_there(world: World) -> None:
    many = AT_ONCE + 1
    document = company(ana={"capacity": many}, bea={"capacity": 0})
    await world.publish_rulebook(document)
    names = [f"lead-{number}" for number in range(many)]
    for number, name in enumerate(names):
        world.clock.advance(1)
        await world.take(name)
        if number < AT_ONCE:
            body = {"reason": "hers, whatever happens"}
            await world.operate("POST", f"/v1/leads/{lead_id(name)}/lock", json=body)
    await change(world, "bea", capacity=1)
    await change(world, "ana", absences=away())
    await world.wiring.absentees.look()
    assert world.holder(names[-1]) == "bea"


async def test_a_rep_whose_leads_cannot_be_handed_on_keeps_nobody_elses(world: World) -> None:
    await world.publish_rulebook(company(ana=FULL, bea=FULL, carla=FULL))
    await world.take("one", "two")
    async with world.runtime.database.transaction() as conn:
        await conn.execute("UPDATE leads SET quadrant = 'none' WHERE id = $1", lead_id("one"))
    for name in ("ana", "bea"):
        await change(world, name, absences=away())
    await world.wiring.absentees.look()
    others = next(name for name in ("one", "two") if name != "one")
    assert world.holder(others) == "carla"


async def test_a_lead_in_a_queue_goes_to_its_owner_of_another_pool_as_soon_as_they_can(world: World) -> None:
    document = company(ana=FULL, bea=FULL)
    document["routing"]["pools"]["north"]["reps"] = ["bea"]
    await world.publish_rulebook(document)
    await world.take("hers", account=owned_by("ana"))
    await world.take("beas")
    await world.take("waits", account=owned_by("ana"))
    assert world.routed("waits")[-1].hold_reason is HoldReason.NO_CAPACITY
    await world.end("hers")
    await world.hand_out()
    assert world.holder("waits") == "ana"


async def test_what_follows_the_sun_to_a_pool_of_owners_is_not_looked_at_again_and_again(
    world: World,
) -> None:
    document = company(None, SUN, ana=ALWAYS, bea={})
    document["routing"]["pools"]["night"]["strategy"] = "account_owner"
    await world.publish_rulebook(document)
    await wait(world, hours=12)
    await world.take("waits")
    await change(world, "ana", capacity=7)
    await world.hand_out()
    assert (world.holder("waits"), await looks_due(world)) == (None, 0)
