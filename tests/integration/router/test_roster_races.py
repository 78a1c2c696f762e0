"""The roster under hands that meet: two operators, a rulebook beside an operator, a calendar that moves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.router.test_roster import DAN, away, changes_of, rep_of
from tests.integration.router.worlds import World, rep, rulebook


async def rows(world: World, columns: str) -> dict[str, Any]:
    async with world.runtime.database.acquire() as conn:
        return {row["id"]: row for row in await conn.fetch(f"SELECT id, {columns} FROM reps")}


async def add(world: World, **more: Any) -> tuple[int, str]:
    response = await world.operate("POST", "/v1/reps", json={**DAN, **more})
    return response.status_code, response.text


async def test_of_two_who_add_one_id_one_is_told_that_it_is_taken(routing: World) -> None:
    one, two = await asyncio.gather(
        add(routing, name="One", email="one@example.com"), add(routing, name="Two", email="two@example.com")
    )
    assert sorted((one[0], two[0])) == [201, 422]
    assert "dan is in the roster already" in max(one, two)[1]
    assert len(await changes_of(routing, "dan")) == 1


async def test_two_who_come_with_one_address_are_not_both_let_in(routing: World) -> None:
    answers = await asyncio.gather(
        add(routing, id="one", team="north"),
        add(routing, id="two", team="school"),
        routing.operate("PATCH", "/v1/reps/carla", json={"email": DAN["email"]}),
    )
    codes = [answers[0][0], answers[1][0], answers[2].status_code]
    assert sorted(code >= 400 for code in codes) == [False, True, True], codes
    addresses = [row["email"] for row in (await rows(routing, "email")).values()]
    assert addresses.count(str(DAN["email"])) == 1


async def test_a_rep_of_the_rulebook_who_comes_meanwhile_is_not_added_twice(world: World) -> None:
    await world.publish_rulebook()
    seeded = rulebook()
    seeded["roster"]["reps"]["dan"] = rep("Dan", email="seeded@example.com")
    world.put_rulebook(seeded, version=2)
    (status, text), _ = await asyncio.gather(add(world), world.read())
    changes = await changes_of(world, "dan")
    assert len(changes) == 1
    assert (changes[0]["changed_by"], status) in (("operator", 201), ("rulebook 2", 422)), text


async def test_the_audit_says_which_rulebook_a_rep_came_with_and_that_hands_win(routing: World) -> None:
    await routing.operate("PATCH", "/v1/reps/ana", json={"weight": 3})
    again = rulebook()
    again["roster"]["reps"]["ana"]["weight"] = 7
    await routing.publish_rulebook(again, version=2)
    told = [(each["changed_by"], each["after"].get("weight")) for each in await changes_of(routing, "ana")]
    assert told == [("operator", 3), ("rulebook 1", 1)]
    assert (await rep_of(routing, "ana"))["weight"] == 3


async def test_two_operators_who_change_one_rep_lose_nothing_of_each_other(routing: World) -> None:
    changes: list[dict[str, Any]] = [{"weight": 3}, {"capacity": 9}, {"per_day": 5}, {"skills": ["x"]}]
    patched = [routing.operate("PATCH", "/v1/reps/ana", json=each) for each in changes]
    days = [f"2026-05-0{day}" for day in range(1, 6)]
    gone = [away(routing, "ana", **{"from": day, "until": day}) for day in days]
    await asyncio.gather(*patched, *gone)
    found = await rep_of(routing, "ana")
    assert {name: found[name] for each in changes for name in each} == {
        name: value for each in changes for name, value in each.items()
    }
    assert sorted(each["first_day"] for each in found["absences"]) == days


async def test_a_calendar_that_moves_to_another_zone_takes_days_of_absence_along(routing: World) -> None:
    await away(routing, "bea", **{"from": "2026-03-04", "until": "2026-03-04"})
    await routing.operate("PATCH", "/v1/reps/ana", json={"is_active": False})
    await routing.take("waits")
    assert routing.holder("waits") == "bea"
    await routing.operate("PATCH", "/v1/reps/ana", json={"is_active": True})
    moved = rulebook()
    moved["calendars"]["office"]["tz"] = "Asia/Tokyo"
    await routing.publish_rulebook(moved, version=2)
    midnight = datetime(2026, 3, 3, 15, tzinfo=UTC)
    bea = (await rows(routing, "reoffer_at, document"))["bea"]
    assert [datetime.fromisoformat(each) for each in bea["document"]["absences"][0]] == [
        midnight,
        midnight + timedelta(days=1),
    ]
    assert bea["reoffer_at"] == midnight
    routing.clock.advance((midnight - routing.clock.now()).total_seconds())
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    assert routing.kinds("waits") == ["assigned", "taken_back", "held"]


@pytest.mark.parametrize("twice", ["back", "left"])
async def test_said_twice_is_kept_once(routing: World, twice: str) -> None:
    await away(routing, "ana", until="2026-03-05")
    for _ in range(2):
        response = await routing.operate("POST", f"/v1/reps/ana/{twice}")
        assert response.status_code == 200, response.text
    assert len(await changes_of(routing, "ana")) == 3


async def test_who_has_left_is_not_back_by_a_word(routing: World) -> None:
    await routing.operate("POST", "/v1/reps/ana/left")
    response = await routing.operate("POST", "/v1/reps/ana/back")
    assert response.status_code == 422
    assert "send is_active true to take them back" in response.text


async def test_who_has_left_leads_no_team(routing: World) -> None:
    await routing.operate("PUT", "/v1/teams/north", json={"name": "North", "lead": "bea"})
    gone = await routing.operate("POST", "/v1/reps/bea/left")
    assert gone.json()["teams_without_lead"] == ["north"]
    teams = {each["id"]: each["lead"] for each in (await routing.operate("GET", "/v1/teams")).json()["teams"]}
    assert teams["north"] is None
    again = await routing.operate("PUT", "/v1/teams/north", json={"name": "North", "lead": "bea"})
    assert (again.status_code, "bea has left" in again.text) == (422, True)


async def test_who_leaves_while_leads_are_handed_out_keeps_none(routing: World) -> None:
    for name in ("ana", "bea"):
        await routing.operate("PATCH", f"/v1/reps/{name}", json={"capacity": 50})
    names = [f"lead{number}" for number in range(20)]
    for name in names:
        routing.score(name)
    await asyncio.gather(routing.read(), routing.operate("POST", "/v1/reps/ana/left"))
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    await routing.drain()
    assert {routing.holder(name) for name in names} == {"bea"}
    assert (await routing.loads())["ana"] == 0
