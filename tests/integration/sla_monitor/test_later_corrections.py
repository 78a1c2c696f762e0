"""Corrections of what later news changes about other leads, or about leads that were told already."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx

from tests.integration.sla_monitor.ledgers import month
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

THIRD_WORKING_DAY = datetime(2026, 4, 3, 8, 0, tzinfo=UTC)
SOURCES = {"website": {"name": "Website"}, "fair": {"name": "Fair"}}


async def _close(api: httpx.AsyncClient, period: str = "2026-03") -> None:
    for side in ("marketing", "sales"):
        answer = await api.post(f"/v1/reports/{period}/sign", json={"side": side, "name": "Ana"})
        assert answer.status_code == 200, answer.text


async def _later(world: World, name: str = "2026-04") -> dict[tuple[str, str | None, UUID], Decimal]:
    found = (await month(world, name)).corrections
    return {(each.measure, each.goal, each.subject): each.amount for each in found}


async def test_a_submission_told_after_the_closing_moves_the_lead_to_its_source(
    world: World, api: httpx.AsyncClient
) -> None:
    """The event between the first one and the one that made it a SQL is read last."""
    goals = {name: {"goal": 5, "sources": [name]} for name in SOURCES}
    world.publish_rulebook(agreement={"marketing": {"goals": goals}}, document={"sources": SOURCES})
    lead, before = a_lead(), {"quadrant": "cold", "stage": "lead"}
    world.scored(lead, stage="lead", quadrant="cold")
    signal = {"id": uuid4(), "kind": "signal", "at": MONDAY_9 + timedelta(minutes=9)}
    world.scored(lead, seq=3, cause=signal, sql_at=MONDAY_9 + timedelta(minutes=9), before=before)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(THIRD_WORKING_DAY)
        await _close(api)
        assert ("delivered", "website") in {(b.measure, b.goal) for b in (await month(world)).booked}
        asked = {
            "id": uuid4(), "kind": "submission", "at": MONDAY_9 + timedelta(minutes=5), "source": "fair"
        }  # fmt: skip
        world.scored(lead, seq=2, cause=asked, stage="lead", quadrant="cold", before=before)
        await world.read_all(consumer)
    assert await _later(world) == {
        ("delivered", "website", lead): Decimal(-1),
        ("delivered", "fair", lead): Decimal(1),
    }


async def test_who_comes_above_the_volume_by_a_lead_told_later_is_corrected(
    world: World, api: httpx.AsyncClient
) -> None:
    """Two a day are agreed. A third delivery of the day, before both, turns up after the closing."""
    world.publish_rulebook(volume={"per_day": 2})
    leads = [a_lead(), a_lead()]
    async with world.reading() as consumer:
        for minute, lead in enumerate(leads, start=1):
            world.at(MONDAY_9 + timedelta(minutes=minute))
            world.scored(lead)
            world.assigned(lead)
            await world.read_all(consumer)
            await world.catch_up()
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=1))
        assert set((await world.states(leads[1])).values()) == {"breached"}
        world.at(THIRD_WORKING_DAY)
        await _close(api)
        early = a_lead()
        act = {"id": uuid4(), "kind": "submission", "at": MONDAY_9}
        journey = dict.fromkeys(("received_at", "durable_at", "scored_at"), MONDAY_9)
        world.scored(early, cause=act, journey=journey)
        await world.read_all(consumer)
        promises = {(row.lead_id, row.kind.value): row.id for row in (await month(world)).promises}
        assert await _later(world) == {
            ("due", None, early): Decimal(1),
            ("broken", "accept", promises[leads[1], "accept"]): Decimal(-1),
            ("broken", "first_response", promises[leads[1], "first_response"]): Decimal(-1),
        }
        world.merged(early)
        await world.read_all(consumer)
        assert await _later(world) == {}
        world.at(datetime(2026, 5, 7, 8, 0, tzinfo=UTC))
        await _close(api, "2026-04")
    assert await _later(world, "2026-05") == {}


async def test_a_lead_delivered_on_another_day_than_first_told_leaves_its_month(
    world: World, api: httpx.AsyncClient
) -> None:
    """What it was booked for counts no more, whatever month it is in now."""
    world.publish_rulebook(agreement={"marketing": {"goals": {"all": {"goal": 5}}}})
    lead = a_lead()
    late = datetime(2026, 4, 2, 9, tzinfo=UTC)
    world.at(late)
    claimed = {"received_at": late, "durable_at": late, "scored_at": late}
    world.scored(lead, seq=2, sql_at=MONDAY_9, journey=claimed)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(THIRD_WORKING_DAY)
        await _close(api)
        world.scored(lead, seq=1, sql_at=late, journey=claimed)
        await world.read_all(consumer)
    assert (await _later(world)).get(("delivered", "all", lead)) == Decimal(-1)


async def test_corrections_of_corrections_add_up_over_three_closed_months(
    world: World, api: httpx.AsyncClient
) -> None:
    """A deal of March is put right after each closing; each open month books only what changed since."""
    world.publish_rulebook(agreement={"marketing": {"goals": {"all": {"goal": 5}}}})
    lead = a_lead()
    world.scored(lead)
    world.assigned(lead)

    def worth(minor: int) -> None:
        outcome = {"result": "won", "value": {"minor": minor, "currency": "EUR"}}
        world.acted(lead, "outcome", at=MONDAY_9 + MARGIN, outcome=outcome)

    async with world.reading() as consumer:
        worth(100)
        await world.read_all(consumer)
        await world.catch_up()
        revenue = "revenue", None, lead
        for day, period, minor, expected in (
            (datetime(2026, 4, 3, 8, tzinfo=UTC), "2026-03", 250, 150),
            (datetime(2026, 5, 7, 8, tzinfo=UTC), "2026-04", 40, -210),
            (datetime(2026, 6, 9, 8, tzinfo=UTC), "2026-05", 0, -40),
        ):
            world.at(day)
            await _close(api, period)
            worth(minor)
            await world.read_all(consumer)
            following = f"2026-{int(period[-2:]) + 1:02}"
            assert (await _later(world, following))[revenue] == Decimal(expected)
