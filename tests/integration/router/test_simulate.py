"""What would be, asked of a running router: one lead, past leads by another plan, how many reps."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asyncpg.exceptions import UndefinedColumnError

from lead_events.words import Quadrant
from router.books import Books
from router.whatif.history import AT_ONCE, Histories, Ready, TooManySimulations
from router.whatif.page import page
from tests.integration.router.worlds import TUESDAY_10, World, rep, rulebook

SINCE = (TUESDAY_10 - timedelta(days=1)).isoformat()


async def told(world: World, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    response = await world.operate("POST", f"/v1/simulate{path}", json=body)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


async def rows_of_everything(world: World) -> dict[str, int]:
    async with world.runtime.database.acquire() as conn:
        names = ("leads", "assignments", "decisions", "turns", "pools", "outbox")
        return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in names}


async def some_history(world: World) -> None:
    """Six leads an hour apart, each answered ten minutes after and closed an hour later; one erased."""
    reps = {name: rep(name.title(), capacity=20) for name in ("ana", "bea")}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    await world.publish_rulebook(rulebook(reps))
    for number in range(6):
        name = f"lead-{number}"
        await world.take(name)
        world.clock.advance(600)
        holder = world.holder(name)
        assert holder is not None
        assert (await world.act(holder, name, "accept")).status_code == 200
        contacted = await world.act(holder, name, "contacted", {"channel": "phone", "result": "talked"})
        assert contacted.status_code == 200, contacted.text
        world.clock.advance(3000)
        await world.end(name)
    world.erase("lead-5")
    await world.read()


def draft(world_routing: dict[str, Any]) -> dict[str, Any]:
    """Everything to Bea."""
    return {
        "pools": {**world_routing["pools"], "one": {"name": "One", "reps": ["bea"]}},
        "plans": {"main": {"fallback": "one"}, "training": {"fallback": "courses"}},
    }


async def test_one_lead_is_decided_on_as_it_would_be_and_nothing_is_written(world: World) -> None:
    reps = {name: rep(name.title()) for name in ("ana", "bea")}
    await world.publish_rulebook(rulebook(reps))
    await world.take("first")
    before = await rows_of_everything(world)
    answers = [(await told(world, "", {"profile": {"employees": 5}}))[0] for _ in range(3)]
    assert answers[0] == answers[1] == answers[2], "nobody's turn changes"
    assert answers[0]["effect"] == "assigned"
    after = await rows_of_everything(world)
    assert after.pop("outbox") <= before.pop("outbox"), "nothing is to be told but what was before"
    assert after == before
    await world.take("second", quadrant=Quadrant.PERFECT)
    assert world.holder("second") == answers[0]["rep"]
    assert answers[0]["respond_by"] == "2026-03-03T10:00:00Z"
    assert {each["standing"] for each in answers[0]["candidates"]} == {"chosen", "available"}


async def test_what_rules_read_of_a_lead_may_stand_beside_its_score(routing: World) -> None:
    beside = (await told(routing, "", {"employees": 2000, "fit": 80}))[0]
    under = (await told(routing, "", {"profile": {"employees": 2000}, "fit": 80}))[0]
    assert beside == under
    assert beside["pool"] == "spare"


async def test_one_lead_that_would_wait_says_why_and_until_when(routing: World) -> None:
    routing.clock.advance(12 * 3600)
    answer = (await told(routing, "", {}))[0]
    assert (answer["effect"], answer["hold_reason"]) == ("held", "nobody_open")
    assert answer["next_try_at"] == "2026-03-04T08:00:00Z"


async def test_one_lead_joins_those_who_wait_and_can_be_taken(routing: World) -> None:
    for name in ("ana-1", "ana-2", "bea-1", "bea-2", "waits"):
        await routing.take(name)
    answer = (await told(routing, "", {}))[0]
    assert (answer["effect"], answer["hold_reason"]) == ("held", "no_capacity")


async def test_a_lead_of_a_line_without_a_plan_is_told_so(routing: World) -> None:
    answer = (await told(routing, "", {"line": "nothing"}))[0]
    assert (answer["effect"], answer["hold_reason"]) == ("held", "no_rule_matched")


async def test_what_is_asked_without_a_rulebook_is_refused(world: World) -> None:
    assert (await world.operate("POST", "/v1/simulate", json={})).status_code == 503


async def test_past_leads_go_through_another_plan_beside_what_happened(world: World) -> None:
    await some_history(world)
    body = {"since": SINCE, "routing": draft(rulebook()["routing"])}
    lines = await told(world, "/history", body)
    assert lines[0] == {
        "seen": 0,
        "of": 6,
        "left_out": {"leads": 6, "of_imports": 0, "found_by_reps": 0, "tests": 0, "never_routed": 0},
    }
    result = lines[-1]["result"]
    assert result["counts"] == {"leads": 6, "erased": 1}
    assert result["happened"]["by_rep"] == {"ana": 3, "bea": 3}
    assert result["current"]["by_rep"] == {"ana": 3, "bea": 3}
    assert result["draft"]["by_rep"] == {"bea": 6}
    assert result["changed_by_plan"]["pairs"] == [{"from": "ana", "to": "bea", "leads": 3}]
    assert result["happened"]["breached"] == 0
    assert 500 < result["happened"]["wait_wall"]["median"] < 700
    again = await told(world, "/history", body)
    assert again[-1] == lines[-1], "the same seed gives the same result"
    shown = page(result, period="a day")
    assert "<script" not in shown
    assert "http" not in shown.replace("http://www.w3.org/2000/svg", "")


async def test_what_was_foreseen_and_who_has_nobody_is_told_of_the_past_as_it_was(world: World) -> None:
    """At 17:55 Bea alone can answer in time; of two leads at 23:30 nobody can, and Bea has one place left."""
    whole_day = {day: [["00:00", "23:40"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    reps = {"ana": rep("Ana", capacity=1), "bea": rep("Bea", capacity=2, calendar="long")}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    document = rulebook(reps)
    document["calendars"]["long"] = {"tz": "Europe/Madrid", "week": whole_day}
    document["routing"]["pools"]["north"] |= {"deadline_aware": True, "answer_takes": "40m"}
    await world.publish_rulebook(document)
    world.clock.advance(timedelta(hours=7, minutes=55).total_seconds())
    await world.take("evening")
    assert world.holder("evening") == "bea"
    world.clock.advance(timedelta(hours=5, minutes=35).total_seconds())
    await world.take("night", "later")
    assert "a late answer is expected" in world.routed("night")[-1].why
    assert world.holder("later") is None
    world.clock.advance(1)
    result = (await told(world, "/history", {"since": SINCE}))[-1]["result"]
    past = result["happened"]
    assert (past["foreseen_late"], past["deadline_overruled_turn"]) == (1, 1)
    assert past["with_nobody"] == {"no_capacity": 1}
    assert past["by_rep"] == {"bea": 2}


async def test_what_was_taken_back_and_waits_is_nobodys(world: World) -> None:
    reps = {"ana": rep("Ana", capacity=1), "bea": rep("Bea", capacity=1)}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    await world.publish_rulebook(rulebook(reps))
    await world.take("first", "second")
    declined = world.holder("first")
    assert declined is not None
    assert (await world.act(declined, "first", "decline", {"reason": "no time"})).status_code == 200
    assert world.kinds("first")[-1] == "held"
    world.clock.advance(1)
    past = (await told(world, "/history", {"since": SINCE}))[-1]["result"]["happened"]
    assert past["by_rep"] == {world.holder("second"): 1}
    assert past["with_nobody"] == {"no_capacity": 1}


async def test_a_draft_that_cannot_be_used_is_refused_with_what_is_wrong(routing: World) -> None:
    body = {"since": SINCE, "routing": {"pools": {}, "plans": {"main": {"fallback": "nowhere"}}}}
    response = await routing.operate("POST", "/v1/simulate/history", json=body)
    assert response.status_code == 422
    assert "nowhere" in response.json()["detail"]


async def test_only_errors_of_a_draft_keep_it_from_being_used(routing: World) -> None:
    pools = {"north": {"name": "North", "team": "nroth"}}
    body = {"since": SINCE, "routing": {"pools": pools, "plans": {"main": {"fallback": "north"}}}}
    detail = (await routing.operate("POST", "/v1/simulate/history", json=body)).json()["detail"]
    assert "there is no team `nroth`" in detail
    assert "warning" not in detail


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2030-01-01T00:00:00Z", None, "still to come"),
        (SINCE, (TUESDAY_10 - timedelta(days=2)).isoformat(), "swap the two"),
    ],
)
async def test_a_time_in_which_nothing_came_is_refused(
    routing: World, since: str, until: str | None, said: str
) -> None:
    for path, more in (("history", {}), ("reps", {"pool": "north"})):
        body = {"since": since, "until": until, **more}
        response = await routing.operate("POST", f"/v1/simulate/{path}", json=body)
        assert response.status_code == 422
        assert said in response.json()["detail"]


async def test_what_a_rep_found_is_no_part_of_a_replay(routing: World) -> None:
    await routing.take("lead-0")
    routing.clock.advance(60)
    async with routing.runtime.database.acquire() as conn:
        await conn.execute("UPDATE leads SET form_id = '+own'")
    lines = await told(routing, "/history", {"since": SINCE})
    assert (lines[-1]["result"]["counts"]["leads"], lines[0]["left_out"]["found_by_reps"]) == (0, 1)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"country": "Neverland"}, "country 'Neverland' is none; write it as ES"),
        ({"language": "klingon"}, "language 'klingon' is none; write it as es"),
        ({"employees": "many"}, "employees 'many' is no number; write for example 40"),
    ],
)
async def test_what_no_rule_could_read_of_a_lead_is_refused(
    routing: World, profile: dict[str, Any], said: str
) -> None:
    response = await routing.operate("POST", "/v1/simulate", json={"profile": profile})
    assert response.status_code == 422
    assert said in response.json()["detail"]


async def test_a_country_by_its_name_is_its_code_as_from_a_form(world: World) -> None:
    document = rulebook()
    rule = {"id": "spain", "when": "has(lead.country) && lead.country == 'ES'", "pool": "spare"}
    document["routing"]["plans"]["main"]["rules"] = [rule]
    await world.publish_rulebook(document)
    found = (await world.operate("POST", "/v1/simulate", json={"country": "Spain"})).json()
    assert found["rule"] == "spain"


async def test_as_many_simulations_run_as_may_and_no_more(routing: World) -> None:
    histories = Histories(routing.runtime, Books())

    async def asked() -> Ready:
        since = TUESDAY_10 - timedelta(days=1)
        return await histories.ready_to_replay(rulebook=None, routing=None, since=since, until=None, seed=1)

    ready = await asked()
    under_way = [histories.run(ready) for _ in range(AT_ONCE)]
    for each in under_way:
        assert (await anext(each))["seen"] == 0
    with pytest.raises(TooManySimulations):
        await asked()
    for each in under_way:
        await each.aclose()
    assert await asked() == ready


async def test_a_store_that_fails_meanwhile_ends_a_simulation_with_what_was_wrong(world: World) -> None:
    await some_history(world)
    histories = Histories(world.runtime, Books())
    since = TUESDAY_10 - timedelta(days=1)
    ready = await histories.ready_to_replay(rulebook=None, routing=None, since=since, until=None, seed=1)
    async with world.runtime.database.acquire() as conn:
        await conn.execute("ALTER TABLE assignments RENAME COLUMN respond_by TO elsewhere")
    try:
        with pytest.raises(UndefinedColumnError):
            async for _ in histories.run(ready):
                pass
    finally:
        async with world.runtime.database.acquire() as conn:
            await conn.execute("ALTER TABLE assignments RENAME COLUMN elsewhere TO respond_by")


async def test_how_many_reps_a_promise_needs_is_worked_out_from_what_came(world: World) -> None:
    await some_history(world)
    lines = await told(world, "/reps", {"since": SINCE, "pool": "north", "in_time": 0.8})
    result = lines[-1]["result"]
    assert (result["now"], result["leads"]) == (2, 6)
    assert result["needed"] == 1 or result["needed"] in [each["reps"] for each in result["tried"]]
    assert all(
        each["late"]["low"] <= each["late"]["mean"] <= each["late"]["high"] for each in result["tried"]
    )


async def test_a_pool_that_is_not_there_is_named(routing: World) -> None:
    response = await routing.operate("POST", "/v1/simulate/reps", json={"since": SINCE, "pool": "south"})
    assert response.status_code == 422
    assert "north" in response.json()["detail"]
