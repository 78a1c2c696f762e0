"""Objections and incidents: who may say what until when, and what it changes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from sla_monitor.rhythm.store import open_matters
from tests.integration.sla_monitor.ledgers import month
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

DAY = timedelta(days=1)
BOTH_BROKEN = MONDAY_9 + timedelta(minutes=30) + MARGIN


async def _broken(world: World, lead: UUID, said_at: datetime = BOTH_BROKEN) -> None:
    """A lead whose accept and first response ran out, which is said at a moment."""
    world.publish_rulebook()
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(said_at)
        await world.read_all(consumer)
        await world.fire()


async def _object(api: httpx.AsyncClient, **more: Any) -> httpx.Response:
    body = {"about": "breach", "side": "sales", "reason": "the telephone was dead"} | more
    return await api.post("/v1/objections", json=body)


async def test_an_excused_breach_is_shown_and_says_by_what(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    await _broken(world, lead)
    made = await _object(api, lead=str(lead), kind="accept")
    assert made.status_code == 201, made.text
    decided = await api.post(f"/v1/objections/{made.json()['id']}/excuse", json={"why": "so it was"})
    assert (decided.json()["verdict"], decided.json()["decided_by"]) == ("excused", "ana")
    book = await month(world)
    assert {row.kind.value: row.excused for row in book.promises} == {
        "accept": "objection",
        "first_response": None,
    }
    (kept,) = book.objections
    assert (kept.by, kept.side, kept.verdict, kept.decided_by) == ("ana", "sales", "excused", "ana")
    (broken,) = (row for row in book.promises if row.excused)
    named = (broken.kind, broken.round, broken.rep_id, broken.due_at)
    assert (kept.kind, kept.round, kept.rep_id, kept.due_at) == named


async def test_a_breach_that_was_said_in_the_next_month_has_its_objection_in_the_month_it_was_due(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead, said_at=MONDAY_9 + 40 * DAY)
    made = await _object(api, lead=str(lead), kind="accept")
    assert made.status_code == 201, made.text
    book = await month(world)
    assert book.period.end < MONDAY_9 + 40 * DAY
    assert [each.subject for each in book.objections] == [UUID(made.json()["subject"])]


async def test_an_objection_names_the_promise_it_is_about(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    await _broken(world, lead)
    made = (await _object(api, lead=str(lead), kind="first_response")).json()
    (listed,) = (await api.get("/v1/objections")).json()["objections"]
    async with world.database.acquire() as conn:
        (waiting,) = (await open_matters(conn)).objections
    assert (str(waiting.id), waiting.kind) == (made["id"], "first_response")
    assert (await api.get("/v1/agreement/waiting")).json()["objections"] == 1
    decided = (await api.post(f"/v1/objections/{made['id']}/uphold", json={"why": "no"})).json()
    assert (await api.get("/v1/agreement/waiting")).json()["objections"] == 0
    told = [(each["kind"], each["round"], each["rep_id"]) for each in (made, listed, decided)]
    assert told == [("first_response", 1, "rep-marta")] * 3


async def test_an_upheld_objection_changes_nothing_and_stands(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    await _broken(world, lead)
    made = (await _object(api, lead=str(lead), kind="accept")).json()
    await api.post(f"/v1/objections/{made['id']}/uphold", json={"why": "it was not"})
    assert [row.excused for row in (await month(world)).promises] == [None, None]
    again = await api.post(f"/v1/objections/{made['id']}/excuse", json={"why": "still"})
    assert (again.status_code, again.json()["title"]) == (409, "It is decided already")
    second = await _object(api, lead=str(lead), kind="accept", side="marketing")
    assert (second.status_code, second.json()["objection"]) == (409, made["id"])


async def test_either_side_objects_within_the_days_of_the_agreement_of_then(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead)
    world.at(BOTH_BROKEN + 5 * DAY)
    in_time = await _object(api, lead=str(lead), kind="accept")
    world.at(BOTH_BROKEN + 5 * DAY + timedelta(seconds=1))
    late = await _object(api, lead=str(lead), kind="first_response")
    assert (in_time.status_code, late.status_code) == (201, 409)
    assert "leaves 5 days" in late.json()["detail"]


async def test_who_objects_to_what_did_not_happen_is_told_what_to_send(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead)
    cases = [
        ({"lead": str(lead)}, 404, "several promises were broken: accept of round 1, first_response"),
        ({"lead": str(uuid4())}, 404, "was broken"),
        ({"about": "rejection", "lead": str(lead)}, 404, "has not given back"),
        ({"lead": str(lead), "subject": str(lead)}, 422, "either lead or subject"),
        ({}, 422, "either lead or subject"),
        ({"about": "rejection", "lead": str(lead), "kind": "accept"}, 422, "leave them out"),
        ({"lead": str(lead), "kind": "accept", "side": "both"}, 422, "side"),
        ({"lead": str(lead), "kind": "accept", "reason": " "}, 422, "reason"),
    ]
    for body, status, words in cases:
        answer = await _object(api, **body)
        assert answer.status_code == status, (body, answer.text)
        assert words in answer.text, (body, answer.text)
    unknown = await api.post(f"/v1/objections/{uuid4()}/uphold", json={"why": "so"})
    assert (unknown.status_code, unknown.json()["title"]) == (404, "Unknown objection")


async def test_an_excused_rejection_says_so_in_the_month(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.scored(lead)
    world.assigned(lead)
    world.acted(lead, "rejected", code="out_of_profile")
    async with world.reading() as consumer:
        await world.read_all(consumer)
    made = await _object(api, about="rejection", side="marketing", lead=str(lead))
    await api.post(f"/v1/objections/{made.json()['id']}/excuse", json={"why": "it fits"})
    book = await month(world)
    (row,) = book.leads
    assert row.given_back is not None
    assert [each.subject for each in book.objections if each.verdict == "excused"] == [row.given_back.fact]


async def test_an_incident_excuses_what_fell_due_in_it_until_it_is_taken_back(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead)
    window = {
        "from": MONDAY_9.isoformat(),
        "until": (MONDAY_9 + timedelta(minutes=15)).isoformat(),
        "why": "the exchange was down",
    }
    made = (await api.post("/v1/incidents", json=window)).json()
    assert [row.excused for row in (await month(world)).promises] == ["incident", None]
    (shown,) = (await api.get("/v1/incidents")).json()["incidents"]
    assert (shown["breaches"], shown["by"], shown["retracted_at"]) == (1, "ana", None)
    taken = await api.delete(f"/v1/incidents/{made['id']}")
    assert taken.json()["retracted_by"] == "ana"
    assert [row.excused for row in (await month(world)).promises] == [None, None]
    again = await api.delete(f"/v1/incidents/{made['id']}")
    assert (again.status_code, again.json()["title"]) == (409, "It is taken back already")
    actions = [each["action"] for each in (await api.get("/v1/audit")).json()["audit"]]
    assert actions == ["incident.retract", "incident.add"]


async def test_a_window_that_cannot_be_meant_is_refused(world: World, api: httpx.AsyncClient) -> None:
    cases = [
        (MONDAY_9, MONDAY_9, "until is not after from"),
        (MONDAY_9 - 32 * DAY, MONDAY_9, "31 days at most"),
        (MONDAY_9, MONDAY_9 + 8 * DAY, "within seven days from now"),
    ]
    for start, until, words in cases:
        body = {"from": start.isoformat(), "until": until.isoformat(), "why": "so"}
        answer = await api.post("/v1/incidents", json=body)
        assert (answer.status_code, words in answer.text) == (422, True), answer.text


async def test_objections_are_read_page_by_page(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    await _broken(world, lead)
    for kind in ("accept", "first_response"):
        await _object(api, lead=str(lead), kind=kind)
    first = (await api.get("/v1/objections", params={"limit": 1, "open": True})).json()
    second = (await api.get("/v1/objections", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert {first["objections"][0]["id"]} != {second["objections"][0]["id"]}
    assert (await api.get("/v1/objections", params={"open": False})).json()["objections"] == []


async def test_what_was_written_about_an_erased_persons_lead_goes(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead)
    await _object(api, lead=str(lead), kind="accept", reason="Eva said she was away")
    async with world.reading() as consumer:
        world.erased(lead)
        await world.read_all(consumer)
    (left,) = (await api.get("/v1/objections")).json()["objections"]
    assert (left["reason"], left["by"]) == ("", "ana")


async def test_a_breach_on_trial_is_nobodys_and_never_taken_for_the_one_that_binds(
    world: World, api: httpx.AsyncClient
) -> None:
    trial = {
        "name": "2027",
        "state": "trial",
        "sales": {"promises": {"perfect": {"accept_within": "20m", "outcome_within": "25m"}}},
    }
    lead = a_lead()
    world.publish_rulebook(agreements={"trial": trial})
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        await world.up_to(consumer, MONDAY_9 + timedelta(minutes=30))
    made = await _object(api, lead=str(lead), kind="accept")
    assert made.status_code == 201, made.text
    binding = {row.kind.value: row.id for row in (await month(world)).promises if not row.is_trial}
    assert made.json()["subject"] == str(binding["accept"])
    tried = await _object(api, lead=str(lead), kind="outcome")
    assert (tried.status_code, tried.json()["title"]) == (409, "It is counted for nobody")
    assert "trial" in tried.json()["detail"]
    window = {"from": MONDAY_9.isoformat(), "until": (MONDAY_9 + DAY).isoformat(), "why": "outage"}
    await api.post("/v1/incidents", json=window)
    (found,) = (await api.get("/v1/incidents")).json()["incidents"]
    assert found["breaches"] == 2, "the two that bind"


async def test_a_leads_promises_and_its_path_say_what_excuses_a_breach(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _broken(world, lead)
    made = (await _object(api, lead=str(lead), kind="accept")).json()

    async def shown(path: str, part: str) -> dict[str, tuple[Any, ...]]:
        found = (await api.get(f"/v1/leads/{lead}/{path}")).json()[part]
        return {each["kind"]: (each["excused_by"], each["objection_verdict"]) for each in found}

    assert await shown("path", "breaches") == {"accept": (None, None), "first_response": (None, None)}
    await api.post(f"/v1/objections/{made['id']}/excuse", json={"why": "so it was"})
    until = (MONDAY_9 + timedelta(minutes=30)).isoformat()
    window = {"from": MONDAY_9.isoformat(), "until": until, "why": "the exchange was down"}
    incident = (await api.post("/v1/incidents", json=window)).json()
    excused = {"accept": ("objection", "excused"), "first_response": ("incident", None)}
    assert await shown("path", "breaches") == await shown("timers", "timers") == excused
    (accept, answer) = (await api.get(f"/v1/leads/{lead}/path")).json()["breaches"]
    assert (accept["objection_id"], accept["excused_why"]) == (made["id"], "so it was")
    assert (answer["incident_id"], answer["excused_why"]) == (incident["id"], "the exchange was down")
    await api.delete(f"/v1/incidents/{incident['id']}")
    assert (await shown("path", "breaches"))["first_response"] == (None, None)


async def test_after_an_erasure_nothing_is_written_down_about_the_person(
    world: World, api: httpx.AsyncClient
) -> None:
    """Both sides may still object and decide: what they write about it is not kept."""
    lead = a_lead()
    await _broken(world, lead)
    before = (await _object(api, lead=str(lead), kind="accept", reason="Mr Doe was away")).json()
    async with world.reading() as consumer:
        world.erased(lead)
        await world.read_all(consumer)
    made = await _object(api, lead=str(lead), kind="first_response", reason="Mr Doe never answers")
    assert made.status_code == 201, made.text
    for each in (before, made.json()):
        await api.post(f"/v1/objections/{each['id']}/excuse", json={"why": "Mr Doe said so"})
    kept = await world.query("SELECT reason, why, verdict FROM objections")
    assert kept == [{"reason": "", "why": "", "verdict": "excused"}] * 2
