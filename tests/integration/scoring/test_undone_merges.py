"""A merge that was wrong, undone by an operator: who they are, what they sent, and what stays so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from lead_events import LeadSubmitted, Rerun
from lead_events.ids import lead_id, person_id
from lead_events.words import RerunKind
from scoring.accounting import conservation_answer
from scoring.api.merges import merge_routes
from service_kit.problems import install_problems

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA, CELL, CRM = {"email": "eva@example.com"}, {"phone": "+34600111222"}, {"external_id": "crm-1"}
WHY = {"by": "ana", "reason": "two people of one household"}


@pytest.fixture
async def client(world: "World") -> AsyncIterator[httpx.AsyncClient]:
    settings = world.runtime.settings
    app = FastAPI()
    install_problems(app)
    router = APIRouter(prefix="/v1")
    merge_routes(router, world.runtime)
    app.include_router(router)
    headers = {"Authorization": f"Bearer {settings.operator_token.get_secret_value()}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


async def merged(world: "World") -> list[LeadSubmitted]:
    """Eva, a caller, and a form that shows the two to be one."""
    sent = []
    for hours, profile in enumerate([EVA | {"name": "Eva"}, CELL | {"name": "Leo"}, EVA | CELL]):
        moment = START + timedelta(hours=hours)
        sent.append(world.submit(profile, received_at=moment, fingerprint=str(hours)))
        await world.settle()
    return sent


async def undo(client: httpx.AsyncClient, person: UUID) -> httpx.Response:
    return await client.post(f"/v1/persons/{person}/undo-merge", json=WHY)


async def owners(world: "World") -> dict[UUID, UUID]:
    rows = await world.fetch("SELECT id, person_id FROM submissions")
    roots = {
        row["id"]: row["merged_into"] for row in await world.fetch("SELECT id, merged_into FROM persons")
    }
    return {row["id"]: roots[row["person_id"]] or row["person_id"] for row in rows}


async def open_leads(world: "World") -> dict[UUID, tuple[UUID, int, str]]:
    rows = await world.fetch(
        "SELECT l.id, l.person_id, l.submissions, p.profile->>'name' AS name FROM leads l"
        " JOIN persons p ON p.id = l.person_id WHERE l.state = 'open'"
    )
    return {row["person_id"]: (row["id"], row["submissions"], row["name"]) for row in rows}


def again(world: "World", sent: LeadSubmitted, **mapped: Any) -> None:
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    world.send(sent.model_copy(update={"rerun": rerun} | mapped), "lead-imported", event_id=uuid4())


async def test_each_has_their_own_again_and_it_is_kept_who_said_so(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, caller, both = await merged(world)
    hers, callers = person_id(eva.submission_id), person_id(caller.submission_id)
    answer = await undo(client, callers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["person_id"] == str(hers)
    assert [each["person_id"] for each in answer.json()["parted"]] == [str(callers)]
    await world.runtime.published()
    await world.settle()
    assert await owners(world) == {
        eva.submission_id: hers,
        caller.submission_id: callers,
        both.submission_id: hers,
    }
    leads = await open_leads(world)
    assert leads[hers] == (lead_id(eva.submission_id, "main"), 2, "Eva")
    assert leads[callers][1:] == (1, "Leo")
    assert [event.kind for event in world.merged()] == ["merged", "undone"]
    told = {event.lead_id: event for event in world.scored()}
    assert told[leads[callers][0]].person_id == callers
    (act,) = await world.fetch("SELECT kind, person_id, by, reason FROM person_acts")
    assert act == {"kind": "parted", "person_id": callers, **WHY}
    (shown,) = (await client.get("/v1/merges", params={"person_id": str(hers)})).json()["merges"]
    assert (shown["undone_by"], shown["undone_reason"]) == (WHY["by"], WHY["reason"])
    assert (await conservation_answer(world.database))["unaccounted"] == 0


async def test_the_same_keys_join_them_no_more_and_new_evidence_does(
    world: "World", client: httpx.AsyncClient
) -> None:
    _, caller, both = await merged(world)
    await undo(client, person_id(caller.submission_id))
    again(world, both, lines=["training"])
    world.submit(EVA | CELL, received_at=START + timedelta(days=1), fingerprint="the same keys")
    world.submit(CELL, received_at=START + timedelta(days=1), fingerprint="by phone")
    await world.settle()
    assert len(set((await owners(world)).values())) == 2
    world.submit(EVA | CRM, received_at=START + timedelta(days=2), fingerprint="hers")
    world.submit(CELL | CRM, received_at=START + timedelta(days=3), fingerprint="new evidence")
    await world.settle()
    assert len(set((await owners(world)).values())) == 1
    assert [event.kind for event in world.merged()] == ["merged", "undone", "merged"]


async def test_what_cannot_be_undone_says_what_to_do_instead(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, caller, _ = await merged(world)
    callers = person_id(caller.submission_id)
    assert (await undo(client, uuid4())).status_code == 404
    named = await client.post(
        f"/v1/persons/{callers}/undo-merge", json=WHY | {"reason": "not eva@example.com"}
    )
    assert (named.status_code, named.json()["field"]) == (422, "reason")
    await world.fetch("UPDATE merges SET at = at - interval '31 days'")
    late = await undo(client, callers)
    assert late.status_code == 409
    assert "send the other's form again" in late.json()["detail"]
    await world.fetch("UPDATE merges SET at = now()")
    assert (await undo(client, person_id(eva.submission_id))).status_code == 200, "there is only one"
    repeated = await undo(client, callers)
    assert (repeated.status_code, repeated.json()["title"]) == (409, "The merge is undone already")


async def test_of_several_merges_into_one_the_person_to_part_must_be_named(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, *_ = await merged(world)
    crm = world.submit(CRM, received_at=START + timedelta(hours=3))
    await world.settle()
    world.submit(EVA | CRM, received_at=START + timedelta(hours=4), fingerprint="4")
    await world.settle()
    several = await undo(client, person_id(eva.submission_id))
    assert several.status_code == 409
    assert str(person_id(crm.submission_id)) in several.json()["detail"]
    assert (await undo(client, person_id(crm.submission_id))).status_code == 200
    assert len(set((await owners(world)).values())) == 2


async def test_merges_are_listed_by_pages(world: "World", client: httpx.AsyncClient) -> None:
    await merged(world)
    world.submit(CRM, received_at=START + timedelta(hours=3))
    await world.settle()
    world.submit(EVA | CRM, received_at=START + timedelta(hours=4), fingerprint="4")
    await world.settle()
    first = (await client.get("/v1/merges", params={"limit": 1})).json()
    second = (await client.get("/v1/merges", params={"limit": 1, "cursor": first["next"]})).json()
    assert "next" not in second
    assert len({row["person_id"] for row in (*first["merges"], *second["merges"])}) == 2
    assert first["merges"][0]["undo_until"] > first["merges"][0]["at"]
