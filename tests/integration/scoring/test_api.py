"""The operator's API, over the application as it is served."""

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI

from lead_events import Verdict
from lead_events.ids import lead_id
from lead_events.words import QuarantineReason
from scoring.api import scoring_router
from service_kit.problems import install_problems
from tests.integration.scoring.conftest import SIGNED

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOBODYS = "0a3c0000-0000-4000-8000-000000000001"


@pytest.fixture
async def client(bare_world: "World") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(bare_world.runtime))
    transport = httpx.ASGITransport(app=app)
    token = bare_world.runtime.settings.operator_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


@pytest.fixture
def document(bare_world: "World") -> dict[str, Any]:
    return copy.deepcopy(bare_world.document)


async def test_the_first_version_holds_from_the_beginning_of_time(
    bare_world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    assert (await client.get("/v1/rulebooks/active")).status_code == 404
    answer = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    assert any("lead.job_title" in each for each in answer.json()["warnings"])
    active = (await client.get("/v1/rulebooks/active")).json()
    assert (active["version"], active["published_by"], active["rulebook"]["company"]) == (1, "ana", "Aurora")
    await bare_world.runtime.published()
    (record,) = bare_world.broker.records("rulebook-published")
    assert record.key == b"1"
    (event,) = bare_world.published("rulebook-published")
    assert event.checksum == active["checksum"]
    bare_world.submit(received_at=START - timedelta(days=900))
    await bare_world.settle()
    assert bare_world.scored()[0].rulebook_version == 1


async def test_a_later_version_takes_effect_thirty_seconds_ahead_or_later(
    bare_world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    await bare_world.publish_rulebook()
    now = datetime.now(UTC)
    soon = {
        "rulebook": document,
        "published_by": "ana",
        "effective_from": (now + timedelta(seconds=5)).isoformat(),
    }
    refused = await client.post("/v1/rulebooks", json=soon)
    assert (refused.status_code, refused.json()["field"]) == (422, "effective_from")
    document["scorecards"]["main"]["fit_base"] = 77
    taken = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    moment = datetime.fromisoformat(taken.json()["effective_from"])
    assert taken.json()["version"] == 2
    assert moment >= now + timedelta(seconds=30)
    assert (await client.get("/v1/rulebooks/active")).json()["version"] == 1
    bare_world.submit(received_at=moment - timedelta(microseconds=1))
    await bare_world.settle()
    bare_world.submit(received_at=moment, fingerprint="other")
    await bare_world.settle()
    assert [event.rulebook_version for event in bare_world.scored()] == [1, 2]


async def test_an_agreement_binds_only_with_both_names(
    bare_world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    del document["agreement"]["signatures"]["sales"]
    answer = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert answer.status_code == 422
    assert "agreement.signatures: is active, and sales has not signed" in answer.text
    document["agreement"]["state"] = "trial"
    tried = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert tried.status_code == 201
    document["agreements"] = {"other": {"name": "B", "signatures": SIGNED, "sales": {}}}
    document["agreement"] |= {"state": "active", "signatures": SIGNED}
    twice = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert (twice.status_code, "active since ever, and so is" in twice.text) == (422, True)


async def test_an_invalid_rulebook_is_refused_with_everything_that_is_wrong(
    bare_world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    document["scorecards"]["main"]["fit"][0]["when"] = "lead.employes >= 50 and asks"
    document["sources"] = {}
    answer = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert answer.status_code == 422
    assert len(answer.json()["findings"]) >= 2
    assert all(finding["hint"] for finding in answer.json()["findings"])
    assert await bare_world.fetch("SELECT 1 FROM rulebook_versions") == []


async def test_a_rollback_repeats_older_content_under_a_new_number(
    bare_world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    await bare_world.publish_rulebook()
    document["company"] = "Borealis"
    await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    answer = await client.post("/v1/rulebooks/1/rollback", json={"published_by": "ana"})
    assert (answer.json()["version"], answer.json()["rolled_back_to"]) == (3, 1)
    assert (await client.get("/v1/rulebooks/3")).json()["rulebook"]["company"] == "Aurora"
    listed = (await client.get("/v1/rulebooks")).json()["versions"]
    assert [version["version"] for version in listed] == [3, 2, 1]
    assert (await client.post("/v1/rulebooks/9/rollback", json={"published_by": "ana"})).status_code == 404


async def test_leads_come_in_pages_newest_first(world: "World", client: httpx.AsyncClient) -> None:
    for number in range(5):
        world.submit({"email": f"p{number}@example.com"}, received_at=START + timedelta(minutes=number))
    await world.settle()
    found: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = (
            await client.get("/v1/leads", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        found += [lead["profile"]["email"] for lead in page["leads"]]
        cursor = page.get("next")
    assert found == [f"p{number}@example.com" for number in (4, 3, 2, 1, 0)]
    assert cursor is None
    none = (await client.get("/v1/leads", params={"quadrant": "perfect", "line": "main"})).json()
    assert none == {"leads": []}


async def test_a_lead_its_score_and_its_submissions(world: "World", client: httpx.AsyncClient) -> None:
    sent = world.submit({"email": "eva@example.com", "employees": 80}, lines=["main", "training"])
    await world.settle()
    identity = lead_id(sent.submission_id, "main")
    lead = (await client.get(f"/v1/leads/{identity}")).json()
    assert (lead["quadrant"], lead["stage"], lead["form_id"]) == ("warm", "sql", "demo")
    assert [other["line"] for other in lead["other_leads"]] == ["training"]
    assert [each["id"] for each in lead["submission_list"]] == [str(sent.submission_id)]
    score = (await client.get(f"/v1/leads/{identity}/score")).json()
    by_rule = {each["rule"]: each["points"] for each in score["contributions"]}
    assert by_rule == {"(base)": 10, "large": 60, "titled": 0, "asks": 40}
    submission = (await client.get(f"/v1/submissions/{sent.submission_id}")).json()
    assert (submission["state"], submission["keys"]) == ("opened", ["email:eva@example.com"])
    assert submission["event"]["fields"] == {"email": "eva@example.com", "employees": 80}


async def test_the_quarantine_is_listed_with_reasons(world: "World", client: httpx.AsyncClient) -> None:
    verdict = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT, detail="fax_number")
    sent = world.submit(verdict=verdict)
    await world.settle()
    (row,) = (await client.get("/v1/quarantine")).json()["quarantine"]
    assert (row["submission_id"], row["reason"], row["detail"]) == (
        str(sent.submission_id),
        "honeypot",
        "fax_number",
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/leads/{NOBODYS}", 404),
        (f"/v1/leads/{NOBODYS}/score", 404),
        (f"/v1/submissions/{NOBODYS}", 404),
        ("/v1/leads/not-an-id", 422),
        ("/v1/leads?cursor=nonsense", 422),
        ("/v1/leads?cursor=WzEsMl0", 422),
        ("/v1/leads?limit=0", 422),
        ("/v1/rulebooks/7", 404),
        ("/v1/rulebooks/99999999999", 422),
    ],
)
async def test_what_is_not_there_or_not_readable_is_a_problem_that_says_so(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_only_the_operator_may_ask(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/leads", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
