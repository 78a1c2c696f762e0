"""Deadlines follow a rep's hours while they run; those of the past are what they were."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.integration.router.worlds import World, lead_id, rulebook

TODAY, TOMORROW = "2026-03-03", "2026-03-04"
AT_HANDOFF = {"accept_by": "2026-03-03T09:30:00Z", "respond_by": "2026-03-03T10:00:00Z"}
MOVED = {"accept_by": "2026-03-04T08:30:00Z", "respond_by": "2026-03-04T09:00:00Z"}

Change = Callable[[World], Awaitable[None]]


async def absent(world: World) -> None:
    """Ana is away today."""
    absence = {"first_day": TODAY, "last_day": TODAY}
    await world.operate("PATCH", "/v1/reps/ana", json={"absences": [absence]})


async def holiday(world: World) -> None:
    """A version of the rulebook makes today a holiday."""
    document = rulebook()
    document["calendars"]["office"]["holidays"] = [TODAY]
    await world.publish_rulebook(document, version=2)


changes = pytest.mark.parametrize("change", [absent, holiday])


async def rounds(world: World) -> list[dict[str, Any]]:
    lead = (await world.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    return [{name: row[name] for name in AT_HANDOFF} for row in lead["assignments"]]


@changes
async def test_the_current_rounds_deadlines_follow_the_calendar(routing: World, change: Change) -> None:
    await routing.take("ada")
    assert await rounds(routing) == [AT_HANDOFF]
    await change(routing)
    assert await rounds(routing) == [MOVED]
    [mine] = await routing.mine("ana")
    assert {name: mine[name] for name in MOVED} == MOVED


@changes
async def test_those_of_a_round_that_has_ended_stay(routing: World, change: Change) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    await change(routing)
    assert (await rounds(routing))[0] == AT_HANDOFF


@changes
async def test_one_that_was_kept_stays_and_the_next_moves(routing: World, change: Change) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "accept")
    await change(routing)
    assert await rounds(routing) == [{**MOVED, "accept_by": AT_HANDOFF["accept_by"]}]


@changes
async def test_one_that_has_passed_stays_before_anybody_said_so(routing: World, change: Change) -> None:
    await routing.take("ada")
    routing.clock.advance(1801)
    await change(routing)
    assert await rounds(routing) == [{**MOVED, "accept_by": AT_HANDOFF["accept_by"]}]


@changes
async def test_one_that_fired_is_the_one_that_held_then(world: World, change: Change) -> None:
    document = rulebook()
    document["agreement"]["sales"]["max_rounds"] = 1
    await world.publish_rulebook(document)
    await world.take("ada")
    world.clock.advance(1810)
    world.breach("ada", rep_id="ana")  # due now, as sla-monitor held it
    await world.read()
    await change(world)
    assert (await rounds(world))[0]["accept_by"] == "2026-03-03T09:30:10Z"
    [mine] = await world.mine("ana")
    assert mine["breached_at"] is not None


async def test_more_hours_make_a_deadline_that_has_not_passed_earlier(routing: World) -> None:
    await absent(routing)
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.operate("PATCH", "/v1/reps/ana", json={"absences": []})
    await routing.take("ada")
    absence = {"first_day": TODAY, "last_day": TOMORROW}
    await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [absence]})
    assert (await rounds(routing))[0]["accept_by"] == "2026-03-05T08:30:00Z"
    await routing.operate("PATCH", "/v1/reps/ana", json={"absences": []})
    assert await rounds(routing) == [AT_HANDOFF]
