"""Leads that an import brought: behind live ones, best first, so many a day, or to their owner."""

from typing import Any
from uuid import UUID

from lead_events import Handling
from lead_events.words import CauseKind, HoldReason, ImportMode, Quadrant
from tests.integration.router.worlds import World, lead_id, rep, rulebook

FAIR = UUID(int=800)
SIX = {name: rep(name.title(), capacity=10) for name in ("ana", "bea", "carla", "dan", "eva", "fay")}


def asks_for(mode: ImportMode, **more: Any) -> Handling:
    return Handling(import_id=FAIR, mode=mode, **more)


async def import_leads(world: World, names: list[str], handling: Handling, **more: Any) -> None:
    for name in names:
        world.score(name, handling=handling, topic="lead-scored-bulk", **more)
    await world.read()


async def test_a_web_lead_is_not_behind_a_trade_fair(world: World) -> None:
    await world.publish_rulebook(rulebook(SIX))
    fair = [f"fair-{number}" for number in range(120)]
    await import_leads(world, fair, asks_for(ImportMode.NOW))
    assert await world.hand_out() == 48, "each rep keeps two of ten places for buyers who ask by themselves"
    await world.take("buyer")
    assert world.kinds("buyer") == ["assigned"]


async def test_what_frees_a_rep_goes_to_a_live_lead_that_waits(world: World) -> None:
    await world.publish_rulebook(rulebook({"ana": rep("Ana", capacity=2)}))
    await world.take("first", "second", "third")
    await import_leads(world, ["fair"], asks_for(ImportMode.NOW))
    await world.end("first")
    await world.hand_out()
    assert world.holder("third") == "ana"
    assert world.kinds("fair") == ["held"]


async def test_imported_leads_are_handed_out_best_first(world: World) -> None:
    await world.publish_rulebook(rulebook({"ana": rep("Ana", capacity=3)}))
    await import_leads(world, ["w1", "w2"], asks_for(ImportMode.NOW), quadrant=Quadrant.WARM)
    await import_leads(world, ["p1", "p2"], asks_for(ImportMode.NOW), quadrant=Quadrant.PERFECT)
    await world.hand_out()
    assert [world.kinds(name)[-1] for name in ("p1", "p2", "w1", "w2")] == [
        "assigned",
        "assigned",
        "held",
        "held",
    ]


async def test_so_many_a_day_and_rep_and_more_on_the_next_working_day(world: World) -> None:
    names = [f"fair-{number}" for number in range(10)]
    paced = asks_for(ImportMode.PACED, per_rep_daily=2)
    await world.publish_rulebook(rulebook({"ana": rep("Ana", capacity=20), "bea": rep("Bea", capacity=20)}))
    await import_leads(world, names, paced)
    assert await world.hand_out() == 4
    assert await world.hand_out() == 0
    last = next(world.routed(name)[-1] for name in names if world.holder(name) is None)
    assert last.hold_reason is HoldReason.PACED
    assert "best first" in last.why
    world.clock.advance(24 * 3600)
    assert await world.hand_out() == 4
    assert await world.loads() == {"ana": 4, "bea": 4}


async def test_a_lead_keeps_the_owner_of_the_file(routing: World) -> None:
    await import_leads(routing, ["hers"], asks_for(ImportMode.OWNER, owner="BEA@example.com "))
    await routing.hand_out()
    assert routing.holder("hers") == "bea"


async def test_an_owner_who_is_away_is_waited_for_and_nobody_else_is(routing: World) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await import_leads(routing, ["hers"], asks_for(ImportMode.OWNER, owner="bea"))
    await import_leads(routing, ["his"], asks_for(ImportMode.OWNER, owner="ana"))
    await routing.hand_out()
    assert routing.kinds("hers") == ["held"]
    assert routing.holder("his") == "ana"


async def test_an_owner_nobody_knows_is_no_owner(routing: World) -> None:
    await import_leads(routing, ["left"], asks_for(ImportMode.OWNER, owner="somebody@left.example"))
    await import_leads(routing, ["elsewhere"], asks_for(ImportMode.OWNER, owner="carla"))
    await routing.hand_out()
    assert {routing.holder("left"), routing.holder("elsewhere")} == {"ana", "bea"}


async def test_imported_to_be_nurtured_is_not_routed_until_the_buyer_asks(routing: World) -> None:
    await import_leads(routing, ["later"], asks_for(ImportMode.NURTURE))
    await routing.hand_out()
    lead = (await routing.operate("GET", f"/v1/leads/{lead_id('later')}")).json()
    assert lead["state"] == "nurturing"
    await routing.take("later", cause=CauseKind.EXPLICIT_ASK)
    assert routing.kinds("later") == ["assigned"]


async def test_a_buyer_who_asks_meanwhile_leaves_the_lane_of_imports(world: World) -> None:
    await world.publish_rulebook(rulebook({"ana": rep("Ana", capacity=1)}))
    await import_leads(world, ["fair"], asks_for(ImportMode.PACED, per_rep_daily=1))
    await world.take("fair", cause=CauseKind.EXPLICIT_ASK)
    assert world.kinds("fair") == ["held", "assigned"]


async def test_a_test_lead_reaches_a_rep_marked_as_one(routing: World) -> None:
    await routing.take("try", is_test=True)
    [mine] = await routing.mine("ana")
    assert mine["is_test"] is True
