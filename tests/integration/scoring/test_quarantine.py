"""What people decide on quarantine: through the API, the running consumer and the store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from lead_events import ImportedRow, LeadSubmitted, Verdict
from lead_events.ids import event_id, lead_id
from lead_events.words import CauseKind, ImportMode, QuarantineReason
from scoring.accounting import conservation_answer
from scoring.api.quarantine import quarantine_routes
from scoring.api.submissions import submission_routes
from scoring.releases import AT_ONCE, Decision, Releases
from scoring.store.quarantine import Filter
from service_kit.outbox import pack_headers
from service_kit.problems import install_problems
from service_kit.records import Outgoing

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WAVE = Verdict(outcome="quarantined", reason=QuarantineReason.SPAM_WAVE, detail="600 in a minute")
HONEYPOT = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT, detail="field fax holds a value")


@pytest.fixture
async def client(world: "World") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    router = APIRouter(prefix="/v1")
    quarantine_routes(router, world.runtime)
    submission_routes(router, world.runtime)
    app.include_router(router)
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {world.runtime.settings.operator_token.get_secret_value()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


async def decide(client: httpx.AsyncClient, kind: str, **wanted: Any) -> dict[str, Any]:
    """Count, then act on as many."""
    path = f"/v1/quarantine/{kind}"
    counted = (await client.post(path, json={"filter": wanted, "dry_run": True})).json()
    order = {"filter": wanted, "expected": counted["matching"], "by": "ana", "why": "looked at it"}
    answer = await client.post(path, json=order)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def settle(world: "World") -> None:
    await world.runtime.published()
    await world.settle()


async def unaccounted(world: "World") -> int:
    found: int = (await conservation_answer(world.database))["unaccounted"]
    return found


async def test_a_released_submission_becomes_a_lead_whose_timers_start_at_the_release(
    world: "World", client: httpx.AsyncClient
) -> None:
    sent = world.submit({"email": "eva@example.com", "employees": 80}, verdict=HONEYPOT)
    await settle(world)
    action = await decide(client, "release", reason="honeypot")
    await settle(world)
    (again,) = world.broker.records("lead-submitted")[1:]
    assert dict(again.headers)["ce_id"].decode() == str(
        event_id(action["action_id"], "lead-submitted", sent.submission_id)
    )
    (event,) = world.scored()
    assert event.lead_id == lead_id(sent.submission_id, "main")
    assert (event.cause.kind, event.journey.received_at) == (CauseKind.EXPLICIT_ASK, START)
    assert event.journey.released_at is not None
    assert event.journey.durable_at < event.journey.released_at <= event.journey.scored_at
    assert event.sql_at == event.journey.released_at
    assert await world.states() == {sent.submission_id: "opened"}
    assert (await client.get("/v1/quarantine")).json()["quarantine"] == []
    told = (await client.get(f"/v1/submissions/{sent.submission_id}")).json()
    (decision,) = told["decisions"]
    assert (decision["kind"], decision["by"], decision["reason"]) == ("release", "ana", "honeypot")
    assert await unaccounted(world) == 0


@pytest.mark.parametrize(
    "reason",
    [
        QuarantineReason.SPAM_WAVE,
        QuarantineReason.FIELD_MISSING,
        QuarantineReason.CONSENT_MISSING,
        QuarantineReason.FORM_RETIRED,
        QuarantineReason.MAPPING_ERROR,
    ],
)
async def test_a_person_has_looked_so_the_rule_is_not_met_again(
    world: "World", client: httpx.AsyncClient, reason: QuarantineReason
) -> None:
    sent = world.submit({"name": "Eva"}, verdict=Verdict(outcome="quarantined", reason=reason))
    await settle(world)
    await decide(client, "release", ids=[str(sent.submission_id)])
    await settle(world)
    assert await world.states() == {sent.submission_id: "opened"}


async def test_a_key_used_twice_is_released_as_a_lead_of_its_own(
    world: "World", client: httpx.AsyncClient
) -> None:
    world.submit(key="constant", key_origin="header")
    other = world.submit({"email": "ugo@example.com"}, key="constant", key_origin="header")
    await settle(world)
    await decide(client, "release", reason="key_reused")
    await settle(world)
    assert (await world.states())[other.submission_id] == "opened"
    assert len({event.person_id for event in world.scored()}) == 2


async def test_released_twice_and_told_twice_is_one_lead(world: "World", client: httpx.AsyncClient) -> None:
    world.submit(verdict=WAVE)
    await settle(world)
    assert (await decide(client, "release"))["matched"] == 1
    assert (await decide(client, "release"))["matched"] == 0
    await settle(world)
    (record,) = world.broker.records("lead-submitted")[1:]
    world.broker.append(Outgoing(record.topic, record.key, record.value, record.headers))
    world.broker.append(Outgoing("lead-imported", record.key, record.value, record.headers))
    again = LeadSubmitted.model_validate_json(record.value or b"")
    world.send(again, event_id=uuid4(), time=START)
    await settle(world)
    effects = await world.effects()
    assert (effects["released"], effects["repeats"], effects["repeated"]) == (1, 2, 1)
    assert len(world.scored()) == 1
    assert await unaccounted(world) == 0


async def test_a_crash_between_publication_and_deletion_repeats_harmlessly(
    world: "World", client: httpx.AsyncClient
) -> None:
    world.submit(verdict=WAVE)
    await settle(world)
    await decide(client, "release")
    await world.runtime.published()
    (record,) = world.broker.records("lead-submitted")[1:]
    async with world.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO outbox (topic, key, value, headers, claimed_until) VALUES ($1, $2, $3, $4, $5)",
            record.topic,
            record.key,
            record.value,
            pack_headers(record.headers),
            START,
        )
    await world.runtime.sweeper().sweep()
    await settle(world)
    assert len(world.broker.records("lead-submitted")) == 3
    assert (len(world.scored()), (await world.effects())["repeats"]) == (1, 1)


async def test_a_refused_submission_is_kept_with_the_reason_and_becomes_no_lead(
    world: "World", client: httpx.AsyncClient
) -> None:
    sent = world.submit(verdict=HONEYPOT)
    await settle(world)
    await decide(client, "refuse", text="FAX")
    assert await world.states() == {sent.submission_id: "refused"}
    told = (await client.get(f"/v1/submissions/{sent.submission_id}")).json()
    assert told["decisions"][0]["detail"] == "field fax holds a value"
    assert (await decide(client, "release"))["matched"] == 0
    found = await conservation_answer(world.database)
    assert (found["submissions"]["refused"], found["unaccounted"]) == (1, 0)


async def test_what_arrives_between_counting_and_deciding_is_not_decided_on(
    world: "World", client: httpx.AsyncClient
) -> None:
    world.submit(verdict=WAVE)
    await settle(world)
    world.submit({"email": "late@example.com"}, verdict=WAVE)
    await settle(world)
    answer = await client.post(
        "/v1/quarantine/refuse", json={"filter": {}, "expected": 1, "by": "ana", "why": "spam"}
    )
    assert (answer.status_code, answer.json()["matching"]) == (409, 2)
    assert set((await world.states()).values()) == {"quarantined"}


async def test_a_decision_says_what_it_lacks(world: "World", client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/quarantine/release", json={"by": "ana"})
    assert answer.status_code == 422
    assert "expected, why" in answer.text


async def test_filters_and_counts(world: "World", client: httpx.AsyncClient) -> None:
    world.submit({"email": "a@example.com", "message": "100% off"}, verdict=WAVE)
    world.submit({"email": "b@example.com"}, verdict=HONEYPOT, received_at=START + timedelta(hours=2))
    world.submit({"email": "c@example.com"}, verdict=HONEYPOT, form_id="news", received_at=START)
    await settle(world)

    async def matching(**wanted: Any) -> int:
        found: int = (await client.get("/v1/quarantine", params=wanted)).json()["matching"]
        return found

    assert await matching() == 3
    assert await matching(form="news") == 1
    assert await matching(reason="honeypot") == 2
    assert await matching(since="2026-03-02T10:00:00Z") == 1
    assert await matching(until="2026-03-02T10:00:00Z") == 2
    assert await matching(text="B@EXAMPLE") == 1
    assert await matching(text="0% o") == 1
    assert await matching(text="0_ o") == 0
    counts = (await client.get("/v1/quarantine")).json()["counts"]
    assert [(c["form_id"], c["reason"], c["waiting"]) for c in counts] == [
        ("demo", "honeypot", 1),
        ("demo", "spam_wave", 1),
        ("news", "honeypot", 1),
    ]
    page = (await client.get("/v1/quarantine", params={"limit": 2})).json()
    rest = (await client.get("/v1/quarantine", params={"limit": 2, "cursor": page["next"]})).json()
    assert (len(page["quarantine"]), len(rest["quarantine"])) == (2, 1)


async def test_a_wave_twenty_honest_ones_are_released_and_the_rest_refused(
    world: "World", client: httpx.AsyncClient
) -> None:
    """3,000 where a real wave has 20,000: more than are dealt with before the caller is answered."""
    honest = 20
    for number in range(3_000):
        word = "harbour" if number % 150 == 0 else "pills"
        profile = {"email": f"p{number}@example.com", "message": word}
        world.submit(profile, verdict=WAVE, key=str(number), key_origin="header", partition=number % 3)
    await world.settle()
    released = await decide(client, "release", text="harbour")
    assert (released["matched"], released["is_bulk"]) == (honest, False)
    await settle(world)
    refused = await decide(client, "refuse", form="demo")
    assert refused["matched"] == 3_000 - honest > AT_ONCE
    assert refused["finished_at"] is None
    await Releases(world.runtime).work()
    progress = (await client.get(f"/v1/quarantine/actions/{refused['action_id']}")).json()
    assert progress["done"] == 3_000 - honest
    assert progress["finished_at"] is not None
    found = await conservation_answer(world.database)
    states = {state: number for state, number in found["submissions"].items() if number}
    assert states == {"opened": honest, "refused": 3_000 - honest}
    assert found["unaccounted"] == 0
    assert len(world.scored()) == honest


async def test_many_are_released_through_the_lane_of_imports(
    world: "World", client: httpx.AsyncClient
) -> None:
    for number in range(101):
        world.submit({"email": f"p{number}@example.com"}, verdict=WAVE)
    await settle(world)
    assert (await decide(client, "release"))["is_bulk"] is True
    await settle(world)
    assert (len(world.scored()), len(world.published("lead-scored-bulk"))) == (0, 101)


async def test_half_a_release_is_finished_by_whoever_looks_next(
    world: "World", client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.releases.CHUNK", 2)
    monkeypatch.setattr("scoring.releases.AT_ONCE", 0)
    for number in range(5):
        world.submit({"email": f"p{number}@example.com"}, verdict=WAVE)
    await settle(world)
    action = await decide(client, "release")
    assert action["done"] == 0
    await world.stop()
    await Releases(world.runtime).work()
    await settle(world)
    assert set((await world.states()).values()) == {"opened"}
    assert (await world.effects())["released"] == 5


async def test_what_cannot_be_read_any_more_waits_with_the_reason_and_the_others_are_released(
    world: "World",
) -> None:
    bad = world.submit({"email": "a@example.com"}, verdict=WAVE)
    world.submit({"email": "b@example.com"}, verdict=WAVE)
    await world.settle()
    await world.fetch("UPDATE submissions SET event = event - 'source' WHERE id = $1", bad.submission_id)
    releases = Releases(world.runtime)
    told = await releases.decide(Decision("release", Filter(), 2, by="ana", why="honest"))
    assert told["set_aside"] == [{"submission_id": str(bad.submission_id), "reason": "source: missing"}]
    assert (told["done"], told["matched"], told["finished_at"] is None) == (1, 2, False)
    await world.runtime.published()
    await world.settle()
    (waits,) = await world.fetch("SELECT submission_id, reason, detail, action_id FROM quarantine")
    assert (waits["submission_id"], waits["reason"]) == (bad.submission_id, "unreadable")
    assert "refuse it" in waits["detail"]
    assert waits["action_id"] is None


async def test_a_line_still_without_scorecard_waits_again_and_may_be_released_later(
    world: "World", client: httpx.AsyncClient
) -> None:
    world.submit(lines=["unheard-of"])
    await settle(world)
    await decide(client, "release")
    await settle(world)
    (row,) = (await client.get("/v1/quarantine")).json()["quarantine"]
    assert row["reason"] == "mapping_error"
    assert "action_id" not in row


async def test_a_submission_is_found_by_the_beginning_of_its_id(
    world: "World", client: httpx.AsyncClient
) -> None:
    sent = world.submit()
    await settle(world)
    answer = await client.get("/v1/submissions", params={"id_prefix": str(sent.submission_id)[:6]})
    assert [each["submission_id"] for each in answer.json()["submissions"]] == [str(sent.submission_id)]


async def test_a_release_is_no_news_of_the_intake_that_took_it(
    world: "World", client: httpx.AsyncClient
) -> None:
    world.submit(verdict=WAVE)
    await settle(world)
    before = await world.fetch("SELECT count(*) AS n FROM receipt_batches")
    await decide(client, "release")
    await settle(world)
    assert await world.fetch("SELECT count(*) AS n FROM receipt_batches") == before


async def test_an_import_says_how_its_lead_is_handled_until_the_buyer_asks(world: "World") -> None:
    row = ImportedRow(import_id=uuid4(), row=7, mode=ImportMode.PACED, per_rep_daily=5, counts=True)
    world.submit({"email": "eva@example.com", "name": "Eva"}, topic="lead-imported", imported=row)
    await settle(world)
    (event,) = world.published("lead-scored-bulk")
    assert event.handling is not None
    assert (event.handling.mode, event.handling.per_rep_daily, event.handling.counts) == ("paced", 5, True)
    stored = await world.fetch("SELECT import_id, import_row FROM submissions")
    assert stored == [{"import_id": row.import_id, "import_row": 7}]
    world.submit({"email": "eva@example.com"}, explicit_ask=False)
    await settle(world)
    assert world.scored()[-1].handling is not None
    world.submit({"email": "eva@example.com", "message": "call me"})
    await settle(world)
    assert world.scored()[-1].handling is None
