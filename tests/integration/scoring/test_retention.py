"""Each night what has been kept long enough goes, and the counts hold."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from lead_events import Consent, LeadRouted, PersonErased, Profile, Rerun, Verdict
from lead_events.ids import lead_id
from lead_events.words import CloseReason, Quadrant, QuarantineReason, RerunKind, RoutedKind
from scoring.accounting import conservation_answer
from scoring.retention import Retention, kept_since, night_due
from scoring.store import nurturing
from service_kit.clock import ManualClock, ManualTransactionClock

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPAM = Verdict(outcome="quarantined", reason=QuarantineReason.LINKS)
DAYS: dict[str, Any] = {
    "quarantined_days": 90,
    "refused_days": 30,
    "raw_days": 365,
    "closed_days": 730,
    "signals_days": "keep",
}


@pytest.fixture
async def aging(bare_world: "World") -> tuple["World", ManualClock]:
    """Scoring in a time of the test's own, with the days above."""
    clock = ManualClock(START)
    bare_world.database.clock = ManualTransactionClock(clock)
    await bare_world.publish_rulebook(bare_world.document | {"retention": DAYS})
    return bare_world, clock


async def night(world: "World") -> dict[str, int]:
    await Retention(world.runtime, hour=3, chunk=2).work()
    await world.runtime.published()
    rows = await world.fetch("SELECT counts FROM retention_nights ORDER BY day DESC LIMIT 1")
    return dict(rows[0]["counts"])


def close(world: "World", submission: Any, at: datetime) -> None:
    event = LeadRouted(
        lead_id=lead_id(submission.submission_id, "main"),
        line="main",
        seq=1,
        kind=RoutedKind.CLOSED,
        at=at,
        cause_id=uuid4(),
        quadrant=Quadrant.WARM,
        why="closed",
        close_reason=CloseReason.LOST,
        rulebook_version=1,
    )
    world.send(event, "lead-routed")


async def test_each_state_goes_when_its_days_are_over(aging: tuple["World", ManualClock]) -> None:
    world, clock = aging
    consent = Consent(given=True, text="Call me.", text_version="7")
    kept = world.submit(fields={"hobby": "secret wish"}, consent=consent, fingerprint="f")
    spam = [
        world.submit({"email": f"spam{n}@example.com"}, verdict=SPAM, submission_id=uuid4()) for n in range(5)
    ]
    await world.settle()
    close(world, kept, START + timedelta(days=1))
    await world.settle()
    nothing = {"quarantined": 0, "refused": 0, "raw": 0, "persons": 0, "signals": 0}

    clock.advance(timedelta(days=89).total_seconds())
    assert await night(world) == nothing

    clock.advance(timedelta(days=3).total_seconds())
    assert await night(world) == nothing | {"quarantined": 5}
    states = await world.states()
    assert {states[each.submission_id] for each in spam} == {"erased"}
    assert await world.fetch("SELECT 1 FROM quarantine") == []

    clock.advance(timedelta(days=280).total_seconds())
    assert await night(world) == nothing | {"raw": 1}
    (row,) = await world.fetch("SELECT event FROM submissions WHERE id = $1", kept.submission_id)
    assert "secret wish" not in str(row)
    assert row["event"]["consent"]["text"] == "Call me."
    assert row["event"]["profile"]["email"] == "eva@example.com", "as long as the person is kept"
    assert (await world.states())[kept.submission_id] == "opened"

    clock.advance(timedelta(days=370).total_seconds())
    assert await night(world) == nothing | {"persons": 1}
    assert await world.fetch("SELECT 1 FROM persons") == []
    assert await world.fetch("SELECT 1 FROM erased_keys") == [], "a later row of theirs is nobody's mistake"
    (told,) = world.published("person-erased")
    assert isinstance(told, PersonErased)
    assert told.leads == [lead_id(kept.submission_id, "main")]
    assert (await conservation_answer(world.database))["unaccounted"] == 0


