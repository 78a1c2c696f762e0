"""What follows from warnings and breaches."""

from typing import Any
from uuid import uuid4

import pytest

from lead_events.words import TimerKind
from router.metrics import UNOWNED_BREACHES
from tests.integration.router.worlds import World, lead_id, rep, rulebook


async def test_a_missed_acceptance_gives_the_lead_to_the_next_rep(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert routing.kinds("ada") == ["assigned", "taken_back", "assigned"]
    assert routing.holder("ada") == "bea"
    assert "did not accept" in routing.routed("ada")[1].why
    assert await routing.loads() == {"ana": 0, "bea": 1, "carla": 0}
    refused = await routing.act("ana", "ada", "accept")
    assert "not accepted in time" in refused.json()["state"]


async def effects(world: World) -> dict[str, int]:
    hops = (await world.operate("GET", "/v1/conservation")).json()["hops"]
    return next(hop["effects"] for hop in hops if hop["topic"] == "sla-breached")


async def test_a_breach_of_a_round_that_is_over_is_recorded(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert routing.holder("ada") == "bea"
    assert await effects(routing) == {"breach_round_over": 1}


async def test_a_contacted_lead_is_not_taken_back(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert await effects(routing) == {"breach_contacted_meanwhile": 1}


async def test_other_promises_are_only_shown(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    routing.warn("ada", rep_id="ana")
    await routing.read()
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is not None
    assert mine["warned_at"] is not None
    assert await effects(routing) == {"breach_not_to_reassign": 1}


async def test_a_rep_whose_hours_left_time_keeps_the_lead(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1200)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert await effects(routing) == {"breach_time_left": 1}
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is None, "it is no breach of theirs, and will be withdrawn"


async def test_of_a_promise_with_time_left_no_team_lead_is_told(routing: World) -> None:
    """The rep fell ill before it was due, and the monitor had not heard of it when it spoke."""
    await routing.take("ada")
    await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "no_answer"})
    opened = routing.clock.now()
    ill = {"first_day": "2026-03-03", "last_day": "2026-03-03"}
    routing.clock.advance(600)
    changed = await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [ill]})
    assert changed.status_code == 200, changed.text
    routing.clock.advance(3000)
    routing.breach("ada", rep_id="ana", kind=TimerKind.NEXT_ATTEMPT, opened_at=opened, target_seconds=1800)
    await routing.read()
    assert await effects(routing) == {"breach_time_left": 1}


async def test_the_last_round_stays_where_it_is(world: World) -> None:
    document = rulebook()
    document["agreement"]["sales"]["max_rounds"] = 1
    await world.publish_rulebook(document)
    await world.take("ada")
    world.clock.advance(1800)
    world.breach("ada", rep_id="ana")
    await world.read()
    assert await effects(world) == {"breach_last_round": 1}


async def test_it_goes_round_so_often_and_then_the_team_lead_decides(world: World) -> None:
    """Bea leads the team; three sell, and two rounds are agreed."""
    document = agreed(max_rounds=2)
    document["roster"]["reps"]["dora"] = rep("Dora")
    await world.publish_rulebook(document)
    await world.take("ada")
    had = []
    for round_ in (1, 2):
        had.append(world.holder("ada") or "")
        world.clock.advance(1800)
        world.breach("ada", rep_id=had[-1], round_=round_)
        await world.read()
    assert len(set(had)) == 2
    assert world.holder("ada") == had[-1], "Dora could have it, and the team lead decides"
    assert await told(world, "ada") == [("reassigned", None), ("breach_last_round", "bea")]


async def test_a_pool_of_one_keeps_the_lead(world: World) -> None:
    await world.publish_rulebook(rulebook({"ana": rep("Ana"), "carla": rep("Carla", team="school")}))
    await world.take("ada")
    world.clock.advance(1800)
    world.breach("ada", rep_id="ana")
    await world.read()
    assert await effects(world) == {"breach_nobody_else": 1}


async def test_a_full_pool_takes_the_lead_back_and_holds_it(routing: World) -> None:
    for name in ("a", "b", "c", "d"):
        await routing.take(name)
    routing.clock.advance(1800)
    routing.breach("a", rep_id="ana")
    await routing.read()
    assert routing.kinds("a") == ["assigned", "taken_back", "held"]
    assert await routing.end("b") == "bea"
    assert await routing.drain() == 1
    assert routing.routed("a")[-1].round == 2
    assert routing.holder("a") == "bea"


