"""A change of the plan: which open leads follow it, listed before and done after."""

from typing import Any

from router.main import wire
from tests.integration.router.worlds import World, lead_id, rep, rulebook


def plan(pool: str, open_leads: str) -> dict[str, Any]:
    """Everything goes to this pool."""
    reps = {name: rep(name.title(), capacity=2) for name in ("ana", "bea")}
    document = rulebook(reps)
    document["routing"] = {
        "pools": {"one": {"name": "One", "reps": ["ana"]}, "two": {"name": "Two", "reps": ["bea"]}},
        "plans": {"main": {"fallback": pool}, "training": {"fallback": pool}},
        "open_leads": open_leads,
    }
    return document


async def change(world: World, open_leads: str) -> int:
    """Three leads of pool one, of which Ana has accepted the first and the last waits; then all go to two."""
    await world.publish_rulebook(plan("one", open_leads))
    await follow(world)
    for name in ("begun", "unanswered", "waiting"):
        await world.take(name)
    accepted = await world.act("ana", "begun", "accept")
    assert accepted.status_code == 200, accepted.text
    await world.publish_rulebook(plan("two", open_leads), 2)
    return await follow(world)


async def follow(world: World) -> int:
    """How many passes it took."""
    passes = 0
    while await world.runtime.in_transaction(world.wiring.moves.follow):
        passes += 1
    await world.runtime.published()
    return passes


async def held_by(world: World) -> dict[str, str | None]:
    await world.drain()
    return {name: world.holder(name) for name in ("begun", "unanswered", "waiting")}


async def test_by_default_every_lead_stays_with_its_rep_and_what_waits_follows(world: World) -> None:
    await change(world, "stay")
    assert await held_by(world) == {"begun": "ana", "unanswered": "ana", "waiting": "bea"}


async def test_the_unanswered_may_move(world: World) -> None:
    await change(world, "move_unanswered")
    assert await held_by(world) == {"begun": "ana", "unanswered": "bea", "waiting": "bea"}
    assert world.kinds("unanswered") == ["assigned", "taken_back", "assigned"]


async def test_all_may_move(world: World) -> None:
    await change(world, "move_all")
    found = await held_by(world)
    assert sorted(name for name, holder in found.items() if holder == "bea") != ["waiting"]
    assert "ana" not in found.values()
    assert await world.loads() == {"ana": 0, "bea": 2}


async def test_they_move_once_and_a_restart_goes_on_where_it_was(world: World) -> None:
    await change(world, "move_unanswered")
    before = len(world.routed())
    assert await follow(world) == 0
    assert len(world.routed()) == before
    answer = (await world.operate("GET", "/v1/routing/changes")).json()["changes"]
    assert [(each["version"], each["moved"]) for each in answer] == [(2, 2), (1, 0)]


async def test_what_would_move_is_listed_before_and_nothing_changes(world: World) -> None:
    await world.publish_rulebook(plan("one", "stay"))
    await follow(world)
    for name in ("begun", "unanswered", "waiting"):
        await world.take(name)
    await world.act("ana", "begun", "accept")
    before = len(world.routed())
    draft = {"rulebook": plan("two", "move_unanswered")}
    answer = await world.operate("POST", "/v1/routing/moves", json=draft)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    reasons = {each["lead_id"]: (each["reason"], each["goes"]) for each in found["moves"]}
    assert reasons == {
        str(lead_id("begun")): ("begun", False),
        str(lead_id("unanswered")): ("unanswered", True),
        str(lead_id("waiting")): ("waiting", True),
    }
    assert found["counts"] == {"begun": 1, "unanswered": 1, "waiting": 1}
    assert {each["why"] for each in found["moves"]} >= {
        "One -> Two (rule fallback): its rep has not answered yet, and it moves"
    }
    assert len(world.routed()) == before


async def test_a_draft_that_cannot_be_used_is_refused_in_words(world: World) -> None:
    await world.publish_rulebook(plan("one", "stay"))
    answer = await world.operate("POST", "/v1/routing/moves", json={"rulebook": {"company": "x"}})
    assert answer.status_code == 422
    assert "baton check" in answer.json()["detail"]


async def test_a_third_plan_takes_over_what_the_second_left(world: World) -> None:
    await world.publish_rulebook(plan("one", "move_all"))
    await follow(world)
    await world.take("lead")
    await world.publish_rulebook(plan("two", "move_all"), 2)
    await world.publish_rulebook(plan("one", "move_all"), 3)
    await follow(world)
    assert world.holder("lead") == "ana"
    assert world.kinds("lead") == ["assigned"], "it never left"


async def test_a_plan_prepared_for_later_moves_leads_at_its_moment_by_whichever_router_runs(
    world: World,
) -> None:
    await world.publish_rulebook(plan("one", "move_all"))
    await follow(world)
    for name in ("first", "second"):
        await world.take(name)
    await world.publish_rulebook(plan("two", "move_all"), 2, in_seconds=3600)
    await follow(world)
    assert [world.holder(name) for name in ("first", "second")] == ["ana", "ana"]
    world.clock.advance(3600)
    restarted = wire(world.runtime, world.settings).moves
    while await world.runtime.in_transaction(restarted.follow):
        pass
    await world.runtime.published()
    assert [world.holder(name) for name in ("first", "second")] == ["bea", "bea"]
    assert await follow(world) == 0, "the router of before finds it done"
    why = world.routed("first")[-1].why
    assert "taken back from Ana, as version 2 of the rulebook has another pool for it" in why


async def test_a_plan_withdrawn_before_its_moment_moves_nothing(world: World) -> None:
    await world.publish_rulebook(plan("one", "move_all"))
    await follow(world)
    await world.take("lead")
    await world.publish_rulebook(plan("two", "move_all"), 2, in_seconds=3600)
    await world.publish_rulebook(plan("one", "move_all"), 3, in_seconds=3600)
    world.clock.advance(3600)
    await follow(world)
    await world.take("next")
    assert [world.holder(name) for name in ("lead", "next")] == ["ana", "ana"]
    assert world.kinds("lead") == ["assigned"]
