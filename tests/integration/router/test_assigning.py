"""From lead-scored to a rep, or to the queue."""

from datetime import UTC, datetime

from lead_events.words import CauseKind, Quadrant, Stage
from tests.integration.router.worlds import World, lead_id, rep, rulebook


async def test_a_sql_gets_a_rep_with_why_and_the_hours_that_hold(routing: World) -> None:
    await routing.take("ada")
    [event] = routing.routed("ada")
    assert (event.kind, event.round, event.seq, event.pool) == ("assigned", 1, 1, "north")
    assert event.rep is not None
    assert (event.rep.id, event.rep.name, event.rep.team) == ("ana", "Ana", "north")
    assert event.rep.calendar["tz"] == "Europe/Madrid"
    assert "2026-01-06" in event.rep.calendar["holidays"], "public holidays are written out as dates"
    assert "next in turn of 2" in event.why
    assert await routing.loads() == {"ana": 1, "bea": 0, "carla": 0}


async def test_only_sqls_are_routed(routing: World) -> None:
    await routing.take("mia", stage=Stage.MQL, quadrant=Quadrant.CURIOUS)
    assert routing.routed() == []
    lead = (await routing.operate("GET", f"/v1/leads/{lead_id('mia')}")).json()
    assert lead["state"] == "nurturing"
    await routing.take("mia")
    assert routing.holder("mia") == "ana"


async def test_turns_go_round_over_batches(routing: World) -> None:
    for name in ("a", "b", "c", "d"):
        await routing.take(name)
    assert [routing.holder(name) for name in ("a", "b", "c", "d")] == ["ana", "bea", "ana", "bea"]


async def test_an_older_state_changes_nothing(routing: World) -> None:
    await routing.take("ada", seq=5, city="Madrid")
    await routing.take("ada", seq=4, city="Lima", cause=CauseKind.RESCORE, topic="lead-scored-bulk")
    [mine] = await routing.mine("ana")
    assert mine["profile"]["city"] == "Madrid"
    assert mine["asked_again"] == 0
    assert len(routing.routed()) == 1


async def test_a_buyer_who_asks_again_stays_with_the_rep_and_shows(routing: World) -> None:
    await routing.take("ada")
    await routing.take("ada", city="Madrid")
    assert routing.kinds("ada") == ["assigned"]
    [mine] = await routing.mine("ana")
    assert (mine["asked_again"], mine["profile"]["city"]) == (1, "Madrid")


async def test_asking_twice_within_one_batch_is_one_handoff(routing: World) -> None:
    await routing.take("ada", "ada")
    assert routing.kinds("ada") == ["assigned"]
    [mine] = await routing.mine("ana")
    assert mine["asked_again"] == 1


async def test_the_same_batch_again_changes_nothing(routing: World) -> None:
    identity = lead_id("event")
    routing.score("ada", seq=1, identity=identity)
    await routing.read()
    routing.score("ada", seq=1, identity=identity)
    await routing.read()
    assert routing.kinds("ada") == ["assigned"]
    hops = (await routing.operate("GET", "/v1/conservation")).json()
    [hop] = [hop for hop in hops["hops"] if hop["topic"] == "lead-scored"]
    assert (hop["read"], hop["effects"], hop["repeats"], hop["unaccounted"]) == (2, {"assigned": 1}, 1, 0)
    assert {state: number for state, number in hops["leads"].items() if number} == {"assigned": 1}


