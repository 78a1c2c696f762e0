"""Who knows the person, what a lead needs, pools that stand in for others, learned paces, records."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lead_events import Account, LeadRouted
from lead_events.words import AccountStanding, HoldReason
from router.domain.proof import choose_again
from router.handlers import drain
from tests.integration.router.worlds import World, lead_id, rep, rulebook
from tests.patience import HANGS_AFTER

WHOLE_DAY = [["00:00", "24:00"]]
ALWAYS = {"tz": "UTC", "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), WHOLE_DAY)}


def north(
    plan: dict[str, Any] | None = None, pool: dict[str, Any] | None = None, **reps: Any
) -> dict[str, Any]:
    """Everybody in one pool of one line, with these words in the plan and the pool."""
    document = rulebook({name: rep(name.title(), **{"capacity": 5, **given}) for name, given in reps.items()})
    document["routing"] = {
        "pools": {
            "north": {"name": "North", "reps": sorted(reps), **(pool or {})},
            "night": {"name": "Night", "reps": sorted(reps)[:1]},
        },
        "plans": {"main": {"fallback": "north", **(plan or {})}, "training": {"fallback": "night"}},
    }
    document["calendars"]["always"] = ALWAYS
    return document


def held(world: World, name: str) -> tuple[HoldReason | None, LeadRouted]:
    last = world.routed(name)[-1]
    return last.hold_reason, last


async def worked(world: World, name: str, *, person: str) -> str:
    """A lead of this person is handed out, contacted and lost; returns who had it."""
    await world.take(name, person=person)
    holder = world.holder(name)
    assert holder is not None
    response = await world.act(holder, name, "contacted", {"channel": "phone", "result": "reached"})
    assert response.status_code == 200, response.text
    return await world.end(name)


async def test_whoever_worked_a_person_gets_their_next_lead_whoevers_turn_it_is(world: World) -> None:
    await world.publish_rulebook(north(ana={}, bea={}))
    assert await worked(world, "first", person="buyer") == "ana"
    await world.take("other")
    assert world.holder("other") == "bea"
    await world.take("second", person="buyer")
    assert world.holder("second") == "ana"
    await world.take("third", person="buyer")
    assert "who knows this person from before" in world.routed("third")[-1].why


async def test_after_so_many_days_nobody_knows_the_person_any_more(world: World) -> None:
    await world.publish_rulebook(north({"owners": {"days": 7}}, ana={}, bea={}))
    await worked(world, "first", person="buyer")
    world.clock.advance(timedelta(days=7, minutes=1).total_seconds())
    await world.take("second", person="buyer")
    assert world.holder("second") == "bea"


async def test_a_lead_waits_for_who_knows_the_person_and_then_goes_to_the_pool(world: World) -> None:
    plan = {"owners": {"when_away": "wait", "wait_at_most": "4h"}}
    away = [{"first_day": "2026-03-04", "last_day": "2026-03-04"}]
    await world.publish_rulebook(north(plan, ana={"absences": away}, bea={}))
    await worked(world, "first", person="buyer")
    world.clock.advance(timedelta(days=1).total_seconds())
    await world.take("second", person="buyer")
    reason, event = held(world, "second")
    assert reason is HoldReason.WAITS_FOR_OWNER
    assert event.next_try_at == world.clock.now() + timedelta(hours=4)
    assert "Held for Ana, who knows the person, now away" in event.why
    await world.take("other")
    assert world.holder("other") == "bea", "others do not wait behind it"
    world.clock.advance(timedelta(hours=4).total_seconds())
    await world.hand_out()
    assert world.holder("second") == "bea"
    assert "Ana, who knows the person, cannot take it: away" in world.routed("second")[-1].why


async def test_a_lead_that_waits_for_somebody_goes_to_them_when_they_come_back(world: World) -> None:
    plan = {"owners": {"when_away": "wait", "wait_at_most": "2d"}}
    away = [{"first_day": "2026-03-04", "last_day": "2026-03-04"}]
    await world.publish_rulebook(north(plan, ana={"absences": away}, bea={}))
    await worked(world, "first", person="buyer")
    world.clock.advance(timedelta(days=1).total_seconds())
    await world.take("second", person="buyer")
    world.clock.advance(timedelta(days=1).total_seconds())
    await world.hand_out()
    assert world.holder("second") == "ana"


async def test_what_belonged_to_who_left_goes_to_their_team(world: World) -> None:
    document = north(
        {"owners": {"when_departed": "team"}}, ana={"team": "school"}, bea={}, carla={"team": "school"}
    )
    document["routing"]["pools"]["school"] = {"name": "School", "team": "school"}
    await world.publish_rulebook(document)
    await worked(world, "first", person="buyer")
    changed = await world.operate("PATCH", "/v1/reps/ana", json={"is_active": False})
    assert changed.status_code == 200, changed.text
    await world.take("second", person="buyer")
    assert world.holder("second") == "carla"


async def test_nobody_open_follows_the_sun(world: World) -> None:
    pool = {"reps": ["bea"], "when_nobody_open": "follow_the_sun", "then": ["night"]}
    document = north(None, pool, ana={"calendar": "always"}, bea={})
    await world.publish_rulebook(document)
    world.clock.advance(timedelta(hours=12).total_seconds())
    await world.take("late")
    assert world.holder("late") == "ana"
    assert world.routed("late")[-1].pool == "night"


async def test_what_waits_follows_the_sun_when_somebody_there_is_freed(world: World) -> None:
    pool = {"reps": ["bea"], "when_nobody_open": "follow_the_sun", "then": ["night"]}
    document = north(None, pool, ana={"calendar": "always"}, bea={})
    document["roster"]["reps"]["ana"]["capacity"] = 1
    await world.publish_rulebook(document)
    world.clock.advance(timedelta(hours=12).total_seconds())
    await world.take("first", "second")
    assert (world.holder("first"), world.holder("second")) == ("ana", None)
    await world.end("first")
    await world.drain()
    assert world.holder("second") == "ana"


async def test_first_who_opens_has_it_at_once(world: World) -> None:
    await world.publish_rulebook(north(None, {"when_nobody_open": "first_to_open"}, ana={}, bea={}))
    world.clock.advance(timedelta(hours=12).total_seconds())
    await world.take("night")
    assert world.holder("night") == "ana"
    assert "nobody is at work now, and they come first" in world.routed("night")[-1].why


async def test_a_language_nobody_speaks_goes_to_the_pool_named_for_it(world: World) -> None:
    document = north(
        {"unspoken": "night"}, {"language": "required"}, ana={"languages": ["en"]}, bea={"languages": ["es"]}
    )
    await world.publish_rulebook(document)
    await world.take("spanish", language="es")
    await world.take("finnish", language="fi")
    assert (world.holder("spanish"), world.holder("finnish")) == ("bea", "ana")
    last = world.routed("finnish")[-1]
    assert last.pool == "night"
    assert "nobody of the pool first chosen speaks its language" in last.why


async def test_what_is_preferred_is_waited_for_in_the_queue_and_blocks_nobody(world: World) -> None:
    document = north(
        None,
        {"language": "preferred", "relax_after": "10m"},
        ana={"languages": ["en"]},
        bea={"languages": ["es"], "capacity": 1},
    )
    document["roster"]["reps"]["bea"]["capacity"] = 1
    await world.publish_rulebook(document)
    await world.take("one", language="es")
    await world.take("two", language="es")
    reason, event = held(world, "two")
    assert (reason, event.next_try_at) == (HoldReason.NO_CAPACITY, world.clock.now() + timedelta(minutes=10))
    await world.take("english", language="en")
    assert world.holder("english") == "ana"
    world.clock.advance(timedelta(minutes=10).total_seconds())
    await world.drain()
    assert world.holder("two") == "ana"


async def test_freed_the_one_who_speaks_it_takes_what_waits_for_the_language(world: World) -> None:
    document = north(None, {"language": "required"}, ana={"languages": ["en"]}, bea={"languages": ["es"]})
    document["roster"]["reps"]["bea"]["capacity"] = 1
    await world.publish_rulebook(document)
    await world.take("one", language="es")
    await world.take("two", language="es")
    assert world.holder("two") is None
    await world.end("one")
    await world.drain()
    assert world.holder("two") == "bea"


@pytest.mark.parametrize("strategy", ["weighted_round_robin", "least_loaded", "longest_idle", "value_fair"])
async def test_strategies_go_on_over_batches_and_their_records_decide_again(
    world: World, strategy: str
) -> None:
    await world.publish_rulebook(north(None, {"strategy": strategy}, ana={}, bea={}, carla={}))
    names = [f"lead-{number}" for number in range(9)]
    for name in names:
        await world.take(name)
        world.clock.advance(timedelta(seconds=1).total_seconds())
    assert sorted(world.holder(name) or "" for name in names) == ["ana"] * 3 + ["bea"] * 3 + ["carla"] * 3
    for name in names:
        assert await decided_again(world, name) == [world.holder(name)]


async def decided_again(world: World, name: str) -> Sequence[str | None]:
    """Each decision about a lead, made again from its record alone, in the order they were made."""
    answer = await world.operate("GET", f"/v1/leads/{lead_id(name)}/decisions")
    assert answer.status_code == 200, answer.text
    records = answer.json()["decisions"]
    return [choose_again(each["proof"], each["members"]) for each in records if each["proof"] is not None]


async def test_the_next_lead_is_given_although_the_rep_who_was_chosen_is_gone_from_the_store(
    world: World,
) -> None:
    await world.publish_rulebook(north(ana={}, bea={}))
    await world.take("one")
    await forget_reps(world, await world.end("one"))
    await world.take("two")
    assert world.holder("two") == "bea"


CHOOSE_AGAIN = """
import json, sys
from router.domain.proof import choose_again
print(json.dumps([choose_again(each["proof"], each["members"]) for each in json.load(sys.stdin)]))
"""


async def decided_elsewhere(world: World, name: str) -> list[str | None]:
    """As `decided_again`, in a process that knows the records and nothing else."""
    answer = await world.operate("GET", f"/v1/leads/{lead_id(name)}/decisions")
    kept = [each for each in answer.json()["decisions"] if each["proof"] is not None]
    told = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CHOOSE_AGAIN],
        input=json.dumps(kept).encode(),
        capture_output=True,
        check=True,
        env={"PATH": ""},
    )
    found: list[str | None] = json.loads(told.stdout)
    return found


async def forget_reps(world: World, *names: str) -> None:
    async with world.runtime.database.transaction() as conn:
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("DELETE FROM reps WHERE id = ANY($1::text[])", list(names))


FORGOTTEN: list[tuple[str, dict[str, Any], int]] = [
    ("whose turn it is", {}, 3),
    ("who has the least in hand", {"strategy": "least_loaded"}, 3),
    ("who waited longest", {"strategy": "longest_idle"}, 3),
    ("by money", {"strategy": "value_fair"}, 3),
    ("who can answer in time", {"deadline_aware": True, "answer_takes": "45m"}, 3),
    ("of a pool too large to be kept whole", {}, 203),
]


@pytest.mark.parametrize(
    ("pool", "reps"), [case[1:] for case in FORGOTTEN], ids=[case[0] for case in FORGOTTEN]
)
async def test_a_decision_is_made_again_although_the_rep_is_gone_from_the_store(
    world: World, pool: dict[str, Any], reps: int
) -> None:
    """Of nine leads, the first of which ended before its rep was forgotten."""
    names = {f"rep{number:03}": {"weight": 1 + number % 2} for number in range(reps)}
    await world.publish_rulebook(north(None, pool, **names))
    leads = [f"lead-{number}" for number in range(9)]
    for name in leads:
        await world.take(name)
        world.clock.advance(60)
    holders = {name: world.holder(name) for name in leads}
    await world.end(leads[0])
    await forget_reps(world, *{holder for holder in holders.values() if holder is not None})
    for name in leads:
        assert (await decided_elsewhere(world, name))[0] == holders[name] is not None


async def test_who_can_still_answer_in_time_goes_before_whose_turn_it_is(world: World) -> None:
    document = north(None, {"deadline_aware": True}, ana={}, bea={"calendar": "always"})
    await world.publish_rulebook(document)
    world.clock.advance(timedelta(hours=7, minutes=55).total_seconds())  # 17:55 in Madrid
    await world.take("late")
    assert world.holder("late") == "bea"
    assert "it was the turn of Ana, who could not answer in time" in world.routed("late")[-1].why


async def test_what_waits_for_an_owner_waits_beside_nobody_else(world: World) -> None:
    document = north(None, {"strategy": "account_owner"}, ana={}, bea={})
    await world.publish_rulebook(document)
    await world.take("nobodys")
    reason, event = held(world, "nobodys")
    assert reason is HoldReason.WAITS_FOR_OWNER
    assert "gives a lead to its owner only, and no rep is its owner" in event.why
    await world.take("nobodys")
    assert world.kinds("nobodys") == ["held"], "told once"


async def test_a_lead_of_the_night_goes_to_its_owner_in_the_morning(world: World) -> None:
    document = north(None, {"strategy": "account_owner"}, ana={}, bea={})
    await world.publish_rulebook(document)
    world.clock.advance(timedelta(hours=12).total_seconds())
    account = Account(id=uuid4(), crm_id="A-1", name="Acme", standing=AccountStanding.NONE, owner="bea")
    await world.take("night", account=account)
    reason, event = held(world, "night")
    assert reason is HoldReason.WAITS_FOR_OWNER
    assert "Held for Bea, owner of its account, now outside working hours" in event.why
    world.clock.advance(timedelta(hours=12).total_seconds())
    await world.hand_out()
    assert world.holder("night") == "bea"


async def test_what_waited_for_an_owner_keeps_no_drain_going_once_its_line_has_no_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = {"owners": {"when_away": "wait", "wait_at_most": "2d"}}
    away = [{"first_day": "2026-03-04", "last_day": "2026-03-04"}]
    document = north(plan, ana={"absences": away}, bea={})
    await world.publish_rulebook(document)
    await worked(world, "first", person="buyer")
    world.clock.advance(timedelta(days=1).total_seconds())
    await world.take("second", person="buyer")
    assert held(world, "second")[0] is HoldReason.WAITS_FOR_OWNER
    del document["routing"]["plans"]["main"]
    await world.publish_rulebook(document, version=2)
    await world.hand_out()
    assert held(world, "second")[0] is HoldReason.NO_RULE_MATCHED
    world.clock.advance(timedelta(days=1).total_seconds())
    monkeypatch.setattr(drain, "AT_ONCE", 1)  # as many leads as one pass takes
    async with asyncio.timeout(HANGS_AFTER):
        await world.hand_out()
    document["routing"]["plans"]["main"] = {"fallback": "north", **plan}
    await world.publish_rulebook(document, version=3)
    await world.hand_out()
    assert world.holder("second") == "ana"


async def test_another_plan_has_who_waits_for_an_owner_look_again_some_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [{"first_day": "2026-03-04", "last_day": "2026-03-04"}]
    plan = {"owners": {"when_away": "wait", "wait_at_most": "2d"}}
    await world.publish_rulebook(north(plan, ana={"absences": away}, bea={}))
    await worked(world, "first", person="buyer")
    world.clock.advance(timedelta(days=1).total_seconds())
    names = [f"lead{number}" for number in range(3)]
    await world.take(*names, person="buyer")
    assert {held(world, name)[0] for name in names} == {HoldReason.WAITS_FOR_OWNER}
    monkeypatch.setattr(drain, "LOOK_AGAIN_AT_ONCE", 1)
    await world.publish_rulebook(north(None, ana={"absences": away}, bea={}), version=2)
    await world.hand_out()
    assert [world.holder(name) for name in names] == ["bea"] * 3


async def test_of_two_owners_who_cannot_take_it_the_first_who_can_has_what_waits(world: World) -> None:
    away = [{"first_day": "2026-03-04", "last_day": "2026-03-10"}]
    ana = {"lines": ["main", "training"], "capacity": 1}
    await world.publish_rulebook(north(None, {"reps": ["bea"]}, ana=ana, bea={"absences": away}))
    assert await worked(world, "first", person="buyer") == "bea"
    await world.take("hers", line="training")
    assert world.holder("hers") == "ana"
    world.clock.advance(timedelta(days=1).total_seconds())
    account = Account(id=uuid4(), crm_id="A-1", name="Acme", standing=AccountStanding.CUSTOMER, owner="ana")
    await world.take("second", person="buyer", account=account)
    assert held(world, "second")[0] is HoldReason.NOBODY_OPEN
    await world.end("hers")
    await world.hand_out()
    assert world.holder("second") == "ana"
