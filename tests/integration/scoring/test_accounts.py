"""Accounts through the running consumer and the API: kept, matched, asked about, told again when changed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from lead_events import LeadScored
from lead_events.ids import person_id
from lead_events.words import AccountStanding, CauseKind
from scoring import metrics
from scoring.account_updates import CHUNK, AccountUpdates
from scoring.api.accounts import account_routes
from scoring.api.merges import merge_routes
from scoring.domain.erasure import ErasureKeys
from scoring.domain.leads import Lead
from scoring.explanation import Explanations
from scoring.persons import Named, Order, PersonDesk
from scoring.regrade import Regrading
from service_kit.problems import install_problems
from tests.integration.scoring.conftest import START, TOKEN, World

ACME: dict[str, Any] = {
    "name": "Acme Robotics S.L.",
    "domains": ["acme-robotics.example"],
    "tax_id": "ESB12345678",
    "owner": "ana",
    "standing": "customer",
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def api(bare_world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    router = APIRouter(prefix="/v1")
    account_routes(router, bare_world.runtime)
    merge_routes(router, bare_world.runtime)
    app.include_router(router)
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "olga"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as client:
        yield client


async def put(api: httpx.AsyncClient, crm_id: str = "A-1", **sent: Any) -> dict[str, Any]:
    response = await api.put(f"/v1/accounts/{crm_id}", json=ACME | sent)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def catch_up(world: World) -> None:
    """Let the background part look through everything that is due."""
    updates = AccountUpdates(world.runtime)
    while await world.fetch("SELECT 1 FROM account_updates WHERE finished_at IS NULL"):
        await updates.work()


async def submit(world: World, **profile: Any) -> None:
    world.submit({"email": "eva@example.com"} | profile)
    await world.settle()


def told(event: LeadScored) -> tuple[str, str, str | None] | None:
    account = event.account
    return None if account is None else (account.crm_id, account.standing.value, account.owner)


def bulk(world: World) -> list[LeadScored]:
    return [event for event in world.published("lead-scored-bulk") if isinstance(event, LeadScored)]


async def test_a_lead_is_published_with_its_account(world: World, api: httpx.AsyncClient) -> None:
    await put(api)
    await submit(world, email="eva@acme-robotics.example")
    await submit(world, email="leo@other.example")
    first, second = world.scored()
    assert told(first) == ("A-1", "customer", "ana")
    assert first.account is not None
    assert first.account_id == first.account.id
    assert (second.account, second.account_id) == (None, None)
    shown = (await api.get("/v1/accounts/A-1")).json()
    assert shown["leads"] == [str(first.lead_id)]


async def test_what_was_known_before_the_account_is_told_again_through_the_bulk_lane(
    world: World, api: httpx.AsyncClient
) -> None:
    await submit(world, email="eva@acme-robotics.example")
    await submit(world, email="leo@gmail.com", attributes={"nif": "b-12345678"})
    await submit(world, email="mia@other.example")
    await put(api)
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "customer", "ana")] * 2
    assert {event.cause.kind for event in bulk(world)} == {CauseKind.ACCOUNT}
    assert {event.profile.email for event in bulk(world)} == {"eva@acme-robotics.example", "leo@gmail.com"}
    assert all(event.seq == 2 for event in bulk(world))


async def test_standing_and_owner_are_told_again_and_what_changes_nothing_is_not(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api)
    await submit(world, email="eva@acme-robotics.example")
    await put(api, owner=None, standing="open_deal")
    await catch_up(world)
    assert (await put(api, owner=None, standing="open_deal"))["outcome"] == "unchanged"
    await put(api, owner=None, standing="open_deal", domains=["acme-robotics.example", "acme.example"])
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "open_deal", None)]


async def test_a_deleted_account_is_told_as_none_and_its_audit_stays(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api)
    await submit(world, email="eva@acme-robotics.example")
    assert (await api.delete("/v1/accounts/A-1")).status_code == 200
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [None]
    assert (await api.get("/v1/accounts/A-1")).status_code == 404
    assert (await api.delete("/v1/accounts/A-1")).status_code == 404
    rows = await world.fetch("SELECT kind, by, before, after FROM account_changes ORDER BY id")
    assert [(row["kind"], row["by"]) for row in rows] == [("created", "olga"), ("deleted", "olga")]
    assert rows[1]["before"]["owner"] == "ana"
    assert await world.fetch("SELECT 1 FROM account_clues") == []


async def test_an_unsure_match_is_asked_once_and_the_answer_reaches_whoever_waits(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api)
    await submit(world, email="eva@gmail.com", company="Acme Robotics, SLU")
    await submit(world, email="leo@gmail.com", company="ACME Robotics")
    assert [told(event) for event in world.scored()] == [None, None]
    [question] = (await api.get("/v1/accounts/unsure")).json()["unsure"]
    assert (question["company"], question["leads"]) == ("Acme Robotics, SLU", 2)
    assert [each["crm_id"] for each in question["candidates"]] == ["A-1"]
    path = f"/v1/accounts/unsure/{question['question_id']}"
    assert (await api.post(path, json={"accept": "A-1"})).status_code == 200
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "customer", "ana")] * 2
    await submit(world, email="mia@gmail.com", company="Acme Robotics S.L.")
    assert told(world.scored()[-1]) == ("A-1", "customer", "ana")
    assert (await api.get("/v1/accounts/unsure")).json()["unsure"] == []


async def test_a_refused_match_is_not_asked_again_until_another_account_comes(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api)
    await submit(world, email="eva@gmail.com", company="Acme Robotics")
    [question] = (await api.get("/v1/accounts/unsure")).json()["unsure"]
    await api.post(f"/v1/accounts/unsure/{question['question_id']}", json={"refuse": True})
    await submit(world, email="leo@gmail.com", company="Acme Robotics")
    await catch_up(world)
    assert (await api.get("/v1/accounts/unsure")).json()["unsure"] == []
    assert bulk(world) == []
    await put(api, "A-2", name="Acme Robotics Italia", domains=[], tax_id=None)
    await catch_up(world)
    [again] = (await api.get("/v1/accounts/unsure")).json()["unsure"]
    assert [each["crm_id"] for each in again["candidates"]] == ["A-2"]


async def test_a_domain_of_two_accounts_is_for_a_person_to_say(world: World, api: httpx.AsyncClient) -> None:
    await put(api)
    await put(api, "A-2", name="Acme Foods", tax_id=None)
    await submit(world, email="eva@acme-robotics.example")
    [question] = (await api.get("/v1/accounts/unsure")).json()["unsure"]
    assert [each["crm_id"] for each in question["candidates"]] == ["A-1", "A-2"]
    refused = await api.post(f"/v1/accounts/unsure/{question['question_id']}", json={"accept": "A-9"})
    assert refused.status_code == 422
    await api.post(f"/v1/accounts/unsure/{question['question_id']}", json={"accept": "A-2"})
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-2", "customer", "ana")]
    await api.delete("/v1/accounts/A-2")
    await catch_up(world)
    assert told(bulk(world)[-1]) == ("A-1", "customer", "ana"), "the only one left at that domain"


async def test_a_merge_takes_the_account_of_the_survivor(world: World, api: httpx.AsyncClient) -> None:
    await put(api)
    await submit(world, email="eva@gmail.com")
    await submit(world, email="eva@gmail.com", company_domain="acme-robotics.example")
    assert told(world.scored()[-1]) == ("A-1", "customer", "ana")
    clues = await world.fetch("SELECT clue FROM person_clues")
    assert [row["clue"] for row in clues] == ["domain:acme-robotics.example"]


async def test_the_same_batch_twice_changes_nothing(world: World, api: httpx.AsyncClient) -> None:
    rows = [{"crm_id": "A-1", **ACME}, {"crm_id": "A-2", "name": "Zeta", "domains": "zeta.example"}]
    first = (await api.post("/v1/accounts/batch", json={"accounts": rows})).json()
    assert first["counts"] == {"created": 2, "changed": 0, "unchanged": 0, "refused": 0}
    again = (await api.post("/v1/accounts/batch", json={"accounts": rows})).json()
    assert (again["counts"]["unchanged"], again["update_id"]) == (2, None)
    assert len(await world.fetch("SELECT 1 FROM account_changes")) == 2
    part = (await api.post("/v1/accounts/batch", json={"accounts": [{"crm_id": "A-1", "owner": ""}]})).json()
    assert part["counts"]["changed"] == 1
    kept = (await api.get("/v1/accounts/A-1")).json()
    assert (kept["owner"], kept["domains"], kept["standing"]) == (None, ACME["domains"], "customer")


async def test_a_batch_keeps_what_can_be_kept_and_says_why_not_the_rest(
    world: World, api: httpx.AsyncClient
) -> None:
    rows = [
        {"crm_id": "A-1", **ACME, "owner": "ane"},
        {"crm_id": "A-2", "name": "Zeta", "domains": ["gmail.com"]},
        {"crm_id": "A-1", "name": "Twice"},
    ]
    dry = (await api.post("/v1/accounts/batch", json={"accounts": rows, "dry_run": True})).json()
    assert (await api.get("/v1/accounts")).json() == {"accounts": []}
    done = (await api.post("/v1/accounts/batch", json={"accounts": rows})).json()
    assert dry["rows"] == done["rows"]
    half = b'{"accounts": [{"crm_id": "\\ud800", "name": "Half"}, {"crm_id": "A-3", "name": "\\ud800"}]}'
    odd = (await api.post("/v1/accounts/batch", content=half, headers=JSON)).json()
    assert [row["errors"][0]["field"] for row in odd["rows"]] == ["crm_id", "name"]
    assert [row["outcome"] for row in done["rows"]] == ["created", "refused", "refused"]
    assert "did you mean ana?" in done["rows"][0]["warnings"][0]["detail"]
    assert "anybody gets an address" in done["rows"][1]["errors"][0]["detail"]
    assert "is account 1 already" in done["rows"][2]["errors"][0]["detail"]


async def test_accounts_are_listed_page_by_page_and_found(world: World, api: httpx.AsyncClient) -> None:
    for number in range(5):
        await put(api, f"A-{number}", name=f"Acme 100%_{number}", domains=[f"acme{number}.example"])
    await put(api, "B-1", name="Zeta", standing="partner", owner=None)
    page = (await api.get("/v1/accounts", params={"limit": 4})).json()
    rest = (await api.get("/v1/accounts", params={"limit": 4, "cursor": page["next"]})).json()
    assert [each["crm_id"] for each in page["accounts"] + rest["accounts"]] == [
        *(f"A-{number}" for number in range(5)),
        "B-1",
    ]
    assert "next" not in rest
    for wanted, found in (
        ({"domain": "ACME3.example"}, ["A-3"]),
        ({"standing": "partner"}, ["B-1"]),
        ({"owner": "ana", "limit": "1"}, ["A-0"]),
        ({"text": "zet"}, ["B-1"]),
        ({"text": "%_4"}, ["A-4"]),
    ):
        answer = (await api.get("/v1/accounts", params=wanted)).json()
        assert [each["crm_id"] for each in answer["accounts"]] == found, wanted


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "says"),
    [
        ("PUT", "A-1", {"name": "Z", "domains": ["gmail.com"]}, "domains", "leave it out"),
        ("PUT", "unsure", {"name": "Z"}, "crm_id", "cannot stand in an address"),
        ("PUT", "A-1", {"name": "Z", "line": "mian"}, "line", "did you mean main?"),
        ("PUT", "A-1", {"name": "Z", "standing": "hot"}, "standing", "customer"),
        ("POST", "batch", {"accounts": []}, "accounts", "1"),
        ("POST", f"unsure/{UUID(int=1)}", {}, None, "send accept"),
    ],
)
async def test_what_is_refused_says_what_to_send(
    world: World,
    api: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, Any],
    field: str | None,
    says: str,
) -> None:
    response = await api.request(method, f"/v1/accounts/{path}", json=body)
    assert response.status_code == 422, response.text
    problem = response.json()
    assert field is None or problem["field"].endswith(field)
    assert says in response.text


async def test_an_erased_person_leaves_no_trace_among_accounts(world: World, api: httpx.AsyncClient) -> None:
    await put(api)
    await submit(world, email="eva@acme-robotics.example")
    await submit(world, email="leo@gmail.com", company="Acme Robotics")
    desk = PersonDesk(world.runtime, ErasureKeys.of("a-long-secret-key-for-tests"))
    for email in ("eva@acme-robotics.example", "leo@gmail.com"):
        await desk.erase(Named(key=("email", email)), Order("olga", "asked"))
    for table in ("person_clues", "lead_accounts", "account_questions"):
        assert await world.fetch(f"SELECT 1 FROM {table}") == [], table


async def test_rules_of_the_scorecard_read_the_account(bare_world: World, api: httpx.AsyncClient) -> None:
    document = dict(bare_world.document)
    card = document["scorecards"]["main"]
    rule = {"id": "ours", "when": "account.standing == 'partner'", "points": 7, "reason": "a partner"}
    document["scorecards"] = document["scorecards"] | {"main": card | {"fit": [rule]}}
    await bare_world.publish_rulebook(document)
    await put(api, standing="partner")
    await submit(bare_world, email="eva@acme-robotics.example")
    [event] = bare_world.scored()
    assert event.account is not None
    assert event.account.standing is AccountStanding.PARTNER
    assert "ours" in {each.rule for each in event.score.contributions if each.points}
    async with bare_world.database.acquire() as conn:
        now = await bare_world.database.clock.now(conn)
        told = await Explanations().now(conn, event.lead_id, now)
    assert told is not None, "a score as of now"
    assert told["account"]["crm_id"] == "A-1"
    assert "ours" in {each["rule"] for each in told["contributions"] if each["points"]}


async def test_a_large_change_goes_in_chunks_and_is_taken_up_where_it_stopped(
    world: World, api: httpx.AsyncClient
) -> None:
    for number in range(CHUNK + 5):
        world.submit({"email": f"p{number}@acme-robotics.example"})
    await world.settle()
    await put(api)
    updates = AccountUpdates(world.runtime)
    await updates.work()
    assert len(bulk(world)) == CHUNK
    await AccountUpdates(world.runtime).work()
    assert len(bulk(world)) == CHUNK + 5
    [row] = (await api.get("/v1/accounts/updates")).json()["updates"]
    assert (row["looked_at"], row["published"]) == (CHUNK + 5, CHUNK + 5)
    assert row["finished_at"] is not None


async def test_a_lead_that_cannot_be_scored_keeps_no_other_and_no_later_change_waiting(
    world: World, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.submit({"email": f"p{number}@acme-robotics.example"})
    await world.settle()
    (broken, *_) = await world.fetch("SELECT id FROM leads ORDER BY id")
    real = Regrading.rescore

    def rescore(self: Regrading, lead: Lead, *args: Any, **given: Any) -> bool:
        if lead.id == broken["id"]:
            raise ZeroDivisionError
        return real(self, lead, *args, **given)

    monkeypatch.setattr(Regrading, "rescore", rescore)
    counted = metrics.SET_ASIDE.labels("account")._value.get()
    await put(api)
    await put(api, owner="leo")
    await catch_up(world)
    assert {told(event) for event in bulk(world)} == {("A-1", "customer", "leo")}
    assert len({event.lead_id for event in bulk(world)}) == 2
    assert metrics.SET_ASIDE.labels("account")._value.get() == counted + 2


async def test_a_change_waits_for_batches_that_read_accounts_before_it(
    world: World, api: httpx.AsyncClient
) -> None:
    async with world.database.acquire() as conn, conn.transaction():
        await conn.execute("SELECT pg_current_xact_id()")
        await put(api)
        updates = AccountUpdates(world.runtime)
        await updates.work()
        await updates.work()
        assert await world.fetch("SELECT 1 FROM account_updates WHERE finished_at IS NULL")
    await updates.work()
    assert not await world.fetch("SELECT 1 FROM account_updates WHERE finished_at IS NULL")


async def test_persons_from_before_accounts_are_looked_through_once(
    world: World, api: httpx.AsyncClient
) -> None:
    await submit(world, email="eva@acme-robotics.example")
    async with world.database.acquire() as conn:
        await conn.execute("DELETE FROM person_clues")
        await conn.execute(
            "INSERT INTO account_updates (id, clues, at) VALUES (gen_random_uuid(), NULL, now())"
        )
    await catch_up(world)
    await put(api)
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "customer", "ana")]


async def test_a_merge_undone_by_hand_parts_the_companies_too(world: World, api: httpx.AsyncClient) -> None:
    await put(api)
    caller = {"phone": "+34600111222", "company_domain": "acme-robotics.example"}
    for number, profile in enumerate([EVA, caller, EVA | caller]):
        world.submit(profile, fingerprint=str(number), received_at=START + timedelta(hours=number))
        await world.settle()
    eva, leo = (person_id(each) for each in await _by_time(world))
    assert await _clues(world) == {(eva, "domain:acme-robotics.example")}, "the merged one has none"
    done = await api.post(f"/v1/persons/{leo}/undo-merge", json={"by": "olga", "reason": "two people"})
    assert done.status_code == 200, done.text
    assert (leo, "domain:acme-robotics.example") in await _clues(world)


EVA = {"email": "eva@example.com"}


async def _by_time(world: World) -> list[UUID]:
    rows = await world.fetch("SELECT id FROM submissions ORDER BY received_at LIMIT 2")
    return [row["id"] for row in rows]


async def _clues(world: World) -> set[tuple[UUID, str]]:
    return {(row["person_id"], row["clue"]) for row in await world.fetch("SELECT * FROM person_clues")}