async def test_beyond_capacity_leads_wait_and_say_why(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("e")
    assert await routing.loads() == {"ana": 2, "bea": 2, "carla": 0}
    [event] = routing.routed("e")
    assert (event.kind, event.hold_reason, event.round) == ("held", "no_capacity", 0)
    assert "at capacity" in event.why


async def test_at_night_leads_wait_for_the_next_opening(routing: World) -> None:
    routing.clock.advance(12 * 3600)
    await routing.take("ada")
    [event] = routing.routed("ada")
    assert (event.hold_reason, event.next_try_at) == ("nobody_open", datetime(2026, 3, 4, 8, 0, tzinfo=UTC))
    assert await routing.drain() == 0
    routing.clock.advance(11 * 3600)
    assert await routing.drain() == 1
    assert routing.kinds("ada") == ["held", "assigned"]
    assert [event.seq for event in routing.routed("ada")] == [1, 2]


async def test_a_line_without_a_plan_waits_for_one(routing: World) -> None:
    document = rulebook()
    await routing.take("ada", line="consulting")
    assert routing.routed("ada")[0].hold_reason == "no_rule_matched"
    document["routing"]["plans"]["consulting"] = {"fallback": "north"}
    document["roster"]["reps"]["dan"] = rep("Dan", lines=["consulting"])
    await routing.publish_rulebook(document, version=2)
    assert await routing.drain() == 1
    assert routing.holder("ada") == "dan"


async def test_leads_that_come_before_the_first_rulebook_are_kept_and_routed_by_it(world: World) -> None:
    await world.take("ada")
    assert world.routed("ada")[0].hold_reason == "no_rule_matched"
    await world.publish_rulebook()
    assert await world.drain() == 1
    assert world.holder("ada") == "ana"


async def test_a_rule_in_error_is_named_counted_and_does_not_match(routing: World) -> None:
    await routing.take("ada", employees=None)
    answer = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}/decisions")).json()
    [decision] = answer["decisions"]
    assert decision["rule"] == "fallback"
    assert decision["rule_errors"] == [{"rule": "big", "message": 'the lead has no "employees"'}]
    assert "rules in error: big" in decision["why"]


async def test_the_plans_pool_for_errors_applies_when_it_names_one(world: World) -> None:
    document = rulebook()
    document["routing"]["plans"]["main"]["on_error"] = "spare"
    await world.publish_rulebook(document)
    await world.take("ada", employees=None)
    assert world.routed("ada")[0].pool == "spare"


async def test_a_decision_record_names_every_rep_and_nothing_of_the_buyer(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("ada", city="Zaragoza")
    response = await routing.operate("GET", f"/v1/leads/{lead_id('ada')}/decisions")
    [decision] = response.json()["decisions"]
    assert [each["standing"] for each in decision["candidates"]] == ["full", "full"]
    assert (decision["kind"], decision["rulebook_version"]) == ("held", 1)
    assert "Zaragoza" not in response.text
    assert "example.com" not in response.text


async def test_a_record_outlives_its_person_and_says_nothing_of_them_where_a_rule_failed(
    world: World,
) -> None:
    document = rulebook()
    by_name = {"id": "by-name", "when": "{'ana': 'vip'}[lead.city] == 'vip'", "pool": "spare"}
    document["routing"]["plans"]["main"]["rules"] = [by_name]
    await world.publish_rulebook(document)
    await world.take("ada", city="Zaragoza")
    world.erase("ada")
    await world.read()
    response = await world.operate("GET", f"/v1/leads/{lead_id('ada')}/decisions")
    decision = response.json()["decisions"][0]
    assert (decision["kind"], decision["rep_id"]) == ("assigned", "ana")
    [error] = decision["rule_errors"]
    assert error["rule"] == "by-name"
    assert error["message"] == "there is no such key as the rule asks for by a value of the lead"
    assert "Zaragoza" not in response.text


async def test_two_lines_of_one_person_reach_two_reps_who_see_each_other(routing: World) -> None:
    routing.score("main", person="ada")
    routing.score("courses", person="ada", line="training")
    await routing.read()
    [by_ana], [by_carla] = await routing.mine("ana"), await routing.mine("carla")
    assert by_ana["other_leads"][0]["rep"] == {"id": "carla", "name": "Carla"}
    assert by_carla["other_leads"][0]["rep"] == {"id": "ana", "name": "Ana"}


async def test_assignments_show_deadlines_in_working_time(routing: World) -> None:
    routing.clock.advance(7.75 * 3600)  # 17:45 in Madrid
    await routing.take("ada")
    [mine] = await routing.mine("ana")
    assert mine["accept_by"] == "2026-03-04T08:15:00Z"
    assert mine["respond_by"] == "2026-03-04T08:45:00Z"
    assert mine["score_in_words"][0] == "fit 80 of 100, interest 70 of 100"


async def test_deadlines_move_with_the_reps_hours(routing: World) -> None:
    await routing.take("ada")
    absence = {"first_day": "2026-03-03", "last_day": "2026-03-03"}
    await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [absence]})
    [mine] = await routing.mine("ana")
    assert mine["accept_by"] == "2026-03-04T08:30:00Z"
    lead = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert lead["assignments"][0]["accept_by"] == "2026-03-04T08:30:00Z"
