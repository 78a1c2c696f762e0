"""A lead that has a rep stays with them; one that only waits leaves the queue once it is no SQL any more."""

import pytest

from lead_events.words import CauseKind, Quadrant, Stage
from tests.integration.router.worlds import World, lead_id


async def effects(world: World) -> dict[str, int]:
    async with world.runtime.database.acquire() as conn:
        rows = await conn.fetch("SELECT kind, sum(records)::int AS n FROM hop_counts GROUP BY kind")
    return {row["kind"].removeprefix("effect:"): row["n"] for row in rows}


async def state_of(world: World, name: str) -> tuple[str, str | None, str | None]:
    found = (await world.operate("GET", f"/v1/leads/{lead_id(name)}")).json()
    return found["state"], found["pool_id"], found["hold_reason"]


@pytest.mark.parametrize("cause", [CauseKind.DECAY, CauseKind.SIGNAL, CauseKind.RESCORE, CauseKind.ACCOUNT])
async def test_no_change_of_the_score_takes_a_lead_from_its_rep(routing: World, cause: CauseKind) -> None:
    await routing.take("ada")
    holder = routing.holder("ada")
    assert holder is not None
    await routing.take("ada", cause=cause, quadrant=Quadrant.CURIOUS, stage=Stage.MQL)
    assert routing.kinds("ada") == ["assigned"]
    (mine,) = await routing.mine(holder)
    assert (mine["quadrant"], mine["asked_again"], mine["asks"]) == ("curious", 0, [])
    assert (await state_of(routing, "ada"))[0] == "assigned"
    await routing.loads()


async def test_a_lead_that_waits_leaves_the_queue_when_it_is_no_sql_any_more(routing: World) -> None:
    await routing.take("a", "b", "c", "d", quadrant=Quadrant.PERFECT)
    await routing.take("e", quadrant=Quadrant.PERFECT)  # read by itself: the last to find no place
    assert (await state_of(routing, "e"))[:2] == ("held", "north")
    routing.score("e", cause=CauseKind.DECAY, quadrant=Quadrant.CURIOUS, stage=Stage.MQL)
    await routing.read()
    assert await state_of(routing, "e") == ("nurturing", None, None)
    last = routing.routed("e")[-1]
    assert (last.kind.value, last.pool, last.rep, last.hold_reason) == ("nurturing", "north", None, None)
    assert "curious now, and no SQL any more" in last.why
    decisions = (await routing.operate("GET", f"/v1/leads/{lead_id('e')}/decisions")).json()["decisions"]
    assert [each["kind"] for each in decisions] == ["held", "nurturing"]
    await routing.end("a")
    await routing.drain()
    assert routing.kinds("e") == ["held", "nurturing"]
    assert (await effects(routing))["left_queue"] == 1