async def test_a_person_with_an_open_lead_or_fresh_news_stays(aging: tuple["World", ManualClock]) -> None:
    world, clock = aging
    world.submit({"email": "open@example.com"})
    closed = world.submit({"email": "closed@example.com"})
    await world.settle()
    close(world, closed, START + timedelta(days=700))
    await world.settle()
    clock.advance(timedelta(days=800).total_seconds())
    assert (await night(world))["persons"] == 0
    clock.advance(timedelta(days=700).total_seconds())
    assert (await night(world))["persons"] == 1
    assert "open@example.com" in str(await world.fetch("SELECT profile FROM persons"))


async def test_whom_sales_will_call_on_a_day_stays_until_then(aging: tuple["World", ManualClock]) -> None:
    world, clock = aging
    gone = world.submit({"email": "eva@example.com"})
    await world.settle()
    close(world, gone, START)
    await world.settle()
    async with world.database.acquire() as conn:
        day, lead = START + timedelta(days=900), lead_id(gone.submission_id, "main")
        await conn.execute(
            "INSERT INTO wake_ups (lead_id, event_id, wake_at) VALUES ($1, $2, $3)", lead, uuid4(), day
        )
    clock.advance(timedelta(days=800).total_seconds())
    assert (await night(world))["persons"] == 0
    async with world.database.acquire() as conn:
        await conn.execute("UPDATE wake_ups SET became = 'ended_otherwise'")
    clock.advance(timedelta(days=1).total_seconds())
    assert (await night(world))["persons"] == 1


async def test_who_goes_by_age_has_unsubscribed_all_the_same(aging: tuple["World", ManualClock]) -> None:
    world, clock = aging
    closed = world.submit({"email": "eva@example.com"})
    await world.settle()
    close(world, closed, START)
    await world.settle()
    async with world.database.transaction() as conn:
        await nurturing.unsubscribe(conn, {("email", "eva@example.com")}, now=START, via="tool", by="tool")
    clock.advance(timedelta(days=800).total_seconds())
    assert (await night(world))["persons"] == 1
    assert await world.fetch("SELECT value FROM unsubscribes") == [{"value": "eva@example.com"}]


async def test_what_comes_mapped_again_after_its_days_were_over_goes_the_next_night(
    aging: tuple["World", ManualClock],
) -> None:
    """It was on its way when what was typed had been taken out of it."""
    world, clock = aging
    sent = world.submit(fields={"hobby": "secret wish"}, fingerprint="f")
    await world.settle()
    clock.advance(timedelta(days=366).total_seconds())
    assert (await night(world))["raw"] == 1
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    profile = Profile(email="eva@example.com", city="Vigo")
    world.send(
        sent.model_copy(update={"profile": profile, "rerun": rerun}), "lead-imported", event_id=uuid4()
    )
    await world.settle()
    assert "secret wish" in str(await world.fetch("SELECT event FROM submissions"))
    clock.advance(timedelta(days=1).total_seconds())
    assert (await night(world))["raw"] == 1
    assert "secret wish" not in str(await world.fetch("SELECT event FROM submissions"))


async def test_a_night_is_done_once_and_by_the_companys_clock(aging: tuple["World", ManualClock]) -> None:
    world, clock = aging
    await night(world)
    clock.advance(3600)
    await Retention(world.runtime, hour=3).work()
    assert len(await world.fetch("SELECT 1 FROM retention_nights")) == 1
    clock.advance(15 * 3600)
    await Retention(world.runtime, hour=3).work()
    assert len(await world.fetch("SELECT 1 FROM retention_nights")) == 1, "02:00 in Madrid: not yet"
    clock.advance(3600 + 3600)
    await Retention(world.runtime, hour=3).work()
    assert len(await world.fetch("SELECT 1 FROM retention_nights")) == 2


def test_the_hour_is_that_of_the_company() -> None:
    two = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert night_due(two - timedelta(minutes=1), "Europe/Madrid", 3) is None
    assert night_due(two, "Europe/Madrid", 3) == date(2026, 3, 2)
    assert night_due(two, "America/Sao_Paulo", 3) == date(2026, 3, 1)
    assert kept_since(START, "keep") is None
