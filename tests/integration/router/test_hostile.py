"""Out of order, at the same time, twice, and at the edges of what can be written."""

import asyncio
from typing import Any

import pytest

from lead_events.words import Stage
from tests.integration.router.worlds import World, lead_id, rep, rulebook


async def effects(world: World, topic: str) -> dict[str, int]:
    hops = (await world.operate("GET", "/v1/conservation")).json()["hops"]
    return next(hop["effects"] for hop in hops if hop["topic"] == topic)


@pytest.mark.parametrize("first", ["accept", "decline", "breach"])
async def test_accept_decline_and_breach_at_once_leave_one_answer(routing: World, first: str) -> None:
    await routing.take("ada")
    await routing.token("ana")
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana")
    moves: dict[str, Any] = {
        "accept": lambda: routing.act("ana", "ada", "accept"),
        "decline": lambda: routing.act("ana", "ada", "decline", {"reason": "no"}),
        "breach": routing.read,
    }
    order = sorted(moves, key=lambda name: name != first)
    answers = await asyncio.gather(*(moves[name]() for name in order))
    codes = {name: answer.status_code for name, answer in zip(order, answers, strict=True) if answer}
    assert set(codes.values()) <= {200, 409}
    assert list(codes.values()).count(200) <= 1
    assert sum((await routing.loads()).values()) == 1
    assert routing.holder("ada") == ("ana" if codes["accept"] == 200 else "bea")
    assert [event.seq for event in routing.routed("ada")] == list(range(1, len(routing.routed("ada")) + 1))


async def test_an_older_state_after_a_newer_one_changes_nothing(routing: World) -> None:
    await routing.take("ada", seq=5, stage=Stage.MQL)
    await routing.take("ada", seq=4)
    await routing.take("ada", seq=3, topic="lead-scored-bulk")
    assert routing.kinds("ada") == []
    await routing.take("ada", seq=9)
    await routing.take("ada", seq=7, stage=Stage.MQL)
    assert routing.kinds("ada") == ["assigned"]
    assert await effects(routing, "lead-scored") == {
        "nurturing": 1,
        "stale": 1,
        "assigned": 1,
        "asked_again": 1,
    }


