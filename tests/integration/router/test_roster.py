"""The roster as data: reps come, change and go by the API; each change is kept, and no buyer waits for it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from router.absentees import Absentees
from router.books import Books
from router.handlers.reoffer import ReofferHandler
from router.roster import RepReader
from service_kit.unit import Unit
from tests.integration.router.worlds import TUESDAY_10, World, lead_id, rep, rulebook

DAN = {
    "id": "dan",
    "name": "Dan",
    "email": "dan@example.com",
    "team": "north",
    "calendar": "office",
    "languages": ["es", "en"],
    "skills": ["enterprise"],
    "capacity": 6,
    "per_day": 3,
    "per_week": 9,
    "ramp_up": {"first_day": "2026-03-02", "weeks": 4, "start": 0.5},
    "own_hours": {"tue": [["09:00", "13:00"]]},
    "notify": [{"channel": "slack", "to": "U123", "secret": None, "member": None}],
    "texts": "pt",
    "crm_id": "0055",
}


async def rep_of(world: World, name: str) -> dict[str, Any]:
    response = await world.operate("GET", f"/v1/reps/{name}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def changes_of(world: World, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.operate("GET", f"/v1/reps/{name}/changes")).json()["changes"]
    return found


async def away(world: World, name: str, **body: str) -> dict[str, Any]:
    response = await world.operate("POST", f"/v1/reps/{name}/absences", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_rep_is_added_with_every_field_and_takes_what_waits(routing: World) -> None:
    await routing.take(*"abcde")
    response = await routing.operate("POST", "/v1/reps", json=DAN)
    assert response.status_code == 201, response.text
    found = response.json()
    assert {name: found[name] for name in DAN} == DAN
    assert (found["open"], found["time_zone"], found["revision"]) == (0, "Europe/Madrid", 1)
    assert await routing.drain() == 1
    assert routing.holder("e") == "dan"
    told = routing.availability()[-1]
    assert (told.rep_id, told.calendar["week"]) == ("dan", {"tue": [["09:00", "13:00"]]})
    (change,) = await changes_of(routing, "dan")
    assert (change["before"], change["after"]["capacity"], change["changed_by"]) == ({}, 6, "operator")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("id", "ana", "ana is in the roster already"),
        ("team", "south", "there is no 'south'; write one of north, school"),
        ("calendar", "night", "there is no 'night'; write one of office"),
        ("lines", ["main", "boats"], "there is no 'boats'; write one of main, training"),
        ("email", "dan", "'dan' is no e-mail address"),
        ("email", "ANA@example.com", "is also the address of ana"),
        ("own_hours", {"mon": [["18:00", "09:99"]]}, "own_hours.mon[0][1]: '09:99' is not a time"),
        ("own_hours", {"someday": []}, "someday"),
        ("languages", ["Spanish!"], "languages"),
        ("per_day", 0, "per_day"),
        ("notify", [{"channel": "pigeon"}], "channel"),
        ("notify", [{"channel": "slack"}], "add `to:` with the id of a member or channel"),
        ("notify", [{"channel": "webhook", "to": "https://x.example"}], "add `secret: NAME`"),
        ("nickname", "D", "nickname"),
    ],
)
async def test_a_rep_that_cannot_be_is_refused_with_what_to_write(
    routing: World, field: str, value: object, says: str
) -> None:
    response = await routing.operate("POST", "/v1/reps", json={**DAN, field: value})
    assert response.status_code == 422, response.text
    assert says in response.text
    assert len(routing.availability()) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "a@b\0.com"}, "email"),
        ({"notify": [{"channel": "slack", "to": "U1\0"}]}, "notify[0]`: holds a zero character"),
        ({"absences": [{"first_day": "2026-03-05"}]}, "`absences[0].last_day`"),
        ({"absences": [{"first_day": "2026-03-05", "last_day": "2026-03-04"}]}, "swap the two"),
        (
            {"absences": [{"from": "2026-03-05T10:00:00", "until": "2026-03-05T11:00:00Z"}]},
            "`absences[0].from`",
        ),
        ({"absences": [{"from": "2026-03-05T10:00:00Z"}]}, "`absences[0].until`"),
        (
            {"absences": [{"first_day": "2026-03-05", "last_day": "2026-03-05"}] * 10_000},
            "at most 400 entries",
        ),
        ({"absences": ["2026-03-05"]}, "absences[0]"),
    ],
)
async def test_what_cannot_be_changed_is_told_of_the_field_and_of_nothing_else(
    routing: World, change: dict[str, Any], says: str
) -> None:
    response = await routing.operate("PATCH", "/v1/reps/ana", json=change)
    assert response.status_code == 422, response.text
    assert says in response.json()["detail"]
    assert "function-after" not in response.text
    assert (await rep_of(routing, "ana"))["revision"] == 1


async def test_why_somebody_is_away_is_for_who_may_say_so_and_not_for_who_only_reads(routing: World) -> None:
    await away(routing, "ana", until="2026-03-05", reason="surgery")
    wishes = [("dashboard", ["roster:read"]), ("assistant", ["roster:read", "roster:away"])]
    seen = []
    for name, scopes in wishes:
        wish = {"name": name, "role": "machine", "scopes": scopes}
        token = (await routing.operate("POST", "/v1/tokens", json=wish)).json()["token"]
        async with routing.client() as client:
            headers = {"Authorization": f"Bearer {token}"}
            answers = [await client.get(path, headers=headers) for path in ("/v1/reps", "/v1/reps/ana")]
        assert [each.status_code for each in answers] == [200, 200]
        assert all("2026-03-06T00:00:00+01:00" in each.text for each in answers), "when is for both"
        seen.append(["surgery" in each.text for each in answers])
    assert seen == [[False, False], [True, True]]


async def test_each_change_is_kept_with_what_was_before_by_whom_and_when(routing: World) -> None:
    for change in ({"weight": 3}, {"weight": 3}, {"per_day": 5, "skills": ["enterprise"]}, {"per_day": None}):
        async with routing.client() as client:
            headers = {"Authorization": "Bearer operator-token", "X-Operator": "eva"}
            response = await client.patch("/v1/reps/ana", headers=headers, json=change)
        assert response.status_code == 200, response.text
    last, middle, first, _ = await changes_of(routing, "ana")
    assert (first["before"], first["after"]) == ({"weight": 1}, {"weight": 3})
    assert middle["before"] == {"per_day": None, "skills": []}
    assert middle["after"] == {"per_day": 5, "skills": ["enterprise"]}
    assert (last["before"], last["after"]) == ({"per_day": 5}, {"per_day": None})
    assert {each["changed_by"] for each in (first, middle, last)} == {"eva"}
    assert datetime.fromisoformat(first["changed_at"]) == TUESDAY_10
    assert (await routing.operate("GET", "/v1/reps/nobody/changes")).status_code == 404


async def test_who_changes_teams_takes_leads_of_the_new_team(routing: World) -> None:
    await routing.take(*"abcd")
    await routing.take("waits")
    response = await routing.operate("PATCH", "/v1/reps/carla", json={"team": "north", "lines": ["main"]})
    assert response.status_code == 200, response.text
    assert await routing.drain() == 1
    assert routing.holder("waits") == "carla"


@pytest.mark.parametrize(
    ("needs", "change"),
    [
        ({"language": "required"}, {"languages": ["es", "ro"]}),
        ({"skills": ["tenders"]}, {"skills": ["tenders"]}),
    ],
)
async def test_who_learns_what_a_lead_waits_for_gets_it_and_keeps_it_when_they_forget(
    world: World, needs: dict[str, Any], change: dict[str, Any]
) -> None:
    book = rulebook()
    book["routing"]["pools"]["north"] |= needs
    await world.publish_rulebook(book)
    await world.take("waits", language="ro")
    assert world.routed("waits")[-1].hold_reason == "needs_unmet"
    await world.operate("PATCH", "/v1/reps/ana", json=change)
    assert await world.drain() == 1
    await world.operate("PATCH", "/v1/reps/ana", json={field: [] for field in change})
    await world.drain()
    assert (world.holder("waits"), world.kinds("waits")) == ("ana", ["held", "assigned"])


async def test_own_hours_close_a_rep_and_null_gives_them_the_calendar_again(routing: World) -> None:
    hours = {"mon": [["09:00", "18:00"]]}
    await routing.operate("PATCH", "/v1/reps/ana", json={"own_hours": hours})
    await routing.take("a", "b")
    assert {routing.holder(name) for name in "ab"} == {"bea"}
    document = rulebook()
    document["calendars"]["office"]["holidays"] = ["2026-03-09"]
    await routing.publish_rulebook(document, version=2)
    told = [event for event in routing.availability() if event.rep_id == "ana"][-1]
    assert told.calendar["week"] == hours, "a calendar that changes leaves own hours as they are"
    assert "2026-03-09" in told.calendar["holidays"]
    await routing.operate("PATCH", "/v1/reps/ana", json={"own_hours": None})
    assert (await rep_of(routing, "ana"))["own_hours"] is None
    await routing.take("c")
    assert routing.holder("c") == "ana"


async def test_what_the_rulebook_seeds_is_data_afterwards(world: World) -> None:
    ramp = {"first_day": "2026-03-02", "weeks": 2, "start": 0.5}
    seeded = {"per_day": 4, "ramp_up": ramp, "skills": ["x"], "texts": "ro", "crm_id": "7", "per_week": None}
    document = rulebook({"ana": rep("Ana", **seeded)})
    document["roster"]["teams"]["north"]["lead"] = "ana"
    document["routing"]["pools"] = {"north": {"name": "North", "team": "north"}}
    document["routing"]["plans"] = {line: {"fallback": "north"} for line in ("main", "training")}
    await world.publish_rulebook(document)
    assert {name: (await rep_of(world, "ana"))[name] for name in seeded} == seeded
    await world.operate("PATCH", "/v1/reps/ana", json={"per_day": 9})
    await world.operate("PUT", "/v1/teams/north", json={"name": "Northern", "lead": "ana"})
    document["roster"]["reps"]["ana"]["per_day"] = 2
    await world.publish_rulebook(document, version=2)
    assert (await rep_of(world, "ana"))["per_day"] == 9
    teams = (await world.operate("GET", "/v1/teams")).json()["teams"]
    assert teams[0] == {"id": "north", "name": "Northern", "lead": "ana", "notify": []}


async def test_a_team_without_such_a_lead_is_refused(routing: World) -> None:
    response = await routing.operate("PUT", "/v1/teams/north", json={"name": "North", "lead": "nobody"})
    assert response.status_code == 422
    assert "no rep 'nobody'" in response.text
    made = await routing.operate("PUT", "/v1/teams/east", json={"name": "East", "lead": "bea"})
    assert made.json() == {"id": "east", "name": "East", "lead": "bea", "notify": []}
    moved = await routing.operate("PATCH", "/v1/reps/bea", json={"team": "east"})
    assert moved.json()["team"] == "east"


async def test_an_absence_entered_late_reoffers_what_is_unanswered_and_lists_the_rest(routing: World) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("answered", "waiting")
    await routing.act("ana", "answered", "accept")
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    routing.clock.advance(300)
    done = await away(routing, "ana", until="2026-03-03", reason="gastritis")
    assert done["reoffered"] == [str(lead_id("waiting"))]
    assert [each["lead_id"] for each in done["stay"]] == [str(lead_id("answered"))]
    assert done["rep"]["away_until"] == "2026-03-04T00:00:00+01:00"
    assert routing.holder("waiting") == "bea"
    assert routing.kinds("waiting") == ["assigned", "taken_back", "assigned"]
    left = (await routing.operate("GET", "/v1/teams/north/unattended")).json()["leads"]
    assert [(each["lead_id"], each["rep_id"]) for each in left] == [(str(lead_id("answered")), "ana")]
    assert "gastritis" not in str(await changes_of(routing, "ana")), "why is not kept for good"
    assert await routing.loads() == {"ana": 1, "bea": 1, "carla": 0}


async def test_an_absence_to_come_leaves_nothing_to_decide_today(routing: World) -> None:
    await routing.take("mine")
    rep = routing.holder("mine")
    assert rep is not None
    done = await away(routing, rep, **{"from": "2030-01-07", "until": "2030-01-11"})
    assert (done["reoffered"], done["stay"]) == ([], [])


async def test_what_nobody_else_could_ever_take_stays_with_who_is_away(world: World) -> None:
    await world.publish_rulebook(rulebook({"ana": rep("Ana"), "carla": rep("Carla", team="school")}))
    await world.take("only")
    done = await away(world, "ana", until="2026-03-04")
    assert (done["reoffered"], [each["lead_id"] for each in done["stay"]]) == ([], [str(lead_id("only"))])
    assert world.kinds("only") == ["assigned"]
    await world.operate("POST", "/v1/reps", json={**DAN, "own_hours": None})
    world.clock.advance(60)
    await world.wiring.absentees.look()
    await world.runtime.published()
    assert world.holder("only") == "dan", "somebody came who can take it"


async def test_an_absence_that_was_planned_reoffers_when_it_begins(routing: World) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("waiting")
    done = await away(routing, "ana", **{"from": "2026-03-03T10:30", "until": "2026-03-03T12:00"})
    assert done["reoffered"] == []
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    await routing.wiring.absentees.look()
    assert routing.kinds("waiting") == ["assigned"]
    routing.clock.advance(1800)
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    assert routing.holder("waiting") == "bea"


async def test_who_is_back_takes_leads_again(routing: World) -> None:
    await away(routing, "ana", **{"from": "2026-03-02", "until": "2026-03-06"})
    await away(routing, "ana", **{"from": "2026-08-01", "until": "2026-08-15"})
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("ada")
    assert routing.routed("ada")[0].hold_reason == "nobody_open"
    routing.clock.advance(60)
    response = await routing.operate("POST", "/v1/reps/ana/back")
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["away_until"] is None
    assert [each.get("last_day") for each in found["absences"]] == [None, "2026-08-15"]
    assert await routing.drain() == 1
    assert routing.holder("ada") == "ana"


async def test_a_planned_absence_is_taken_back_and_nobody_s_other_one_with_it(routing: World) -> None:
    await away(routing, "ana", **{"from": "2026-08-03", "until": "2026-08-14"})
    await away(routing, "ana", **{"from": "2026-12-21", "until": "2026-12-31"})
    at_work = {"from": "2026-08-01", "until": "2026-08-31"}
    response = await routing.operate("POST", "/v1/reps/ana/back", json=at_work)
    assert response.status_code == 200, response.text
    assert [each["first_day"] for each in response.json()["absences"]] == ["2026-12-21"]
    for body, says in (
        (at_work, "ana is not away then"),
        ({"from": "2026-08-31", "until": "2026-08-01"}, "swap the two"),
        ({"until": "soon"}, "write a day such as"),
        ({"to": "2026-08-01"}, "to"),
    ):
        refused = await routing.operate("POST", "/v1/reps/ana/back", json=body)
        assert (refused.status_code, says in refused.text) == (422, True), refused.text
    (change, *_) = await changes_of(routing, "ana")
    assert [each["first_day"] for each in change["before"]["absences"]] == ["2026-08-03", "2026-12-21"]


async def test_who_has_left_gets_nothing_and_keeps_no_unanswered_lead(routing: World) -> None:
    await routing.take("a", "b")
    mine = next(name for name in "ab" if routing.holder(name) == "ana")
    await routing.operate("PATCH", "/v1/reps/bea", json={"capacity": 1})
    response = await routing.operate("POST", "/v1/reps/ana/left")
    assert response.status_code == 200, response.text
    assert (response.json()["reoffered"], response.json()["stay"]) == ([str(lead_id(mine))], [])
    assert routing.routed(mine)[-1].kind.value == "held"
    assert (await rep_of(routing, "ana"))["is_active"] is False
    assert not routing.availability()[-1].is_active
    again = await routing.operate("PATCH", "/v1/reps/ana", json={"is_active": True})
    assert again.json()["left_at"] is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"until": "tomorrow"}, "write a day such as 2026-03-03"),
        ({"until": "2026-03-02"}, "write a later moment as until"),
        ({"from": "2026-03-05", "until": "2026-03-04"}, "swap the two"),
        ({"from": "2026-03-05", "until": "9999-12-31"}, "write a day such as"),
        ({"until": "2026-03-04", "reason": "\x00"}, "reason"),
        ({}, "until"),
    ],
)
async def test_an_absence_that_makes_no_sense_says_what_to_write(
    routing: World, body: dict[str, str], says: str
) -> None:
    response = await routing.operate("POST", "/v1/reps/ana/absences", json=body)
    assert response.status_code == 422, response.text
    assert says in response.text


async def test_parts_of_days_may_replace_absences_too(routing: World) -> None:
    part = {"from": "2026-03-03T14:00:00+01:00", "until": "2026-03-03T16:00:00+01:00", "reason": "x"}
    response = await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [part]})
    assert response.status_code == 200, response.text
    (start, end) = routing.availability()[-1].calendar["absences"][0]
    assert datetime.fromisoformat(start) == datetime(2026, 3, 3, 13, tzinfo=UTC)
    assert datetime.fromisoformat(end) - datetime.fromisoformat(start) == timedelta(hours=2)


async def test_a_yes_and_an_absence_at_one_moment_end_with_one_owner(routing: World) -> None:
    for name in ("ana", "bea"):
        await routing.operate("PATCH", f"/v1/reps/{name}", json={"capacity": 50})
    names = [f"lead{number}" for number in range(12)]
    await routing.take(*names)
    mine = [name for name in names if routing.holder(name) == "ana"]
    acts = [routing.act("ana", name, "accept") for name in mine]
    gone, *answers = await asyncio.gather(away(routing, "ana", until="2026-03-03"), *acts)
    accepted = {
        str(lead_id(name)) for name, each in zip(mine, answers, strict=True) if each.status_code == 200
    }
    assert {each.status_code for each in answers} <= {200, 409}
    assert accepted.isdisjoint(gone["reoffered"])
    assert accepted | set(gone["reoffered"]) == {str(lead_id(name)) for name in mine}
    loads = await routing.loads()
    assert loads["ana"] == len(accepted)
    assert loads["ana"] + loads["bea"] == len(names)


async def test_a_team_lead_is_told_once_of_what_stays_with_who_is_away(routing: World) -> None:
    told: list[tuple[str, list[UUID]]] = []

    async def tell(unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
        told.append((rep, list(leads)))

    handler = ReofferHandler(Books(), RepReader(), tell)
    absentees = Absentees(routing.runtime, handler)
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("answered", "waiting")
    await routing.act("ana", "answered", "accept")
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    absence = {"first_day": "2026-03-03", "last_day": "2026-03-03"}
    await routing.operate("PATCH", "/v1/reps/ana", json={"absences": [absence]})
    for _ in range(3):
        await absentees.look()
    assert told == [("ana", [lead_id("answered")])]
    assert routing.holder("waiting") == "bea"


async def test_a_rep_says_of_themselves_that_they_are_away_and_back(routing: World) -> None:
    headers = {"Authorization": f"Bearer {await routing.token('ana')}"}
    async with routing.client() as client:
        gone = await client.post("/v1/me/absences", headers=headers, json={"until": "2026-03-03"})
        assert gone.status_code == 201, gone.text
        me = (await client.get("/v1/me", headers=headers)).json()
        assert (me["id"], me["away_until"]) == ("ana", "2026-03-04T00:00:00+01:00")
        assert (await client.post("/v1/me/back", headers=headers)).json()["away_until"] is None
        assert (await client.get("/v1/me")).status_code == 401
    assert [each["changed_by"] for each in await changes_of(routing, "ana")][:2] == ["ana", "ana"]
