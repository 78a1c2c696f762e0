"""What reps say of leads, kept for learning: through the running loop, and out again as training rows."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from lead_events import LeadProgressed, LeadRouted, LeadSignalled, Money, Outcome
from lead_events.ids import lead_id
from lead_events.words import ProgressKind, Quadrant, RoutedKind
from scoring.api import scoring_router
from scoring.domain.erasure import ErasureKeys
from scoring.feedback import feedback_spec
from scoring.persons import Named, Order, PersonDesk
from scoring.signals import Signals, signals_spec
from scoring.store import comparison
from service_kit.problems import install_problems
from service_kit.spec import ConsumerSpec
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OUTCOMES = {"won", "result", "value_minor", "currency", "rating", "reason", "closed_reason", "closed_at"}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def said(world: "World", lead: UUID, kind: ProgressKind, **given: Any) -> UUID:
    values = {
        "lead_id": lead,
        "line": "main",
        "seq": 1,
        "kind": kind,
        "at": at(60),
        "round": 1,
        "rep_id": "ana",
    }
    sent = {"event_id": given.pop("event_id")} if "event_id" in given else {}
    return world.send(LeadProgressed(**values | given), "lead-progressed", **sent)


def assigned(world: "World", lead: UUID, moment: datetime, **given: Any) -> None:
    values: dict[str, Any] = {
        "lead_id": lead,
        "line": "main",
        "seq": 1,
        "kind": RoutedKind.ASSIGNED,
        "at": moment,
        "cause_id": uuid4(),
        "quadrant": Quadrant.WARM,
        "why": "the only one",
        "rulebook_version": 1,
    }
    world.send(LeadRouted(**values | given), "lead-routed")


async def taken(world: "World", spec: ConsumerSpec) -> None:
    """Let a loop of scoring run until it has read its topics."""
    consumer = world.runtime.consumer(spec)
    task = asyncio.create_task(consumer.run())
    places = [p for topic in spec.topics for p in world.broker.partitions_of(topic)]
    ends = {place: world.broker.end_of(place) for place in places}
    async with asyncio.timeout(HANGS_AFTER):
        while not consumer.is_caught_up(ends):
            done, _ = await asyncio.wait({task}, timeout=0.005)
            assert not done, "the loop ended by itself"
    consumer.stop()
    await task


async def heard(world: "World") -> None:
    """Let every loop of scoring that reads reports take what there is."""
    await world.settle()
    await taken(world, feedback_spec())


@pytest.fixture
async def client(world: "World") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(world.runtime))
    token = world.runtime.settings.operator_token.get_secret_value()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://scoring",
        headers={"Authorization": f"Bearer {token}"},
    ) as found:
        yield found


async def rows_of(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/scorecards/training-rows", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_what_reps_say_is_kept_once_with_who_said_it(world: "World") -> None:
    first = world.submit()
    await world.settle()
    lead = lead_id(first.submission_id, "main")
    event = said(world, lead, ProgressKind.RATED, rating=5, reason="had a budget")
    said(world, lead, ProgressKind.OUTCOME, outcome=Outcome(result="meeting"), seq=2)
    won = Outcome(result="won", value=Money(minor=120_000, currency="EUR"))
    said(world, lead, ProgressKind.OUTCOME, outcome=won, seq=3, at=at(90))
    said(world, lead, ProgressKind.CONTACTED, channel="phone", result="reached", seq=4)
    said(world, uuid4(), ProgressKind.REJECTED, reason="of a lead that nobody here knows")
    said(world, lead, ProgressKind.PAUSED, code="waits_for_buyer", reason="sends papers", seq=5)
    said(world, lead, ProgressKind.RESUMED, seq=6)
    said(world, lead, ProgressKind.ASKED_AGAIN, asked_at=at(59), cause_id=uuid4(), seq=7)
    await heard(world)
    said(world, lead, ProgressKind.RATED, rating=5, reason="had a budget", event_id=event)
    await heard(world)
    kept = await world.fetch("SELECT * FROM feedback ORDER BY at, kind")
    assert [(row["kind"], row["rating"], row["result"], row["value_minor"]) for row in kept] == [
        ("outcome", None, "meeting", None),
        ("rated", 5, None, None),
        ("outcome", None, "won", 120_000),
    ]
    assert {row["rep_id"] for row in kept} == {"ana"}


async def test_a_row_holds_only_what_was_known_before_sales_had_the_lead(
    world: "World", client: httpx.AsyncClient
) -> None:
    early = {"email": "eva@example.com", "country": "ES", "attributes": {"size": "big", "who": "Eva Pons"}}
    first = world.submit(
        early | {"name": "Eva Pons", "job_title": "Head of Sales", "employees": 70}, campaign="spring"
    )
    lead = lead_id(first.submission_id, "main")
    await world.settle()
    assigned(world, lead, at(10))
    assigned(world, lead, at(50))  # a second handoff moves nothing
    world.submit(
        {"email": "eva@example.com", "country": "IT", "industry": "banking", "attributes": {"budget": 9}},
        received_at=at(20),
    )
    for number, minute in enumerate((5, 6, 15)):
        world.send(
            LeadSignalled(
                signal_id=uuid4(),
                at=at(minute),
                received_at=at(minute),
                kind="page_view",
                identity={"email": "eva@example.com"},
                url=f"https://www.example.com/{number}",
                attributes={},
            ),
            "lead-signalled",
        )
    await taken(world, signals_spec(Signals(ErasureKeys())))
    said(world, lead, ProgressKind.RATED, rating=4, seq=2)
    lost = Outcome(result="lost", reason="Eva Pons (eva@example.com, +34 600 111 222) chose another")
    said(world, lead, ProgressKind.OUTCOME, outcome=lost, seq=3, at=at(90))
    await heard(world)
    (row,) = await rows_of(client)
    assert row["lead_id"] == str(lead)
    assert (row["lead.country"], row["lead.employees"], row["lead.seniority"]) == ("ES", 70, "director")
    assert (row["form"], row["source"], row["campaign"], row["line"]) == ("demo", "website", "spring", "main")
    assert (row["submissions"], row["asks"], row["signals.page_view"]) == (1, True, 2)
    assert (row["submitted_at"], row["submitted.hour"], row["submitted.weekday"]) == (
        START.isoformat(),
        10,
        1,
    )
    assert row["lead.attributes.size"] == "big"
    assert not {"lead.industry", "lead.attributes.budget", "lead.attributes.who"} & row.keys()
    assert (row["won"], row["result"], row["rating"], row["closed_reason"]) == (0, "lost", 4, "lost")
    assert row["reason"] == "[...] ([...], [...]) chose another"
    assert row.keys() >= OUTCOMES
    text = json.dumps(row).lower()
    assert not any(each in text for each in ("eva", "pons", "example.com", "600"))


async def test_what_was_said_of_a_lead_that_ended_in_another_is_said_of_that_one(
    world: "World", client: httpx.AsyncClient
) -> None:
    first = world.submit({"email": "eva@example.com"})
    second = world.submit({"phone": "+34600111222"}, received_at=at(1))
    await world.settle()
    lead, other = (lead_id(each.submission_id, "main") for each in (first, second))
    assigned(world, other, at(2))
    said(world, other, ProgressKind.RATED, rating=5, at=at(3))
    await heard(world)
    both = {"email": "eva@example.com", "phone": "+34600111222", "industry": "banking"}
    world.submit(both, received_at=at(10))
    await world.settle()
    assigned(world, lead, at(12))
    won = [Outcome(result="won", value=Money(minor=minor, currency="USD")) for minor in (9_000, 7_000)]
    for number, outcome in enumerate(won):
        said(world, lead, ProgressKind.OUTCOME, outcome=outcome, at=at(20 + number), seq=number + 1)
    await heard(world)
    (row,) = await rows_of(client)
    assert (row["lead_id"], row["won"], row["rating"]) == (str(lead), 1, 5)
    assert (row["value_minor"], row["currency"]) == (7_000, "USD"), "the amount was put right"
    assert row["closed_at"] == at(20).isoformat()
    assert "lead.industry" not in row, "sales had the person by then"
    async with world.database.acquire() as conn:
        (stored,) = await comparison.read(conn, "main", [], at(60), after=None, limit=9)
    assert stored.moment == at(2), "as of when sales first had one of the two"


async def test_rows_come_in_the_order_of_opening_over_many_chunks_and_by_line_and_time(
    world: "World", client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.api.training.AT_ONCE", 2)
    leads = []
    for number in range(5):
        each = world.submit({"email": f"p{number}@example.com"}, received_at=at(number))
        leads.append(lead_id(each.submission_id, "main"))
    world.submit({"email": "test@example.com"}, received_at=at(9), is_test=True)
    await world.settle()
    for number, lead in enumerate(leads[:4]):
        outcome = Outcome(result="won" if number % 2 else "lost")
        said(world, lead, ProgressKind.OUTCOME, outcome=outcome)
    said(world, leads[4], ProgressKind.OUTCOME, outcome=Outcome(result="meeting"))
    await heard(world)
    rows = await rows_of(client)
    assert [UUID(row["lead_id"]) for row in rows] == leads[:4]
    assert [row["won"] for row in rows] == [0, 1, 0, 1]
    assert [row["result"] for row in await rows_of(client, with_open=True)][-1] == "meeting"
    assert len(await rows_of(client, since=at(2).isoformat())) == 2
    assert await rows_of(client, line="training") == []
    refused = await client.get("/v1/scorecards/training-rows", params={"since": "yesterday"})
    assert refused.status_code == 422


async def test_an_erasure_takes_what_reps_wrote_and_the_lead_out_of_training(
    world: "World", client: httpx.AsyncClient
) -> None:
    first = world.submit()
    await world.settle()
    lead = lead_id(first.submission_id, "main")
    said(world, lead, ProgressKind.REJECTED, reason="Eva moved to Lima")
    await heard(world)
    assert len(await rows_of(client)) == 1
    desk = PersonDesk(world.runtime, ErasureKeys.of("a long secret"))
    exported = await desk.export(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    assert exported[1]["leads"][0]["feedback"][0]["reason"] == "Eva moved to Lima"
    await desk.erase(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    assert await rows_of(client) == []
    assert await world.fetch("SELECT kind, reason FROM feedback") == [{"kind": "rejected", "reason": None}]
    said(world, lead, ProgressKind.RATED, rating=1, reason="late word", seq=2)
    await heard(world)
    assert len(await world.fetch("SELECT 1 FROM feedback")) == 1
