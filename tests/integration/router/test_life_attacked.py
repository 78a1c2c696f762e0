"""What happens to a lead when acts come late, twice, or at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.router.test_acts_by_hand import SCHOOL, order, post
from tests.integration.router.worlds import World, lead_id, rep, rulebook


async def with_limit(world: World, number: int = 0) -> None:
    """Declines above this number a week wait for a word."""
    document = rulebook({**{name: rep(name.title(), capacity=99) for name in ("ana", "bea")}, **SCHOOL})
    document["agreement"]["sales"]["declines_a_week"] = number
    await world.publish_rulebook(document)


async def asked_of(world: World, name: str) -> str:
    """The id of the decline that waits for a word about a lead."""
    found = (await world.operate("GET", "/v1/declines")).json()["declines"]
    (one,) = [each for each in found if each["lead_id"] == str(lead_id(name))]
    return str(one["id"])


async def test_a_confirmed_decline_is_of_the_round_it_was_asked_in_and_of_no_later_one(world: World) -> None:
    await with_limit(world)
    await world.take("ada")
    await world.act("ana", "ada", "decline", {"reason": "no"})
    decline = await asked_of(world, "ada")
    for name in ("bea", "ana"):
        assert (await order(world, "ada", "assign", rep=name)).status_code == 200
    late = await post(world, f"/v1/declines/{decline}/confirm", "rosa")
    assert late.status_code == 409, late.text
    assert world.holder("ada") == "ana", "it was given to her again, and she has not declined that"


@pytest.mark.parametrize("result", ["meeting", "opportunity"])
async def test_who_has_a_meeting_with_the_buyer_has_answered_them(routing: World, result: str) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "outcome", {"result": result})
    declined = await routing.act("ana", "ada", "decline", {"reason": "no"})
    assert declined.status_code == 409, "a lead with a meeting is not given away as if nobody had spoken"
    routing.clock.advance(3600)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert routing.holder("ada") == "ana"
    now = routing.clock.now()
    away = {"since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat(), "reason": "ill"}
    await routing.operate("POST", "/v1/reps/ana/absences", json=away)
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    assert routing.holder("ada") == "ana", "an absence takes unanswered leads only"


async def test_who_is_given_a_lead_while_away_is_told_so_to_who_gives_it(routing: World) -> None:
    now = routing.clock.now()
    away = {"since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat(), "reason": "ill"}
    await routing.operate("POST", "/v1/reps/bea/absences", json=away)
    await routing.take("ada")
    answer = await order(routing, "ada", "assign", rep="bea")
    assert answer.status_code == 200
    assert any("away" in each for each in answer.json()["told"]), answer.json()["told"]


async def test_leads_that_cannot_move_keep_no_others_from_moving(world: World) -> None:
    """More than one order takes at once, and the first of them are locked by somebody else."""
    reps = {"ana": rep("Ana", capacity=2000), "bea": rep("Bea", capacity=2000, weight=0), **SCHOOL}
    await world.publish_rulebook(rulebook(reps))
    names = [f"lead{number}" for number in range(520)]
    await world.take(*names)
    first = sorted(map(lead_id, names))[:510]
    async with world.runtime.database.acquire() as conn:
        await conn.execute(
            "UPDATE leads SET locked_by = 'rosa', locked_at = now() WHERE id = ANY($1::uuid[])",
            first,
        )
    left, rounds = 1, 0
    moved = 0
    while left and rounds < 4:
        body: dict[str, Any] = {"reason": "left", "from_rep": "ana", "to": "bea", "dry_run": False}
        answer = (await post(world, "/v1/leads/reassign", "marta", **body)).json()
        left, rounds, moved = answer["left"], rounds + 1, moved + answer["moved"]
    assert moved == 10


@pytest.mark.parametrize("before", ["accept", "decline", "reject"])
async def test_an_erased_lead_answers_its_rep_in_words(routing: World, before: str) -> None:
    await routing.take("ada")
    bodies: dict[str, Any] = {"accept": None, "contacted": {"channel": "phone", "result": "reached"}}
    bodies |= {"decline": {"reason": "no"}, "reject": {"reason": "no"}}
    await routing.act("ana", "ada", before, bodies[before], key="k-1")
    routing.erase("ada")
    await routing.read()
    for act, body in bodies.items():
        answer = await routing.act("ana", "ada", act, body, key="k-1")
        assert answer.status_code == 409
        assert "erased" in answer.json()["detail"], answer.json()["detail"]


Deed = Callable[[World, str], Awaitable[httpx.Response | None]]


def by_rep(act: str, body: dict[str, Any] | None = None) -> Deed:
    async def deed(world: World, name: str) -> httpx.Response:
        return await world.act("ana", name, act, body)

    return deed


def by_hand(what: str, **body: Any) -> Deed:
    async def deed(world: World, name: str) -> httpx.Response:
        return await order(world, name, what, **body)

    return deed


def news(say: Callable[[World, str], object]) -> Deed:
    async def deed(world: World, name: str) -> None:
        say(world, name)
        await world.read()

    return deed


DEEDS: dict[str, Deed] = {
    "accept": by_rep("accept"),
    "decline": by_rep("decline", {"reason": "no", "code": "wrong_territory"}),
    "contacted": by_rep("contacted", {"channel": "phone", "result": "reached"}),
    "reject": by_rep("reject", {"reason": "no", "code": "wrong_data"}),
    "recycle": by_rep("recycle", {"reason": "later", "wake_at": "2030-01-31T09:00:00+01:00"}),
    "meeting": by_rep("outcome", {"result": "meeting"}),
    "won": by_rep("outcome", {"result": "won", "value": {"minor": 100, "currency": "EUR"}}),
    "lost": by_rep("outcome", {"result": "lost"}),
    "rating": by_rep("rating", {"rating": 3}),
    "assign": by_hand("assign", rep="bea"),
    "assign back": by_hand("assign", rep="ana"),
    "to pool": by_hand("to-pool"),
    "lock": by_hand("lock"),
    "unlock": by_hand("unlock"),
    "breach": news(lambda world, name: world.breach(name, rep_id="ana")),
    "merged": news(lambda world, name: world.merge(ended=[name])),
    "erased": news(lambda world, name: world.erase(name)),
    "left alone": news(lambda world, name: world.score(name, seq=50, do_not_contact=True)),
    "asks again": news(lambda world, name: world.score(name, seq=60)),
}


@pytest.mark.parametrize("first", list(DEEDS))
async def test_any_two_deeds_at_one_moment_leave_one_owner_and_a_whole_account(
    world: World, first: str
) -> None:
    await with_limit(world, 999)
    leads = {other: f"{first} and {other}" for other in DEEDS}
    await world.take(*leads.values())
    for name in leads.values():
        if world.holder(name) != "ana":
            await order(world, name, "assign", rep="ana")
    await asyncio.gather(*(world.token(name) for name in ("ana",)))
    world.clock.advance(3600)

    async def clash(other: str) -> list[httpx.Response | None]:
        name = leads[other]
        return list(await asyncio.gather(DEEDS[first](world, name), DEEDS[other](world, name)))

    for other in leads:
        for answer in await clash(other):
            if answer is None:
                continue
            assert answer.status_code in (200, 202, 409), f"{other}: {answer.text}"
            if answer.status_code == 409:
                assert answer.json()["detail"], other
    await world.read()
    await account_is_whole(world, list(leads.values()))


async def account_is_whole(world: World, names: list[str]) -> None:
    await world.loads()
    ids = [lead_id(name) for name in names]
    async with world.runtime.database.acquire() as conn:
        torn = await conn.fetch(
            "SELECT l.id, l.state FROM leads l"
            " LEFT JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL"
            " WHERE l.id = ANY($1::uuid[]) AND ((l.state = 'assigned') <> (a.id IS NOT NULL)"
            " OR l.locked_by IS NOT NULL AND l.state NOT IN ('assigned', 'erased', 'closed', 'merged'))",
            ids,
        )
        assert torn == []
    for name in names:
        for told in (world.routed(name), world.progressed(name)):
            assert [event.seq for event in told] == list(range(1, len(told) + 1)), name
        rounds = [each.round for each in world.routed(name) if each.kind == "assigned"]
        assert rounds == sorted(set(rounds)), name


async def test_a_decline_that_waits_goes_with_whatever_else_happens_to_its_lead(world: World) -> None:
    await with_limit(world)
    ends: dict[str, Deed] = {
        name: deed for name, deed in DEEDS.items() if name not in ("decline", "rating", "lock", "unlock")
    }
    leads = {end: f"asked, then {end}" for end in ends}
    await world.take(*leads.values())
    for name in leads.values():
        if world.holder(name) != "ana":
            await order(world, name, "assign", rep="ana")
        assert (await world.act("ana", name, "decline", {"reason": "no"})).status_code == 202
    asked = {name: await asked_of(world, name) for name in leads.values()}
    world.clock.advance(3600)
    for end, name in leads.items():
        word = post(world, f"/v1/declines/{asked[name]}/confirm", "rosa")
        for answer in await asyncio.gather(ends[end](world, name), word):
            assert answer is None or answer.status_code in (200, 409), f"{end}: {answer.text}"
    await world.read()
    await account_is_whole(world, list(leads.values()))


async def test_a_decline_that_waits_ends_where_an_absence_takes_the_lead(world: World) -> None:
    await with_limit(world)
    await world.take("ada")
    await world.act("ana", "ada", "decline", {"reason": "no"})
    decline = await asked_of(world, "ada")
    now = world.clock.now()
    away = {"since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat(), "reason": "ill"}
    await world.operate("POST", "/v1/reps/ana/absences", json=away)
    await world.wiring.absentees.look()
    await world.runtime.published()
    assert world.holder("ada") == "bea"
    assert (await world.operate("GET", "/v1/declines")).json()["declines"] == []
    late = await post(world, f"/v1/declines/{decline}/confirm", "rosa")
    assert late.status_code == 409
    assert late.json()["detail"]
    assert world.holder("ada") == "bea"


async def test_a_key_is_of_one_act_of_one_rep_on_one_lead(world: World) -> None:
    await with_limit(world, 99)
    await world.take("a", "b", "c", "d")
    mine = [name for name in "abcd" if world.holder(name) == "ana"]
    one, other = mine[:2]
    assert [(await world.act("ana", name, "accept", key="k")).status_code for name in (one, other)] == [
        200
    ] * 2
    reached = {"channel": "phone", "result": "reached"}
    assert (await world.act("ana", one, "contacted", reached, key="k")).status_code == 422
    busy = reached | {"result": "busy"}
    first = await world.act("ana", one, "contacted", reached, key="k-2")
    assert (await world.act("ana", one, "contacted", busy, key="k-2")).status_code == 422
    assert (await world.act("ana", one, "contacted", reached, key="k-2")).json() == first.json()
    await order(world, one, "assign", rep="bea")
    theirs = await world.act("bea", one, "accept", key="k")
    assert (theirs.status_code, theirs.json()["round"]) == (200, 2)
    again = await world.act("ana", one, "accept", key="k")
    assert (again.status_code, again.json()["round"]) == (200, 1), "said again, the answer of then"
    assert world.holder(one) == "bea"


async def test_a_key_of_a_decline_that_waits_is_of_no_other_act(world: World) -> None:
    await with_limit(world)
    await world.take("ada")
    asked = await world.act("ana", "ada", "decline", {"reason": "no"}, key="k")
    assert asked.status_code == 202
    assert (await world.act("ana", "ada", "accept", key="k")).status_code == 422
    assert (await world.act("ana", "ada", "decline", {"reason": "no"}, key="k")).json() == asked.json()
    assert (await world.act("ana", "ada", "accept", key="k-2")).status_code == 200


async def test_a_lead_comes_back_to_who_had_it_and_its_first_acts_are_of_the_new_round(world: World) -> None:
    await with_limit(world, 99)
    await world.take("ada")
    await world.act("ana", "ada", "accept")
    await order(world, "ada", "assign", rep="bea")
    late = await world.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    assert late.status_code == 409
    await order(world, "ada", "assign", rep="ana")
    again = await world.act("ana", "ada", "accept")
    assert (again.status_code, again.json()["round"]) == (200, 3), "no repeat of the first round's"
    assert [event.round for event in world.progressed("ada")] == [1, 3]


async def test_how_a_lead_was_won_is_put_right_by_who_won_it_and_by_nobody_else(world: World) -> None:
    await with_limit(world, 99)
    await world.take("ada")
    await world.act("ana", "ada", "accept")
    await order(world, "ada", "assign", rep="bea")
    won = {"result": "won", "value": {"minor": 100, "currency": "EUR"}}
    await world.act("bea", "ada", "outcome", won)
    more = won | {"value": {"minor": 900, "currency": "EUR"}}
    assert (await world.act("ana", "ada", "outcome", more)).status_code == 409
    right = await asyncio.gather(*(world.act("bea", "ada", "outcome", more) for _ in range(3)))
    assert {answer.status_code for answer in right} == {200}
    lost = await world.act("bea", "ada", "outcome", {"result": "lost"})
    assert lost.status_code == 409
    assert "closed as won" in lost.json()["detail"]
    outcomes = [event.outcome for event in world.progressed("ada")]
    values = [each.value.minor for each in outcomes if each is not None and each.value is not None]
    assert values == [100, 900], "each amount is told once"
