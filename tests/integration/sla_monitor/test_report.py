"""Reports over HTTP: read from the real store, made in a process of their own."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from baton_dev.databases import with_database
from baton_dev.testing import Servers
from service_kit.runtime import Runtime
from sla_monitor.main import build_app
from sla_monitor.reports import desk
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.touches import SourceReport
from sla_monitor.settings import Settings
from tests.integration.sla_monitor.worlds import MONDAY_9, TOKEN, World, a_lead

MARCH = "/v1/reports/2026-03"
PORTAL = {
    "name": "Portal",
    "origin": "partner",
    "cost": {"amount_minor": 4_500, "per": "lead"},
    "returns": {"window": "14d", "reasons": ["wrong-data"]},
}
DOCUMENT = {"sources": {"website": {"name": "Website"}, "portal": PORTAL}}
AGREED = {"marketing": {"leads": {"perfect": 22}}}


@pytest.fixture
async def dsn(world: World, stack: Servers) -> str:
    async with world.database.acquire() as conn:
        name = await conn.fetchval("SELECT current_database()")
    return with_database(stack.postgres_dsn, name)


@asynccontextmanager
async def client(world: World, dsn: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(operator_token=TOKEN, gather_ms=0, dsn=SecretStr(dsn), _env_file=None)
    runtime = Runtime(settings, broker=world.broker, database=world.database)
    application = build_app(settings, runtime=runtime)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://sla-monitor",
        headers={"Authorization": f"Bearer {TOKEN}"} | headers,
        timeout=60,
    ) as found:
        yield found


async def two_leads(world: World) -> tuple[UUID, UUID]:
    """One answered in time, one of the portal given back for wrong data, both on the first Monday."""
    good, bad = a_lead(), a_lead()
    world.publish_rulebook(document=DOCUMENT, agreement=AGREED)
    world.scored(good)
    world.scored(bad, source="portal", cause={**_cause(), "at": MONDAY_9})
    world.assigned(good)
    world.assigned(bad)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=20))
        world.acted(good, "accepted", at=MONDAY_9 + timedelta(minutes=10))
        world.acted(good, "contacted", at=MONDAY_9 + timedelta(minutes=20))
        world.acted(
            bad, "rejected", at=MONDAY_9 + timedelta(minutes=12), reason="wrong data", code="wrong_data"
        )
        await world.read_all(consumer)
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=5))
    return good, bad


def _cause() -> dict[str, Any]:
    return {"id": a_lead(), "kind": "submission"}


async def test_a_month_is_read_from_the_store_and_made_in_another_process(world: World, dsn: str) -> None:
    await two_leads(world)
    async with client(world, dsn) as api:
        answer = await api.get(MARCH)
        page = await api.get(MARCH, params={"format": "html", "language": "ro"})
        table = await api.get(MARCH, params={"format": "csv"})
    assert answer.status_code == 200, answer.text
    found = MonthReport.model_validate_json(answer.content)
    assert (found.head.month, found.head.state, found.head.time_zone) == (
        "2026-03",
        "running",
        "Europe/Madrid",
    )
    (goal,) = found.marketing.goals
    assert (goal.delivered, goal.taken_off, goal.net, goal.share) == (2, 1, 1, 1 / 22)
    told = {each.kind: (each.kept, each.broken_in_all) for each in found.sales.promises}
    assert told == {"accept": (2, 0), "first_response": (2, 0)}
    assert found.speed.follow_up[0].working.p90 == 1200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert '<html lang="ro">' in page.text
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert ("marketing.goals", "perfect", "net", "1.0") in {tuple(row.values()) for row in rows}
    assert "2026-03.csv" in table.headers["content-disposition"]


async def test_a_source_shows_each_paid_lead_and_what_it_has_to_take_back(world: World, dsn: str) -> None:
    _, bad = await two_leads(world)
    async with client(world, dsn) as api:
        answer = await api.get(f"{MARCH}/sources/portal")
        page = await api.get(f"{MARCH}/sources/portal", params={"format": "html", "language": "es"})
        table = await api.get(f"{MARCH}/sources/portal", params={"format": "csv"})
    found = SourceReport.model_validate_json(answer.content)
    (only,) = found.touches
    assert (only.lead_id, only.verdict, only.reason) == (bad, "invalid", "wrong_data")
    assert (only.in_window, only.is_returnable, found.returnable_minor) == (True, True, 4_500)
    assert "datos erróneos" in page.text
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(table.text))] == ["invalid"]


async def test_a_paid_lead_that_ended_in_another_is_a_duplicate_of_it_from_then_on(
    world: World, dsn: str
) -> None:
    first, paid, older_paid, unnamed = (a_lead() for _ in range(4))
    portal = PORTAL | {"returns": {"window": "2h", "reasons": ["duplicate"]}}
    world.publish_rulebook(document={"sources": {"portal": portal}}, agreement=AGREED)
    moments = {older_paid: 0, first: 5, paid: 10, unnamed: 15}
    for lead, minute in moments.items():
        at = MONDAY_9 + timedelta(minutes=minute)
        source = "website" if lead == first else "portal"
        journey = {"received_at": at, "durable_at": at, "scored_at": at}
        world.scored(lead, source=source, cause={**_cause(), "at": at}, journey=journey)
    async with world.reading() as consumer:
        world.at(MONDAY_9 + timedelta(hours=1))
        world.merged(paid, older_paid, ended_in=[first, first])
        world.merged(unnamed)
        await world.read_all(consumer)
    async with client(world, dsn) as http:
        told = (await http.get(f"{MARCH}/sources/portal")).json()
        month = (await http.get(MARCH)).json()
    touches = {UUID(each["lead_id"]): each for each in told["touches"]}
    assert told["counts"] == {"accepted": 1, "duplicate": 1, "invalid": 0}
    assert touches[older_paid]["verdict"] == "accepted", "it was there before the other one"
    assert touches[paid]["duplicate_of"] == str(first)
    known_at = datetime.fromisoformat(touches[paid]["known_at"])
    assert known_at == MONDAY_9 + timedelta(hours=1), "not before it ended"
    assert (touches[paid]["in_window"], touches[paid]["is_returnable"]) == (True, True)
    (portal_row,) = [each for each in month["sources"]["last"] if each["id"] == "portal"]
    assert (portal_row["cost_minor"], portal_row["returnable_minor"]) == (9_000, 4_500)
    assert portal_row["leads"] == 0, "the leads themselves count as the one they ended in"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/v1/reports/march", 422, "write a month as 2026-11"),
        ("/v1/reports/2026-13", 422, "from 1970-01 to 2098-12"),
        ("/v1/reports/2026-04", 422, "2026-04 has not begun: ask for 2026-03"),
        (f"{MARCH}/sources/nowhere", 404, "name one of portal, website"),
        (f"{MARCH}/sources/Portal", 404, "did you mean 'portal'"),
        (f"{MARCH}/sources/no%2Fwhere", 404, "there is no source 'no/where'"),
        (f"{MARCH}?language=fr", 422, "language"),
        (f"{MARCH}?format=pdf", 422, "format"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_ask_instead(
    world: World, dsn: str, path: str, status: int, says: str
) -> None:
    await two_leads(world)
    async with client(world, dsn) as api:
        answer = await api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.text


async def test_before_the_first_rulebook_there_is_no_report(world: World, dsn: str) -> None:
    async with client(world, dsn) as api:
        answer = await api.get(MARCH)
    assert (answer.status_code, "baton rulebook publish" in answer.text) == (503, True)


async def test_one_report_at_a_time_and_who_comes_meanwhile_is_told_when_to_ask_again(
    world: World, dsn: str
) -> None:
    await two_leads(world)
    async with client(world, dsn) as api:
        both = await asyncio.gather(api.get(MARCH), api.get(MARCH))
        after = await api.get(MARCH)
    assert sorted(answer.status_code for answer in both) == [200, 429]
    refused = next(answer for answer in both if answer.status_code == 429)
    assert refused.headers["retry-after"] == str(desk.RETRY_SECONDS)
    assert after.status_code == 200, "the next one has its turn"


async def test_promises_are_looked_after_while_a_report_is_made(world: World, dsn: str) -> None:
    lead = a_lead()
    await two_leads(world)
    world.assigned(lead)
    async with world.reading() as consumer, client(world, dsn) as api:
        making = asyncio.create_task(api.get(MARCH))
        await world.read_all(consumer)
        await world.catch_up()
        await world.up_to(consumer, world.clock.now() + timedelta(hours=1))
        async with world.database.acquire() as conn:
            fired = await conn.fetchval("SELECT count(*) FROM firings WHERE outcome = 'fired'")
        assert (await making).status_code == 200
    assert fired > 0


async def test_a_store_that_does_not_answer_is_no_report_and_leaves_no_process(
    world: World, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_leads(world)
    async with client(world, f"{dsn}_away") as api:
        broken = await api.get(MARCH)
        monkeypatch.setattr(desk, "LONGEST_SECONDS", 0.01)
        slow = await api.get(MARCH)
    assert (broken.status_code, broken.headers["retry-after"]) == (503, str(desk.RETRY_SECONDS))
    assert (slow.status_code, "longer than" in slow.text) == (503, True)


async def test_a_month_that_does_not_fit_into_the_memory_it_may_take_ends_its_own_process_alone(
    world: World, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_leads(world)
    monkeypatch.setenv("BATON_REPORT_MEMORY_MB", "64")
    async with client(world, dsn) as api:
        refused = await api.get(MARCH)
    assert (refused.status_code, "BATON_REPORT_MEMORY_MB" in refused.json()["detail"]) == (503, True)


async def test_whoever_may_not_read_promises_may_not_read_reports(world: World, dsn: str) -> None:
    async with client(world, dsn, Authorization="Bearer another") as api:
        assert (await api.get(MARCH)).status_code == 401


async def test_a_lead_of_a_month_before_counts_where_it_is_lost(world: World, dsn: str) -> None:
    lead = a_lead()
    world.publish_rulebook(document=DOCUMENT, agreement=AGREED)
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(days=40))
        world.acted(lead, "outcome", code="price", outcome={"result": "lost"})
        await world.read_all(consumer)
    async with client(world, dsn) as api:
        answer = await api.get("/v1/reports/2026-04")
    found = MonthReport.model_validate_json(answer.content)
    assert (found.speed.lost, found.speed.win_rate) == (1, 0.0)
    assert [(each.ending, each.reason) for each in found.reasons] == [("lost", "price")]


async def test_a_lead_that_waited_over_the_end_of_a_month_is_an_mql_of_the_month_that_scored_it(
    world: World, dsn: str
) -> None:
    """Released from quarantine in April: received in March, and nothing else of it happens in April."""
    april = MONDAY_9 + timedelta(days=40)
    journey = {"received_at": MONDAY_9, "durable_at": MONDAY_9, "released_at": april, "scored_at": april}
    world.publish_rulebook(document=DOCUMENT, agreement=AGREED)
    cause = {"id": uuid4(), "kind": "submission", "at": MONDAY_9}
    world.scored(a_lead(), quadrant="curious", stage="mql", journey=journey, cause=cause)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(april)
    async with client(world, dsn) as api:
        found = MonthReport.model_validate_json((await api.get("/v1/reports/2026-04")).content)
    (mql,) = (each for each in found.funnel.stages if each.stage == "mql")
    assert (mql.leads, found.funnel.stages[0].leads) == (1, 0)


async def test_this_month_and_the_last_are_those_of_the_company(world: World, dsn: str) -> None:
    await two_leads(world)
    world.at(datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    async with client(world, dsn) as api:
        this, last = [await api.get(f"/v1/reports/{name}") for name in ("this", "last")]
        source = await api.get("/v1/reports/last/sources/portal")
    told = [MonthReport.model_validate_json(each.content).head.month for each in (this, last)]
    assert told == ["2026-04", "2026-03"], "in Madrid April has begun"
    assert SourceReport.model_validate_json(source.content).month == "2026-03"


async def test_what_is_sent_is_what_the_schema_says(world: World, dsn: str) -> None:
    await two_leads(world)
    async with client(world, dsn) as api:
        document = (await api.get("/openapi.json")).json()
        month, source = await api.get(MARCH), await api.get(f"{MARCH}/sources/portal")
    for name, answer in (("MonthReport", month), ("SourceReport", source)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())
        listed = document["components"]["schemas"][name]
        assert listed["properties"].keys() == answer.json().keys()
        assert set(listed["required"]) == listed["properties"].keys()