async def test_one_that_rises_again_is_routed_again(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("e")
    await routing.take("e", cause=CauseKind.DECAY, quadrant=Quadrant.CURIOUS, stage=Stage.MQL)
    await routing.end("a")
    await routing.take("e", cause=CauseKind.SIGNAL)
    assert routing.kinds("e") == ["held", "nurturing", "assigned"]
    await routing.loads()


async def test_what_sales_was_handed_once_waits_for_the_next_rep_whatever_its_score(routing: World) -> None:
    await routing.take("ada")
    first = routing.holder("ada")
    assert first is not None
    for rep_id in ("ana", "bea"):
        await routing.operate("PATCH", f"/v1/reps/{rep_id}", json={"capacity": 1})
    await routing.take("bob")
    await routing.act(first, "ada", "decline", {"reason": "on a train"})
    assert routing.kinds("ada")[-1] == "held"
    await routing.take("ada", cause=CauseKind.DECAY, quadrant=Quadrant.CURIOUS, stage=Stage.MQL)
    assert (await state_of(routing, "ada"))[0] == "held"


async def test_a_new_ask_on_an_open_lead_is_told_to_its_rep_each_time(routing: World) -> None:
    await routing.take("ada")
    holder = routing.holder("ada")
    assert holder is not None
    routing.clock.advance(60)
    await routing.take("ada", cause=CauseKind.EXPLICIT_ASK)
    routing.clock.advance(60)
    await routing.take("ada", cause=CauseKind.SUBMISSION)
    (mine,) = await routing.mine(holder)
    assert mine["asked_again"] == 2
    assert [(each["kind"], each["form_id"]) for each in mine["asks"]] == [
        ("explicit_ask", "demo"),
        ("submission", "demo"),
    ]
    told = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()["asked_again"]
    assert [(each["rep_id"], each["round"]) for each in told] == [(holder, 1)] * 2
    assert told[0]["asked_at"] < told[1]["asked_at"]
    assert (await effects(routing))["asked_again"] == 2
    export = (await routing.operate("GET", f"/v1/persons/{lead_id('ada')}/export")).json()
    assert len(export["leads"][0]["asked_again"]) == 2


async def test_the_next_rep_sees_only_what_was_asked_in_their_round(routing: World) -> None:
    await routing.take("ada")
    first = routing.holder("ada")
    assert first is not None
    await routing.take("ada", cause=CauseKind.EXPLICIT_ASK)
    await routing.act(first, "ada", "decline", {"reason": "on a train"})
    second = routing.holder("ada")
    assert second not in (None, first)
    (mine,) = await routing.mine(str(second))
    assert (mine["asked_again"], mine["asks"]) == (0, [])


async def rate(
    world: World, rep_id: str, name: str, body: dict[str, object], key: str | None = None
) -> tuple[int, dict[str, object]]:
    answer = await world.act(rep_id, name, "rating", body, key)
    return answer.status_code, answer.json()


async def test_a_rep_rates_a_lead_they_hold_and_a_repeat_is_one_event(routing: World) -> None:
    await routing.take("ada")
    holder = str(routing.holder("ada"))
    first = await rate(routing, holder, "ada", {"rating": 5, "reason": "had a budget"})
    again = await rate(routing, holder, "ada", {"rating": 5, "reason": "had a budget"})
    assert first[0] == 200, first
    assert (again, first[1]["state"]) == (first, "assigned")
    (event,) = routing.progressed("ada")
    assert (event.kind.value, event.rating, event.reason, event.rep_id, event.round) == (
        "rated",
        5,
        "had a budget",
        holder,
        1,
    )
    await rate(routing, holder, "ada", {"rating": 2})
    assert [event.rating for event in routing.progressed("ada")] == [5, 2]
    await routing.loads()


async def test_a_closed_lead_is_rated_by_who_had_it_and_by_nobody_else(routing: World) -> None:
    await routing.take("ada")
    holder = await routing.end("ada")
    other = "bea" if holder == "ana" else "ana"
    status, answer = await rate(routing, holder, "ada", {"rating": 4})
    assert (status, answer["state"]) == (200, "closed")
    assert (await rate(routing, other, "ada", {"rating": 1}))[0] == 404
    assert [event.kind.value for event in routing.progressed("ada")] == ["outcome", "rated"]


async def test_a_rating_that_makes_no_sense_is_refused_with_what_to_write(routing: World) -> None:
    await routing.take("ada")
    holder = str(routing.holder("ada"))
    wrong: list[dict[str, object]] = [
        {"rating": 6},
        {"rating": 0},
        {"rating": "good"},
        {},
        {"rating": 3, "stars": 3},
    ]
    for body in wrong:
        status, answer = await rate(routing, holder, "ada", body)
        assert status == 422, body
        assert answer["detail"], body
    assert (await rate(routing, holder, "ada", {"rating": 3}, key="k"))[0] == 200
    assert (await rate(routing, holder, "ada", {"rating": 4}, key="k"))[0] == 422
    routing.erase("ada")
    await routing.read()
    status, answer = await rate(routing, holder, "ada", {"rating": 1})
    assert (status, answer["state"]) == (409, "erased with its person")