async def test_news_of_an_unknown_lead_makes_a_stub_that_the_lead_fills(routing: World) -> None:
    routing.breach("ada", rep_id="ana")
    await routing.read()
    await routing.take("ada")
    assert routing.kinds("ada") == ["assigned"]


def agreed(**sales: object) -> dict[str, Any]:
    """An agreement that says more, and a team with a lead."""
    document = rulebook({"ana": rep("Ana"), "bea": rep("Bea"), "carla": rep("Carla", team="school")})
    document["agreement"]["sales"] |= sales
    document["roster"]["teams"]["north"]["lead"] = "bea"
    return document


async def told(world: World, name: str) -> list[tuple[str, str | None]]:
    timers = (await world.operate("GET", f"/v1/leads/{lead_id(name)}")).json()["timers"]
    return [(each["effect"], each["told"]) for each in timers]


async def answer_missed(world: World, name: str, result: str | None) -> None:
    """Ana says yes, perhaps tries to reach the buyer, and the hour of the first response passes."""
    await world.take(name)
    await world.act("ana", name, "accept")
    if result is not None:
        await world.act("ana", name, "contacted", {"channel": "phone", "result": result})
    world.clock.advance(3600)
    world.breach(name, rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await world.read()


async def test_an_accepted_lead_without_response_stays_and_its_team_lead_is_told(world: World) -> None:
    await world.publish_rulebook(agreed())
    await answer_missed(world, "ada", None)
    assert world.holder("ada") == "ana"
    assert await told(world, "ada") == [("breach_not_to_reassign", "bea")]


async def test_it_goes_on_where_the_agreement_says_so(world: World) -> None:
    await world.publish_rulebook(agreed(reassign_on_response_breach=True))
    await answer_missed(world, "ada", None)
    assert world.holder("ada") == "bea"
    assert await told(world, "ada") == [("reassigned", None)]


async def test_where_only_a_talk_is_a_response_a_try_is_none(world: World) -> None:
    await world.publish_rulebook(agreed(reassign_on_response_breach=True, first_response="conversation"))
    await answer_missed(world, "ada", "no_answer")
    assert world.holder("ada") == "bea"


async def test_by_default_a_try_is_a_response(world: World) -> None:
    await world.publish_rulebook(agreed(reassign_on_response_breach=True))
    await answer_missed(world, "ada", "left_message")
    assert await told(world, "ada") == [("breach_contacted_meanwhile", None)]


def counted() -> float:
    return next(iter(UNOWNED_BREACHES.collect())).samples[0].value


async def test_a_breach_that_nobody_is_named_to_hear_of_is_counted(world: World) -> None:
    await world.publish_rulebook()
    before = counted()
    await answer_missed(world, "ada", None)
    assert await told(world, "ada") == [("breach_not_to_reassign", None)]
    assert counted() == before + 1


async def test_how_fast_a_rep_answers_is_learned_from_the_first_contact(world: World) -> None:
    await world.publish_rulebook()
    await world.take("ada")
    world.clock.advance(600)
    for result in ("reached", "no_answer"):
        await world.act("ana", "ada", "contacted", {"channel": "phone", "result": result})
        world.clock.advance(600)
    async with world.runtime.database.acquire() as conn:
        assert await conn.fetchval("SELECT pace_seconds FROM reps WHERE id = 'ana'") == 600


async def test_a_breach_that_is_taken_back_is_shown_no_more(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    breach = routing.breach("ada", rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await routing.read()
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is not None
    routing.clock.advance(1)
    routing.withdraw("ada", breach, rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await routing.read()
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is None
    timers = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()["timers"]
    assert [(each["level"], each["effect"]) for each in timers] == [
        ("breached", "breach_not_to_reassign"),
        ("withdrawn", "withdrawal"),
    ]


async def test_a_breach_that_still_stands_is_shown_beside_one_taken_back(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana", kind=TimerKind.OUTCOME)
    await routing.read()
    [before] = await routing.mine("ana")
    routing.clock.advance(60)
    other = routing.breach("ada", rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await routing.read()
    routing.withdraw("ada", other, rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await routing.read()
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] == before["breached_at"]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "the withdrawal long before"])
async def test_nothing_follows_from_a_breach_that_is_taken_back_already(
    routing: World, together: bool
) -> None:
    await routing.take("ada")
    routing.clock.advance(1800)
    told = uuid4()
    routing.withdraw("ada", told, rep_id="ana", kind=TimerKind.ACCEPT)
    if not together:
        await routing.read()
    routing.breach("ada", rep_id="ana", identity=told)
    await routing.read()
    assert routing.holder("ada") == "ana"
    assert await effects(routing) == {"breach_withdrawn": 1}
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is None