async def test_a_breach_after_the_acceptance_or_of_another_reps_round_takes_nothing(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    await routing.act("ana", "ada", "accept")
    routing.breach("ada", rep_id="ana")
    routing.breach("ada", rep_id="bea")
    routing.breach("ada", rep_id="ana", round_=2)
    await routing.read()
    assert routing.holder("ada") == "ana"
    assert await effects(routing, "sla-breached") == {"breach_accepted_meanwhile": 1, "breach_round_over": 2}


async def test_a_breach_told_twice_takes_a_lead_back_once(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    for _ in range(2):
        routing.breach("ada", rep_id="ana")
    await routing.read()
    assert routing.kinds("ada") == ["assigned", "taken_back", "assigned"]
    assert await effects(routing, "sla-breached") == {"reassigned": 1, "breach_round_over": 1}


async def test_a_rep_who_goes_keeps_the_leads_they_have_and_gets_none(routing: World) -> None:
    await routing.take("a")
    await routing.operate("PATCH", "/v1/reps/ana", json={"is_active": False})
    for name in "bcd":
        await routing.take(name)
    assert [routing.holder(name) for name in "abcd"] == ["ana", "bea", "bea", None]
    assert (await routing.act("ana", "a", "accept")).status_code == 200
    await routing.end("a")
    assert await routing.drain() == 0
    await routing.operate("PATCH", "/v1/reps/ana", json={"is_active": True})
    assert await routing.drain() == 1
    assert routing.holder("d") == "ana"


async def test_a_capacity_lowered_below_the_load_gives_nothing_until_there_is_room(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.operate("PATCH", "/v1/reps/ana", json={"capacity": 1})
    await routing.operate("PATCH", "/v1/reps/bea", json={"capacity": 0})
    await routing.take("waiting")
    mine = [name for name in "abcd" if routing.holder(name) == "ana"]
    await routing.end(mine[0])
    assert await routing.drain() == 0
    await routing.end(mine[1])
    assert await routing.drain() == 1
    assert await routing.loads() == {"ana": 1, "bea": 2, "carla": 0}


async def test_nobody_with_a_share_is_an_empty_pool_until_somebody_has_one(routing: World) -> None:
    for name in ("ana", "bea"):
        await routing.operate("PATCH", f"/v1/reps/{name}", json={"weight": 0})
    await routing.take("ada")
    assert routing.routed("ada")[0].hold_reason == "pool_empty"
    await routing.operate("PATCH", "/v1/reps/bea", json={"weight": 3})
    assert await routing.drain() == 1
    assert routing.holder("ada") == "bea"


async def test_a_lead_nobody_could_take_keeps_its_place_once_somebody_can(routing: World) -> None:
    for name in ("ana", "bea"):
        await routing.operate("PATCH", f"/v1/reps/{name}", json={"weight": 0})
    await routing.take("first")
    assert routing.routed("first")[0].hold_reason == "pool_empty"
    await routing.operate("PATCH", "/v1/reps/bea", json={"weight": 1, "capacity": 1})
    routing.clock.advance(1)
    await routing.take("second")
    assert routing.routed("second")[0].hold_reason == "queue_ahead"
    assert await routing.drain() == 1
    assert routing.holder("first") == "bea"


async def test_of_two_lines_in_one_pool_the_better_lead_goes_first(world: World) -> None:
    document = rulebook({"ana": rep("Ana", lines=["main", "training"], capacity=1)})
    document["routing"]["pools"] = {"north": {"name": "North", "team": "north"}}
    document["routing"]["plans"] = {line: {"fallback": "north"} for line in ("main", "training")}
    await world.publish_rulebook(document)
    for line, other in (("main", "training"), ("training", "main")):
        await world.take(f"first-{line}", line=line)
        world.clock.advance(60)
        await world.take(f"warm-{other}", line=other, quadrant="warm")
        world.clock.advance(60)
        await world.take(f"perfect-{line}", line=line)
        await world.end(f"first-{line}")
        assert await world.drain() == 1
        assert world.holder(f"perfect-{line}") == "ana"
        await world.end(f"perfect-{line}")
        assert await world.drain() == 1
        await world.end(f"warm-{other}")


@pytest.mark.parametrize(
    "wake_at",
    ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2027-01-10", "soon", 1e18, 10**30, None],
)
async def test_a_wake_up_that_no_clock_reaches_is_refused(routing: World, wake_at: object) -> None:
    await routing.take("ada")
    body = {"reason": "later", "wake_at": wake_at}
    response = await routing.act("ana", "ada", "recycle", body)
    assert response.status_code == 422, response.text
    assert "wake_at" in response.text
    assert routing.progressed() == []


@pytest.mark.parametrize("size", [501, 60_000, 1_000_000])
async def test_a_huge_reason_is_refused_with_its_limit(routing: World, size: int) -> None:
    await routing.take("ada")
    response = await routing.act("ana", "ada", "decline", {"reason": "x" * size})
    assert response.status_code in (413, 422)
    assert len(response.text) < 2000
    assert "500" in response.text or response.status_code == 413
    assert routing.holder("ada") == "ana"


@pytest.mark.parametrize(
    "absence",
    [
        {"first_day": "2026-03-01", "last_day": "9999-12-31"},
        {"first_day": "0001-01-01", "last_day": "2026-03-01"},
    ],
)
async def test_an_absence_beyond_any_calendar_is_refused(routing: World, absence: dict[str, str]) -> None:
    response = await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [absence]})
    assert response.status_code == 422, response.text
    assert len(routing.availability()) == 3


async def test_a_second_value_of_an_outcome_is_an_act_of_its_own(routing: World) -> None:
    await routing.take("ada")
    first = {"result": "opportunity", "value": {"minor": 100_000, "currency": "EUR"}}
    more = {"result": "opportunity", "value": {"minor": 500_000, "currency": "EUR"}}
    for body in (first, first, more, more):
        assert (await routing.act("ana", "ada", "outcome", body)).status_code == 200
        routing.clock.advance(1)
    told = [event.outcome for event in routing.progressed()]
    values = [outcome.value.minor for outcome in told if outcome is not None and outcome.value is not None]
    assert values == [100_000, 500_000]


async def test_one_key_in_two_requests_at_once_is_one_act(routing: World) -> None:
    await routing.take("ada")
    await routing.token("ana")
    body = {"channel": "phone", "result": "no_answer"}
    answers = await asyncio.gather(*(routing.act("ana", "ada", "contacted", body, key="k") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert len(routing.progressed("ada")) == 1


async def test_the_lead_of_another_rep_cannot_be_told_from_none(routing: World) -> None:
    await routing.take("ada")
    theirs = await routing.act("carla", "ada", "outcome", {"result": "won"})
    nobodys = await routing.act("carla", "none", "outcome", {"result": "won"})
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace(str(lead_id("ada")), "") == nobodys.text.replace(str(lead_id("none")), "")
