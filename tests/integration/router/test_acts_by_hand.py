"""Leads by hand: named reps, many at once, locks; and who was faster."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lead_events import Handling
from lead_events.words import ImportMode
from tests.integration.router.worlds import OPERATOR, World, lead_id, rep, rulebook


async def order(
    world: World,
    name: str,
    what: str,
    by: str = "marta",
    key: str | None = None,
    **body: Any,
) -> httpx.Response:
    return await post(world, f"/v1/leads/{lead_id(name)}/{what}", by, key, reason="she knows them", **body)


async def post(world: World, path: str, by: str, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {OPERATOR}", "X-Operator": by}
    headers |= {"Idempotency-Key": key} if key is not None else {}
    async with world.client() as client:
        answer = await client.post(path, headers=headers, json=body)
    await world.runtime.published()
    return answer


async def test_a_lead_goes_to_a_named_rep_whoevers_turn_it_is_and_the_order_is_kept(routing: World) -> None:
    await routing.take("ada")
    answer = await order(routing, "ada", "assign", rep="bea")
    assert (answer.status_code, answer.json()["rep_id"], answer.json()["from_rep"]) == (200, "bea", "ana")
    assert routing.kinds("ada") == ["assigned", "taken_back", "assigned"]
    assert routing.routed("ada")[-1].why == "Given to Bea by hand, by marta"
    found = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert [(each["ordered_by"], each["reason"], each["to_rep"]) for each in found["orders"]] == [
        ("marta", "she knows them", "bea")
    ]
    assert found["excluded"] == {"ana": "reassigned"}
    assert await routing.loads() == {"ana": 0, "bea": 1, "carla": 0}


async def test_a_lead_that_waits_is_given_to_a_full_rep_by_force_only_and_that_is_told(
    routing: World,
) -> None:
    await routing.take("a", "b", "c", "d", "waits")
    refused = await order(routing, "waits", "assign", rep="bea")
    assert refused.status_code == 409
    assert "2 open leads of at most 2" in refused.json()["detail"]
    done = await order(routing, "waits", "assign", rep="bea", force=True)
    assert done.json()["told"] == ["bea now has 3 open leads of 2"]
    assert (await routing.loads())["bea"] == 3


@pytest.mark.parametrize(
    ("limits", "says"),
    [({"per_day": 1}, "1 leads today of at most 1"), ({"per_week": 1}, "1 leads this week of at most 1")],
)
async def test_who_had_the_leads_of_their_day_or_week_is_given_more_by_force_only(
    routing: World, limits: dict[str, int], says: str
) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.operate("PATCH", "/v1/reps/ana", json={**limits, "capacity": 5})
    await routing.take("first", "waits")
    assert (routing.holder("first"), routing.holder("waits")) == ("ana", None)
    refused = await order(routing, "waits", "assign", rep="ana")
    assert (refused.status_code, says in refused.json()["detail"]) == (409, True)
    assert (await order(routing, "waits", "assign", rep="ana", force=True)).status_code == 200
    await routing.take("third")
    assert routing.holder("third") is None, "what hands gave counts"


@pytest.mark.parametrize(
    ("rep_id", "status", "says"), [("nobody", 404, "GET /v1/reps"), ("carla", 409, "does not sell main")]
)
async def test_who_cannot_have_a_lead_is_not_given_it(
    routing: World, rep_id: str, status: int, says: str
) -> None:
    await routing.take("ada")
    answer = await order(routing, "ada", "assign", rep=rep_id)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert routing.holder("ada") == "ana"


async def test_an_order_by_an_old_look_is_told_who_has_the_lead_and_since_when(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    late = await order(routing, "ada", "assign", rep="ana", round=1)
    assert late.status_code == 409
    assert (late.json()["has"], late.json()["round"]) == ("bea", 2)
    assert late.json()["since"] is not None
    assert "bea has it since" in late.json()["detail"]
    assert routing.holder("ada") == "bea"


async def test_an_order_said_twice_with_one_key_is_done_once(routing: World) -> None:
    await routing.take("ada")
    first = await order(routing, "ada", "assign", key="k", rep="bea")
    await order(routing, "ada", "assign", rep="ana")
    again = await order(routing, "ada", "assign", key="k", rep="bea")
    assert again.json() == first.json()
    assert routing.holder("ada") == "ana", "the repeat did something"
    other = await order(routing, "ada", "assign", key="k", rep="carla")
    assert other.status_code == 422


async def test_a_locked_lead_is_moved_by_no_breach_no_absence_and_no_other_person(routing: World) -> None:
    await routing.take("ada")
    assert (await order(routing, "ada", "lock", by="rosa")).json()["locked_by"] == "rosa"
    routing.clock.advance(3600)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    found = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert found["timers"][-1]["effect"] == "breach_locked"
    assert (found["locked_by"], found["lock_reason"]) == ("rosa", "she knows them")
    await routing.operate("POST", "/v1/reps/ana/absences", json={"until": "2026-03-20"})
    await routing.wiring.absentees.reoffer("ana")
    refused = await order(routing, "ada", "assign", rep="bea")
    assert refused.status_code == 409
    assert "rosa locked the lead" in refused.json()["detail"]
    declined = await routing.act("ana", "ada", "decline", {"reason": "no"})
    assert declined.status_code == 409
    assert routing.kinds("ada") == ["assigned"]
    forced = await order(routing, "ada", "assign", rep="bea", force=True)
    assert forced.json()["told"] == ["the lock of rosa is lifted"]
    assert routing.holder("ada") == "bea"


async def test_back_to_the_rules_goes_to_another(routing: World) -> None:
    await routing.take("ada")
    answer = await order(routing, "ada", "to-pool")
    assert answer.json()["rep_id"] == routing.holder("ada") == "bea"
    again = await order(routing, "ada", "to-pool")
    assert (again.json()["state"], again.json()["waits"]) == ("held", "pool_empty")


async def test_all_leads_of_a_rep_are_listed_first_then_moved_and_each_is_told_of(world: World) -> None:
    reps = {name: rep(name.title(), capacity=3) for name in ("ana", "bea")}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    await world.publish_rulebook(rulebook(reps))
    await world.take("a", "b", "c", "d")
    mine = [name for name in "abcd" if world.holder(name) == "ana"]
    await world.act("ana", mine[0], "accept")
    await order(world, mine[0], "lock", by="rosa")
    listed = (
        await post(world, "/v1/leads/reassign", "marta", reason="ana left", from_rep="ana", to="bea")
    ).json()
    assert {each["lead_id"] for each in listed["leads"]} == {str(lead_id(name)) for name in mine}
    assert [world.holder(name) for name in mine] == ["ana", "ana"], "a dry run moved something"
    body = {"reason": "ana left", "from_rep": "ana", "to": "bea", "dry_run": False}
    moved = (await post(world, "/v1/leads/reassign", "marta", "k", **body)).json()
    assert (moved["moved"], moved["refused"]) == (1, 1)
    refused = next(each for each in moved["leads"] if not each["moved"])
    assert "rosa locked the lead" in refused["why"]
    assert world.holder(mine[1]) == "bea"
    again = (await post(world, "/v1/leads/reassign", "marta", "k", **body)).json()
    assert {(each["lead_id"], each["moved"]) for each in again["leads"]} == {
        (each["lead_id"], each["moved"]) for each in moved["leads"]
    }
    await world.loads()


async def test_many_orders_need_to_say_which_leads(routing: World) -> None:
    assert (await post(routing, "/v1/leads/reassign", "marta", reason="x")).status_code == 422


async def test_a_breach_a_drain_acts_and_clicks_at_once_end_with_one_owner_and_the_losers_are_told(
    world: World,
) -> None:
    reps = {f"rep{number}": rep(f"Rep{number}", capacity=50) for number in range(6)}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    document = rulebook(reps)
    document["routing"]["pools"]["spare"]["reps"] = ["rep0"]
    await world.publish_rulebook(document)
    names = [f"lead{number}" for number in range(12)]
    await world.take(*names)
    holders = {name: str(world.holder(name)) for name in names}
    for name in set(holders.values()):
        await world.token(name)
    world.clock.advance(3600)

    async def fight(name: str) -> list[httpx.Response]:
        clicks = [order(world, name, "assign", by=f"boss{n}", rep=f"rep{n}", round=1) for n in range(6)]
        acts = [
            world.act(holders[name], name, "accept"),
            world.act(holders[name], name, "decline", {"reason": "no"}),
        ]
        return list(await asyncio.gather(*clicks, *acts))

    for name in names:
        world.breach(name, rep_id=holders[name])
    fights = [asyncio.create_task(fight(name)) for name in names]
    await asyncio.gather(world.read(), world.drain(), *fights)
    for name, task in zip(names, fights, strict=True):
        answers = task.result()
        assert {answer.status_code for answer in answers} <= {200, 409, 404}
        lost = [answer.json()["detail"] for answer in answers if answer.status_code == 409]
        assert all(lost), "a loser was told nothing"
        routed = world.routed(name)
        rounds = [each.round for each in routed if each.kind == "assigned"]
        assert rounds == sorted(set(rounds)), "a round was given twice"
        assert world.holder(name) is not None
        clicks = [answer.json() for answer in answers[:6] if answer.status_code == 200]
        assert len([each for each in clicks if each["from_rep"] != each["rep_id"]]) <= 1
    loads = await world.loads()
    assert sum(loads.values()) == len(names)


async def test_declines_above_the_number_a_week_wait_for_a_word(world: World) -> None:
    document = rulebook({**{name: rep(name.title(), capacity=9) for name in ("ana", "bea")}, **SCHOOL})
    document["agreement"]["sales"]["declines_a_week"] = 1
    await world.publish_rulebook(document)
    await world.take("a", "b", "c", "d", "e", "f")
    mine = [name for name in "abcdef" if world.holder(name) == "ana"]
    free = await world.act("ana", mine[0], "decline", {"reason": "Porto", "code": "wrong_territory"})
    assert free.json()["state"] == "taken_back", "one of the wrong territory counts"
    assert (await world.act("ana", mine[1], "decline", {"reason": "no"})).json()["state"] == "taken_back"
    asked = await world.act("ana", mine[2], "decline", {"reason": "no", "code": "no_time"})
    again = await world.act("ana", mine[2], "decline", {"reason": "no", "code": "no_time"})
    assert asked.json() == again.json()
    assert asked.status_code == again.status_code == 202, "it is asked, not done"
    assert (asked.json()["act"], asked.json()["state"]) == ("asked_to_decline", "assigned")
    assert world.holder(mine[2]) == "ana"
    [waiting] = (await world.operate("GET", "/v1/declines")).json()["declines"]
    assert (waiting["rep_id"], waiting["code"], waiting["team"]) == ("ana", "no_time", "north")
    assert waiting["accept_by"] is not None, "its promise runs on"
    path = f"/v1/declines/{waiting['id']}"
    done = await post(world, f"{path}/confirm", "rosa")
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "confirmed", "rosa")
    assert (await post(world, f"{path}/confirm", "rosa")).json() == done.json()
    assert (await post(world, f"{path}/refuse", "marta")).status_code == 409
    assert world.holder(mine[2]) == "bea"
    assert [event.code for event in world.progressed(mine[2])] == ["no_time"]
    assert (await world.operate("GET", "/v1/declines")).json()["declines"] == []


async def test_a_refused_decline_leaves_the_lead_and_tells_the_rep_by_whom(world: World) -> None:
    document = rulebook()
    document["agreement"]["sales"]["declines_a_week"] = 0
    await world.publish_rulebook(document)
    await world.take("ada")
    await world.act("ana", "ada", "decline", {"reason": "no"})
    [waiting] = (await world.operate("GET", "/v1/declines")).json()["declines"]
    assert (await post(world, f"/v1/declines/{waiting['id']}/refuse", "rosa")).json()["state"] == "refused"
    again = await world.act("ana", "ada", "decline", {"reason": "no"})
    assert again.status_code == 409
    assert "rosa refused your decline" in again.json()["detail"]
    assert (await world.act("ana", "ada", "accept")).status_code == 200
    assert (await post(world, f"/v1/declines/{uuid4()}/confirm", "rosa")).status_code == 404


async def test_a_lock_ends_with_the_round_whose_decline_is_confirmed(world: World) -> None:
    document = rulebook()
    document["agreement"]["sales"]["declines_a_week"] = 0
    await world.publish_rulebook(document)
    await world.take("ada")
    await world.act("ana", "ada", "decline", {"reason": "no"})
    await order(world, "ada", "lock", by="rosa")
    [waiting] = (await world.operate("GET", "/v1/declines")).json()["declines"]
    assert (await post(world, f"/v1/declines/{waiting['id']}/confirm", "rosa")).status_code == 200
    assert world.holder("ada") == "bea"
    found = (await world.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert (found["locked_by"], found["lock_reason"]) == (None, None)


async def test_an_sql_that_an_import_keeps_for_nurturing_is_given_by_hand_and_no_other(
    routing: World,
) -> None:
    nurture = Handling(import_id=uuid4(), mode=ImportMode.NURTURE)
    await routing.take("kept", handling=nurture)
    await routing.take("cold", stage="mql")
    refused = await order(routing, "cold", "assign", rep="bea")
    assert refused.status_code == 409
    assert "baton why" in refused.json()["instead"]
    given = await order(routing, "kept", "assign", rep="bea", round=0)
    assert (given.status_code, given.json()["rep_id"]) == (200, "bea")
    assert routing.holder("kept") == "bea"
    assert (await routing.loads())["bea"] == 1


@pytest.mark.parametrize(("code", "next_holder"), [("no_time", "bea"), ("wrong_territory", "ana")])
async def test_a_decline_uses_the_turn_unless_routing_was_wrong(
    world: World, code: str, next_holder: str
) -> None:
    reps = {name: rep(name.title(), capacity=9) for name in ("ana", "bea", "dora")}
    await world.publish_rulebook(rulebook({**reps, **SCHOOL}))
    await world.take("a", "b", "c")
    first = str(world.holder("a"))
    rest = [str(world.holder(name)) for name in "bc"]
    await world.take("d")
    assert world.holder("d") == first, "the second turn of whoever came first"
    taken = await world.act(first, "d", "decline", {"reason": "no", "code": code})
    assert taken.json()["state"] == "taken_back"
    got = str(world.holder("d"))
    assert got in rest
    await world.take("e", "f")
    owed = {str(world.holder("e")), str(world.holder("f"))}
    assert (first in owed) == (next_holder == "ana")


async def test_wrong_data_and_duplicates_are_listed_until_they_are_put_right(routing: World) -> None:
    await routing.take("ada", "bob")
    who = {name: str(routing.holder(name)) for name in ("ada", "bob")}
    await routing.act(who["ada"], "ada", "reject", {"reason": "number is a fax", "code": "wrong_data"})
    routing.clock.advance(1)
    duplicate = {"reason": "see Eva", "code": "duplicate"}
    await routing.act(who["bob"], "bob", "reject", duplicate)
    found = (await routing.operate("GET", "/v1/repairs")).json()["repairs"]
    assert [(each["kind"], each["note"], each["rep_id"]) for each in found] == [
        ("wrong_data", "number is a fax", who["ada"]),
        ("duplicate", "see Eva", who["bob"]),
    ]
    await routing.take("ada", cause="rescore", phone="+34911222333")
    left = (await routing.operate("GET", "/v1/repairs")).json()["repairs"]
    assert [each["kind"] for each in left] == ["duplicate"], "a correction takes it off the list"
    done = await post(routing, f"/v1/repairs/{left[0]['id']}/resolve", "rosa")
    assert done.json()["resolved_by"] == "rosa"
    assert (await routing.operate("GET", "/v1/repairs")).json()["repairs"] == []


async def test_a_contact_is_told_as_a_talk_or_a_try_and_by_whose_word(routing: World) -> None:
    await routing.take("ada")
    for result in ("no answer", "reached"):
        body = {"channel": "phone", "result": result, "evidence": "call-1"}
        await routing.act("ana", "ada", "contacted", body)
    told = [(event.contact, event.proof, event.evidence) for event in routing.progressed("ada")]
    assert told == [("attempt", "stated", "call-1"), ("conversation", "stated", "call-1")]


async def test_what_was_written_by_hand_goes_with_the_person(routing: World) -> None:
    await routing.take("ada")
    await order(routing, "ada", "lock")
    await routing.act("ana", "ada", "reject", {"reason": "Ada moved", "code": "wrong_data"})
    routing.erase("ada")
    await routing.read()
    found = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert [each["reason"] for each in found["orders"]] == [None]
    assert found["lock_reason"] is None
    assert (await routing.operate("GET", "/v1/repairs")).json()["repairs"] == []


SCHOOL = {"carla": rep("Carla", team="school", lines=["training"])}
