"""Requests that are wrong in every way are refused with what to send instead, and never answered 5xx."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from lead_events.ids import lead_id
from scoring import publication
from scoring.api import scoring_router
from scoring.store import views
from service_kit.problems import install_problems
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def client(world: "World") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(world.runtime))
    transport = httpx.ASGITransport(app=app)
    token = world.runtime.settings.operator_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


@pytest.fixture
def document(world: "World") -> dict[str, Any]:
    return copy.deepcopy(world.document)


QUESTIONS = [
    ("/v1/leads?line=%00", "query.line"),
    ("/v1/leads?email=a%00@example.com", "query.email"),
    ("/v1/leads?email=x", "query.email"),
    ("/v1/leads?id_prefix=abc", "query.id_prefix"),
    ("/v1/leads?id_prefix=3f2x", "query.id_prefix"),
    ("/v1/leads?id_prefix=a---", "id_prefix"),
    ("/v1/leads?id_prefix=" + "a" * 36, "id_prefix"),
    ("/v1/leads?id_prefix=abcd&email=a@example.com", "email"),
    ("/v1/leads?quadrant=hot", "query.quadrant"),
    ("/v1/leads?limit=0", "query.limit"),
    ("/v1/leads?limit=501", "query.limit"),
    ("/v1/leads/none", "path.lead_id"),
    ("/v1/rulebooks/0", "path.version"),
    ("/v1/rulebooks/99999999999999999999", "path.version"),
]


async def test_a_wrong_question_is_refused_with_its_field(client: httpx.AsyncClient) -> None:
    for path, field in QUESTIONS:
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["field"]) == (422, field), path


CURSORS = [
    "",
    "x",
    "é",
    "%00",
    "bnVsbA",
    "W10",
    "e30",
    "WyJhIiwiYiJd",
    # [null, null]; year 1 and year 9999 with offsets that lead out of the calendar; a time without one
    "W251bGwsIG51bGxd",
    "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIjNmMmExYjAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSJd",
    "WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTEyOjAwIiwgIjNmMmExYjAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSJd",
    "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIjNmMmExYjAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSJd",
    "W" * 5000,
]


async def test_a_bad_cursor_is_refused(client: httpx.AsyncClient) -> None:
    for path, cursor in product(("/v1/leads", "/v1/quarantine"), CURSORS):
        answer = await client.get(f"{path}?cursor={cursor}")
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), cursor


@pytest.mark.parametrize(
    "how",
    [
        {"published_by": "a\x00"},
        {"published_by": ""},
        {"published_by": "a", "effective_from": "9999-12-31T23:59:59-12:00"},
        {"published_by": "a", "effective_from": "2027-01-01T00:00:00"},
        {"published_by": "a", "effective_from": "0001-01-01T00:00:00+14:00"},
        {"published_by": "a", "effective_from": "2001-01-01T00:00:00Z"},
        {"published_by": 1},
        {"published_by": "a", "more": 1},
        [],
    ],
)
async def test_a_wrong_publication_is_refused(
    world: "World", client: httpx.AsyncClient, document: dict[str, Any], how: Any
) -> None:
    body = {"rulebook": document} | how if isinstance(how, dict) else how
    assert (await client.post("/v1/rulebooks", json=body)).status_code == 422
    assert (await client.post("/v1/rulebooks/1/rollback", json=how)).status_code == 422
    assert len(await world.fetch("SELECT 1 FROM rulebook_versions")) == 1


async def test_half_a_character_is_refused(client: httpx.AsyncClient) -> None:
    content = b'{"published_by": "\\ud83c", "rulebook": {}}'
    answer = await client.post("/v1/rulebooks", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [100, 250, 900, 980, 5_000])
@pytest.mark.parametrize("at", ["forms", "values"])
async def test_a_deep_rulebook_is_refused(
    world: "World", client: httpx.AsyncClient, document: dict[str, Any], depth: int, at: str
) -> None:
    document["forms"]["demo"]["fields"]["attributes.a"] = {"from": ["a"], "values": {"x": "DEEP"}}
    if at == "forms":
        document["forms"] = "DEEP"
    deep = "[" * depth + "]" * depth
    text = json.dumps({"published_by": "ana", "rulebook": document}).replace('"DEEP"', deep)
    answer = await client.post("/v1/rulebooks", content=text, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert answer.json()["findings"]


async def test_a_rulebook_too_large_for_its_topic_is_refused_and_not_numbered(
    world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    document["company"] = "n" * 9_000_000
    answer = await client.post("/v1/rulebooks", json={"rulebook": document, "published_by": "ana"})
    assert answer.status_code == 422
    assert "bytes" in answer.json()["detail"]
    assert len(await world.fetch("SELECT 1 FROM rulebook_versions")) == 1


@pytest.mark.parametrize("rulebook", [None, [], "x", 1, {}, {"company": []}, {"forms": {"a": 1}}])
async def test_a_rulebook_of_wrong_types_is_refused_with_findings(
    client: httpx.AsyncClient, rulebook: Any
) -> None:
    answer = await client.post("/v1/rulebooks", json={"rulebook": rulebook, "published_by": "ana"})
    assert answer.status_code == 422
    assert answer.json().get("findings") or answer.json().get("errors")


async def test_of_two_who_publish_at_once_the_later_number_takes_effect_later(
    world: "World", client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    answers = await asyncio.gather(
        *(
            client.post("/v1/rulebooks", json={"rulebook": document, "published_by": f"p{n}"})
            for n in range(6)
        )
    )
    assert [answer.status_code for answer in answers] == [201] * 6
    rows = await world.fetch("SELECT version, effective_from FROM rulebook_versions ORDER BY version")
    assert [row["version"] for row in rows] == list(range(1, 8))
    assert [row["effective_from"] for row in rows] == sorted(row["effective_from"] for row in rows)


async def test_a_publisher_who_waits_for_another_reads_the_time_afterwards(
    world: "World", document: dict[str, Any]
) -> None:
    async with world.database.transaction() as conn:
        await conn.execute("LOCK TABLE rulebook_versions IN SHARE ROW EXCLUSIVE MODE")
        waiting = asyncio.create_task(
            publication.publish(world.runtime, document, published_by="late", effective_from=None)
        )
        async with asyncio.timeout(HANGS_AFTER):
            while not await world.fetch(  # noqa: ASYNC110 - nothing to wait on
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'rulebook_versions'::regclass"
            ):
                await asyncio.sleep(0.01)
        first_done = await conn.fetchval("SELECT clock_timestamp()")
    published = await waiting
    assert published.event.published_at >= first_done


async def test_without_the_token_nothing_is_told(client: httpx.AsyncClient) -> None:
    paths = ("/v1/leads", "/v1/quarantine", "/v1/conservation", "/v1/rulebooks/active")
    sent = ("", "Bearer", "Bearer ", "Basic b3A6", "Bearer wrong", "Bearer é")
    for path, token in product(paths, sent):
        answer = await client.get(path, headers=[(b"Authorization", token.encode())])
        assert answer.status_code == 401, (path, token)


async def test_leads_are_found_by_email_whatever_its_spelling_and_merges(
    world: "World", client: httpx.AsyncClient
) -> None:
    phone = {"phone": "+34600111222"}
    by_phone = world.submit(phone)
    await world.settle()
    world.submit({"email": "Eva@Example.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    world.submit({"email": "eva@example.com"} | phone, received_at=START + timedelta(hours=2))
    world.submit({"email": "ugo@example.com"}, received_at=START + timedelta(hours=3))
    await world.settle()
    found = (await client.get("/v1/leads", params={"email": "EVA@example.com"})).json()["leads"]
    assert sorted(lead["state"] for lead in found) == ["merged", "open"]
    assert str(lead_id(by_phone.submission_id, "main")) in {lead["lead_id"] for lead in found}
    assert (await client.get("/v1/leads", params={"email": "nobody@example.com"})).json() == {"leads": []}


async def test_filtered_leads_come_in_pages_without_gap_or_repeat(
    world: "World", client: httpx.AsyncClient
) -> None:
    for number in range(7):
        lines = ["main", "training"]
        world.submit({"phone": f"+3460011122{number}"}, received_at=START, lines=lines)
    await world.settle()
    every = [row["id"] for row in await world.fetch("SELECT id FROM leads")]
    prefix = str(every[0])[:10]
    only = (await client.get("/v1/leads", params={"id_prefix": prefix.upper()})).json()["leads"]
    assert [lead["lead_id"] for lead in only] == [str(every[0])]
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/leads", params=asked)).json()
        seen += [UUID(lead["lead_id"]) for lead in page["leads"]]
        cursor = page.get("next")
        if cursor is None:
            break
    assert sorted(seen) == sorted(every)


async def test_lead_lookups_read_an_index(world: "World") -> None:
    async with world.database.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")
        for name, last in (
            ("leads_of_email", [["email", "role"], "eva@example.com"]),
            ("leads_by_id_prefix", [UUID(int=0), UUID(int=1)]),
        ):
            rows = await conn.fetch("EXPLAIN " + views._q[name], None, None, None, None, 10, *last)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan
