"""Faults and figures of other systems, through the running service; where that folder lies next to the
repository."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sla_monitor.test_kinds import MINUTE, only
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "working_time.json"
OURS = {"wt-019": "2014-03-09T10:00:01Z", "wt-167": "2016-11-09T09:26:36Z"}
"""Where the source decided otherwise than our policies."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def due_cases() -> list[dict[str, Any]]:
    """Those that ask when something is due; a promise of no time at all is none."""
    if not CASES.exists():
        pytest.skip("shared/cases/working_time.json is not next to this repository")
    found = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return [case for case in found if case["kind"].startswith("due") and case["input"]["seconds"]]


async def test_every_due_time_of_the_shared_cases_is_the_due_time_of_a_breach(world: World) -> None:
    cases = due_cases()
    leads = {case["id"]: a_lead() for case in cases}
    teams = {case["id"]: only(accept_within=f"{case['input']['seconds']}s") for case in cases}
    pauses = {"holiday": ["accept"]}
    world.publish_rulebook(promises={}, teams=teams, warn_at=[], pauses=pauses)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for case in cases:
            lead, start = leads[case["id"]], datetime.fromisoformat(case["input"]["start"])
            world.assigned(lead, at=start, calendar=case["calendar"], team=case["id"])
            for begin, end in case["input"].get("pauses", ()):
                at = datetime.fromisoformat(begin)
                world.acted(lead, "paused", at=at, code="holiday", until=datetime.fromisoformat(end))
        await world.up_to(consumer, MONDAY_9 + timedelta(days=30))
    due = {event.team: event.due_at for event in world.out("sla-breached")}
    expected = {
        case["id"]: datetime.fromisoformat(OURS.get(case["id"], case["expected"]["due"])) for case in cases
    }
    assert len(expected) > 50
    assert due == expected


async def test_a_lunch_break_is_no_holiday(world: World) -> None:
    lead = a_lead()
    calendar = {
        "tz": "UTC",
        "week": {day: [["09:00", "18:00"]] for day in WEEKDAYS},
        "breaks": {day: [["13:00", "14:00"]] for day in WEEKDAYS},
    }
    world.publish_rulebook(promises=only(accept_within="1h"))
    friday = MONDAY_9 + timedelta(days=4, hours=3.5)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(friday)
        world.assigned(lead, calendar=calendar)
        await world.up_to(consumer, friday + 119 * MINUTE)
        assert world.out("sla-breached") == []
        await world.up_to(consumer, friday + 120 * MINUTE)
    assert [event.due_at for event in world.out("sla-breached")] == [friday + 120 * MINUTE]


async def test_an_end_of_day_at_midnight_does_not_count_the_day_after(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="24h"))
    midnight = MONDAY_9.replace(hour=0) + timedelta(days=7)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(midnight)
        world.assigned(lead, calendar={"tz": "UTC", "week": {"mon": [["00:00", "23:59"]]}})
        await world.read_all(consumer)
    (row,) = await world.query("SELECT due_at FROM timers")
    assert row["due_at"] == midnight + timedelta(days=7, minutes=1)


async def test_a_thousand_runs_after_a_breach_say_it_once_and_each_reminder_once(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="15m"), reminders={"every": "10m", "at_most": 2})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.read_all(consumer)
        for minutes in (15, 25, 35, 45):
            world.at(MONDAY_9 + minutes * MINUTE + MARGIN)
            await world.read_all(consumer)
            for _ in range(250):
                await world.fire()
    assert len(world.out("sla-breached")) == 1
    assert [event.number for event in world.out("sla-reminded")] == [1, 2]


async def test_a_lead_moved_to_a_team_without_that_target_breaks_no_old_one(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="5m"), teams={"queue-b": {}})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead, team="queue-a")
        await world.up_to(consumer, MONDAY_9 + 2 * MINUTE)
        world.assigned(lead, team="queue-b", round=2, rep_id="rep-joao", at=MONDAY_9 + 2 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 600 * MINUTE)
        rows = await world.query("SELECT round, state, ended_kind, ended_at FROM timers")
    assert rows == [
        {"round": 1, "state": "cancelled", "ended_kind": "assigned", "ended_at": MONDAY_9 + 2 * MINUTE}
    ]
    assert world.out("sla-breached") == []
