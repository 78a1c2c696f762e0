"""Versions of the rulebook change while leads wait and news of earlier moments is still coming in."""

from typing import Any

from lead_events.words import CauseKind, Stage
from tests.integration.router.worlds import World, rep, rulebook


def two_pools(north: list[str], spare: list[str]) -> dict[str, Any]:
    document = rulebook({name: rep(name.title(), team="school", capacity=1) for name in ("ana", "bea")})
    document["routing"]["pools"] = {
        "north": {"name": "North", "reps": north},
        "spare": {"name": "Spare", "reps": spare},
    }
    document["routing"]["plans"] = {
        "main": {
            "rules": [{"id": "big", "when": "lead.employees > 1000", "pool": "spare"}],
            "fallback": "north",
        }
    }
    return document


async def test_a_lead_held_by_an_old_version_goes_to_whom_the_new_one_knows(world: World) -> None:
    await world.publish_rulebook(two_pools(["ana"], ["ana"]))
    await world.take("ada")
    before = world.clock.now()
    world.clock.advance(60)
    await world.publish_rulebook(two_pools(["ana", "bea"], ["ana"]), version=2)
    await world.drain()
    world.score("late", time=before)
    await world.read()
    assert world.routed("late")[0].rulebook_version == 1
    assert world.kinds("late") == ["held"]
    assert await world.drain() == 1
    assert world.holder("late") == "bea"


async def test_a_rep_freed_by_old_news_is_found_by_the_pools_of_the_new_version(world: World) -> None:
    await world.publish_rulebook(two_pools(["ana", "bea"], ["bea"]))
    await world.take("ada")
    assert world.holder("ada") == "ana"
    world.clock.advance(1800)
    before = world.clock.now()
    world.clock.advance(60)
    await world.publish_rulebook(two_pools(["ana", "bea"], ["ana"]), version=2)
    await world.take("big", employees=5000)
    assert world.kinds("big") == ["held"]
    while await world.drain():
        pass
    world.breach("ada", rep_id="ana", time=before)
    await world.read()
    assert world.holder("ada") == "bea"
    assert await world.drain() == 1
    assert world.holder("big") == "ana"


async def test_new_reps_and_moved_hours_wait_until_their_version_takes_effect(routing: World) -> None:
    document = rulebook()
    document["roster"]["reps"]["dan"] = rep("Dan")
    document["calendars"]["office"]["holidays"] = ["2026-03-03"]
    await routing.publish_rulebook(document, version=2, in_seconds=3600)
    await routing.drain()
    await routing.take("a", "b", "c", "d")
    assert {routing.holder(name) for name in "abcd"} == {"ana", "bea"}
    assert len(routing.availability()) == 3
    routing.clock.advance(3600)
    await routing.drain()
    assert [event.rep_id for event in routing.availability()[3:]] == ["ana", "bea", "carla", "dan"]
    await routing.take("e")
    assert routing.routed("e")[0].hold_reason == "nobody_open"


async def test_an_older_version_that_arrives_later_moves_nobodys_hours(routing: World) -> None:
    older, newer = rulebook(), rulebook()
    older["calendars"]["office"]["holidays"] = ["2026-03-03"]
    newer["calendars"]["office"]["holidays"] = ["2026-03-04"]
    routing.clock.advance(60)
    await routing.publish_rulebook(newer, version=3)
    await routing.publish_rulebook(older, version=2, in_seconds=-30)
    await routing.drain()
    await routing.take("ada")
    assert routing.kinds("ada") == ["assigned"]
    assert routing.routed("ada")[0].rulebook_version == 3


async def test_a_pool_that_a_new_version_drops_gives_its_leads_to_the_rules(world: World) -> None:
    document = two_pools(["ana"], ["bea"])
    await world.publish_rulebook(document)
    await world.take("one", "waiting")
    assert [world.kinds(name) for name in ("one", "waiting")] == [["assigned"], ["held"]]
    del document["routing"]["pools"]["north"]
    document["routing"]["plans"]["main"] = {"fallback": "spare"}
    await world.publish_rulebook(document, version=2)
    await world.drain()
    assert world.holder("waiting") == "bea"


async def test_a_rep_whose_named_calendar_or_absence_makes_no_sense_refuses_the_version(
    routing: World,
) -> None:
    document = rulebook()
    document["roster"]["reps"]["dan"] = rep(
        "Dan", absences=[{"first_day": "2026-03-01", "last_day": "9999-12-31"}]
    )
    await routing.publish_rulebook(document, version=2)
    await routing.take("ada")
    assert routing.routed("ada")[0].rulebook_version == 1
    hops = (await routing.operate("GET", "/v1/conservation")).json()["hops"]
    [hop] = [hop for hop in hops if hop["topic"] == "rulebook-published"]
    assert hop["effects"] == {"rulebook_stored": 1, "rulebook_refused": 1}


async def test_asks_in_one_batch_count_for_the_rules_as_they_do_one_by_one(world: World) -> None:
    document = two_pools(["ana"], ["bea"])
    document["routing"]["plans"]["main"]["rules"] = [{"id": "asked", "when": "asks", "pool": "spare"}]
    await world.publish_rulebook(document)
    world.score("ada", stage=Stage.MQL, cause=CauseKind.EXPLICIT_ASK)
    world.score("ada", cause=CauseKind.DECAY)
    await world.read()
    assert world.holder("ada") == "bea"
