"""Acts that a program saw and names by their id are proved; everybody else's are somebody's word."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.router.worlds import World, lead_id

CALL = {"channel": "phone", "result": "reached", "evidence": "call-77"}


async def machine(world: World, *scopes: str) -> str:
    wish = {"name": "switchboard", "role": "machine", "scopes": list(scopes or ("events:write",))}
    made = await world.operate("POST", "/v1/tokens", json=wish)
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


async def report(world: World, token: str, act: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    said = {"Authorization": f"Bearer {token}", **headers}
    async with world.client() as client:
        answer = await client.post(f"/v1/leads/{lead_id('ada')}/{act}", json=body, headers=said)
    await world.runtime.published()
    return answer


def told(world: World) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(each.kind, each.proof, each.evidence, each.rep_id) for each in world.progressed("ada")]


async def test_a_call_that_the_switchboard_names_is_a_proved_contact_of_who_has_the_lead(
    routing: World,
) -> None:
    await routing.take("ada")
    routing.clock.advance(600)
    called_at = routing.clock.now() - timedelta(minutes=4)
    answer = await report(routing, await machine(routing), "contacted", CALL | {"at": called_at.isoformat()})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["rep_id"], answer.json()["proof"]) == ("ana", "proved")
    assert told(routing) == [("contacted", "proved", "call-77", "ana")]
    [event] = routing.progressed("ada")
    assert (event.at, event.contact) == (called_at, "conversation")
    newest = (await routing.operate("GET", "/v1/audit")).json()["audit"][0]
    assert (newest["action"], newest["name"]) == ("lead.contacted", "machine:switchboard")


async def test_the_same_call_reported_twice_is_one_contact(routing: World) -> None:
    await routing.take("ada")
    token = await machine(routing)
    first = await report(routing, token, "contacted", CALL)
    routing.clock.advance(3600)
    assert (await report(routing, token, "contacted", CALL)).json() == first.json()
    assert len(told(routing)) == 1
    other = CALL | {"result": "no_answer"}
    assert (await report(routing, token, "contacted", other)).status_code == 422, "the id is of another"


async def test_a_call_from_before_the_handoff_answers_nothing(routing: World) -> None:
    await routing.take("ada")
    routing.clock.advance(600)
    early = routing.clock.now() - timedelta(minutes=30)
    token = await machine(routing)
    refused = await report(routing, token, "contacted", CALL | {"at": early.isoformat()})
    assert (refused.status_code, refused.json()["title"]) == (409, "The lead is in another state")
    assert "handed to ana after that" in refused.json()["detail"]
    assert told(routing) == []


async def test_a_call_of_who_had_the_lead_before_is_not_counted_as_the_next_reps(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no time"})
    assert routing.holder("ada") == "bea"
    token = await machine(routing)
    assert (await report(routing, token, "contacted", CALL | {"rep": "ana"})).status_code == 409
    never = await report(routing, token, "contacted", CALL | {"rep": "carla"})
    assert (never.status_code, never.json()["title"]) == (404, "No such lead")
    assert "never had" in never.json()["detail"]
    assert [each[0] for each in told(routing)] == ["declined"]


async def test_a_deal_that_a_program_names_is_a_proved_win_and_its_amount_can_be_put_right(
    routing: World,
) -> None:
    await routing.take("ada")
    token = await machine(routing)
    won = {"result": "won", "value": {"minor": 120050, "currency": "EUR"}, "evidence": "deal-9"}
    assert (await report(routing, token, "outcome", won)).status_code == 200
    assert (await report(routing, token, "outcome", won)).status_code == 200
    assert told(routing) == [("outcome", "proved", "deal-9", "ana")]
    more = won | {"value": {"minor": 150000, "currency": "EUR"}}
    assert (await report(routing, token, "outcome", more)).status_code == 200
    assert len(told(routing)) == 2


async def test_an_operators_word_is_a_word_whatever_it_names(routing: World) -> None:
    await routing.take("ada")
    answer = await routing.operate("POST", f"/v1/leads/{lead_id('ada')}/contacted", json=CALL)
    assert (answer.status_code, answer.json()["proof"]) == (200, "stated")


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        pytest.param("contacted", {"channel": "phone", "result": "reached"}, "evidence", id="no proof named"),
        pytest.param("contacted", CALL | {"at": "yesterday"}, "at", id="no moment"),
        pytest.param("outcome", {"result": "won"}, "evidence", id="an outcome without its id"),
        pytest.param("outcome", {"result": "signed", "evidence": "d"}, "result", id="no such outcome"),
    ],
)
async def test_a_report_that_proves_nothing_is_told_what_to_send(
    routing: World, act: str, body: dict[str, Any], field: str
) -> None:
    await routing.take("ada")
    refused = await report(routing, await machine(routing), act, body)
    assert (refused.status_code, refused.json()["field"]) == (422, f"body.{field}")


async def test_a_lead_that_nobody_has_had_cannot_be_reported_on(routing: World) -> None:
    token = await machine(routing)
    answer = await report(routing, token, "contacted", CALL)
    assert (answer.status_code, "nobody has ever had" in answer.json()["detail"]) == (404, True)
    await routing.take("ada")
    assert (await report(routing, await machine(routing, "leads:read"), "contacted", CALL)).status_code == 403
    rep = await routing.token("bea")
    assert (await report(routing, rep, "contacted", CALL)).status_code == 403
