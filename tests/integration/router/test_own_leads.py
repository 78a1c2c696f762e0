"""A rep enters a lead of their own: it is theirs whoever's turn it is, and nobody's lead is taken by it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lead_events import Cause, LeadScored, LeadSubmitted
from lead_events.ids import lead_id as lead_of
from lead_events.words import OWN_FORM, OWN_SOURCE, CauseKind, Quadrant, Stage
from tests.integration.router.worlds import World, lead_id

ADA = {"line": "main", "email": "Ada@Example.com", "name": "Ada", "note": "met at the fair"}


async def enter(world: World, rep: str, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {await world.token(rep)}"}
    headers |= {"Idempotency-Key": key} if key is not None else {}
    async with world.client() as client:
        answer = await client.post("/v1/me/leads", headers=headers, json=body)
    await world.runtime.published()
    return answer


async def entered(world: World, rep: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {await world.token(rep)}"}
    async with world.client() as client:
        found: list[dict[str, Any]] = (await client.get("/v1/me/leads", headers=headers)).json()["leads"]
    return found


def sent(world: World) -> list[LeadSubmitted]:
    return [each for each in world.published("lead-submitted") if isinstance(each, LeadSubmitted)]


async def scoring_says(
    world: World,
    submission: str,
    lead: UUID,
    *,
    kind: CauseKind = CauseKind.SUBMISSION,
    seq: int = 1,
    **more: Any,
) -> None:
    """Publish the lead as scoring does for this submission."""
    now = world.clock.now()
    event = LeadScored.model_validate(
        {
            "lead_id": lead,
            "person_id": UUID(int=5),
            "line": "main",
            "seq": seq,
            "cause": Cause(id=UUID(submission), kind=kind, at=now),
            "profile": {"email": "ada@example.com"},
            "form_id": OWN_FORM,
            "source": OWN_SOURCE,
            "score": {"fit": 10, "interest": 0},
            "quadrant": Quadrant.COLD,
            "stage": Stage.LEAD,
            "journey": {"received_at": now, "durable_at": now, "scored_at": now},
            "submissions": 1,
            "rulebook_version": 1,
            **more,
        }
    )
    world.put("lead-scored", event, str(lead))
    await world.read()


async def test_it_goes_through_scoring_and_comes_to_its_finder_whoevers_turn_it_is(routing: World) -> None:
    answer = await enter(routing, "bea", **ADA)
    assert answer.status_code == 202, answer.text
    submission = answer.json()["id"]
    event = sent(routing)[0]
    assert (event.form_id, event.source, event.explicit_ask) == (OWN_FORM, OWN_SOURCE, False)
    assert (event.profile.email, event.profile.message) == ("ada@example.com", "met at the fair")
    lead = lead_of(UUID(submission), "main")
    await scoring_says(routing, submission, lead)
    assert await routing.loads() == {"ana": 0, "bea": 1, "carla": 0}
    own = (await entered(routing, "bea"))[0]
    assert (own["became"], own["has"], own["lead_id"]) == ("yours", "bea", str(lead))
    await routing.take("next")
    assert routing.holder("next") == "ana", "it was nobody's turn that was used"


async def test_nobody_takes_a_lead_that_another_has_by_entering_it(routing: World) -> None:
    await routing.take("ada")
    answer = await enter(routing, "bea", **ADA)
    await scoring_says(routing, answer.json()["id"], lead_id("ada"), seq=9)
    assert await routing.loads() == {"ana": 1, "bea": 0, "carla": 0}
    own = (await entered(routing, "bea"))[0]
    assert (own["became"], own["has"]) == ("joined", "ana")
    assert "speak to them" in own["says"]
    async with routing.client() as client:
        headers = {"Authorization": f"Bearer {await routing.token('ana')}"}
        (mine,) = (await client.get("/v1/me/assignments", headers=headers)).json()["assignments"]
    assert (mine["asked_again"], mine["asks"]) == (0, []), "a colleague wrote it, the buyer asked nothing"


async def test_another_lead_of_the_person_that_is_scored_anew_by_it_goes_to_nobody(routing: World) -> None:
    answer = await enter(routing, "bea", **ADA)
    await scoring_says(routing, answer.json()["id"], lead_id("other"), kind=CauseKind.RESCORE)
    assert (await routing.loads())["bea"] == 0
    assert (await entered(routing, "bea"))[0]["became"] == "entered"


async def test_who_asked_to_be_left_alone_is(routing: World) -> None:
    answer = await enter(routing, "bea", **ADA)
    await scoring_says(routing, answer.json()["id"], lead_id("ada"), do_not_contact=True)
    assert (await routing.loads())["bea"] == 0
    assert (await entered(routing, "bea"))[0]["became"] == "left_alone"


async def test_a_full_rep_is_told_what_to_do_and_nothing_is_sent(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    answer = await enter(routing, "bea", **ADA)
    assert answer.status_code == 409
    assert "2 open leads of at most 2" in answer.json()["detail"]
    assert sent(routing) == []


async def test_the_last_place_taken_meanwhile_keeps_nobody_from_what_they_found(routing: World) -> None:
    await routing.take("a", "b", "c")
    answers = [await enter(routing, rep, **ADA) for rep in ("ana", "bea")]
    found = next(each for each in answers if each.status_code == 202)
    await routing.take("d")
    await scoring_says(routing, found.json()["id"], lead_id("ada"))
    assert sorted((await routing.loads()).values()) == [0, 2, 3]


async def test_a_repeat_under_one_key_sends_nothing_and_numbers_have_no_gap(routing: World) -> None:
    first = await enter(routing, "bea", key="k1", **ADA)
    again = await enter(routing, "bea", key="k1", **ADA)
    assert again.json() == first.json()
    other = await enter(routing, "bea", key="k1", **(ADA | {"name": "Eva"}))
    assert other.status_code == 422
    await enter(routing, "bea", key="k2", line="main", phone="+34600111222")
    assert [each.receipt.number for each in sent(routing)] == [1, 2]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"line": "main"}, "phone number in phone as +34600111222"),
        ({"line": "nothing", "email": "a@b.co"}, "write one of: main"),
        ({"line": "main", "phone": "600 111 222"}, "phone"),
        ({"line": "main", "email": "ada"}, "email"),
        ({"line": "main", "email": "a@b.co", "country": "Spain"}, "country"),
    ],
)
async def test_what_cannot_be_entered_says_what_to_write(
    routing: World, body: dict[str, Any], says: str
) -> None:
    answer = await enter(routing, "bea", **body)
    assert answer.status_code == 422
    assert says in answer.text


async def test_nothing_is_promised_of_what_a_rep_found_and_it_is_told_as_theirs(routing: World) -> None:
    """A deadline would take it from its finder, though no buyer waits."""
    answer = await enter(routing, "bea", **ADA)
    lead = lead_of(UUID(answer.json()["id"]), "main")
    await scoring_says(routing, answer.json()["id"], lead, quadrant=Quadrant.PERFECT, stage=Stage.SQL)
    await routing.take("asked")
    told = {event.lead_id: event.is_own for event in routing.routed()}
    assert told == {lead: True, lead_id("asked"): False}
    (own,) = await routing.mine("bea")
    assert (own["accept_by"], own["respond_by"]) == (None, None)
    (other,) = await routing.mine("ana")
    assert other["accept_by"] is not None


async def test_an_illness_takes_what_they_found_from_nobody(routing: World) -> None:
    answer = await enter(routing, "bea", **ADA)
    lead = lead_of(UUID(answer.json()["id"]), "main")
    await scoring_says(routing, answer.json()["id"], lead, quadrant=Quadrant.PERFECT, stage=Stage.SQL)
    now = routing.clock.now()
    away = {"since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat(), "reason": "ill"}
    await routing.operate("POST", "/v1/reps/bea/absences", json=away)
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    assert (await routing.loads())["bea"] == 1
    shown = await routing.operate("GET", f"/v1/leads/{lead}")
    assert shown.json()["assignments"][0]["accepted_at"] is not None, "who enters a lead has taken it"


async def test_who_enters_a_person_twice_is_told_that_the_lead_is_theirs_already(routing: World) -> None:
    first = await enter(routing, "bea", **ADA)
    lead = lead_of(UUID(first.json()["id"]), "main")
    await scoring_says(routing, first.json()["id"], lead)
    routing.clock.advance(60)
    second = await enter(routing, "bea", **ADA)
    await scoring_says(routing, second.json()["id"], lead, seq=2)
    newest = (await entered(routing, "bea"))[0]
    assert newest["became"] == "joined"
    assert "you have this person's lead already" in newest["says"]
