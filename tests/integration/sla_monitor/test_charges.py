"""Who answers for a broken promise by all facts, also by those that arrive after it was said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY

from service_kit.consumer import Consumer
from sla_monitor.ledger.book import PromiseRow
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.gauges import export_month
from sla_monitor.reports.figures.month import month_report
from tests.integration.sla_monitor.ledgers import month
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, OPEN_UTC, World, a_lead

MINUTE = timedelta(minutes=1)
ACCEPT = {"perfect": {"accept_within": "15m"}}
DUE = MONDAY_9 + 15 * MINUTE


def _held(world: World, lead: UUID) -> None:
    world.routed(lead, "held", hold_reason="no_capacity", round=0, at=MONDAY_9 - 20 * MINUTE)


def _declined_by_the_first(world: World, lead: UUID) -> None:
    world.acted(lead, "declined", code="no_time", at=MONDAY_9 - 5 * MINUTE, number=1, rep_id="rep-ana")


def _received(world: World, lead: UUID) -> None:
    told = MONDAY_9 - 30 * MINUTE
    journey = {"received_at": told, "durable_at": told, "scored_at": MONDAY_9 - 20 * MINUTE}
    world.scored(lead, journey=journey)


def _hours_of_the_first(world: World, lead: UUID) -> None:
    on_sundays = {"tz": "UTC", "week": {"sun": [["10:00", "12:00"]]}}
    world.hours_changed("rep-ana", 2, on_sundays, at=MONDAY_9 - 8 * MINUTE)


def _left(world: World, lead: UUID) -> None:
    world.hours_changed("rep-marta", 2, OPEN_UTC, at=MONDAY_9 + 5 * MINUTE, is_active=False)


async def _broken(world: World, consumer: Consumer, lead: UUID) -> None:
    """Ana has it from 08:50 to 09:00, then Marta, who does not accept it in 15 minutes."""
    world.publish_rulebook(promises=ACCEPT)
    await world.read_all(consumer)
    world.assigned(lead, rep_id="rep-ana", at=MONDAY_9 - 10 * MINUTE)
    world.assigned(lead, round=2)
    await world.up_to(consumer, DUE)
    assert [event.charged_to for event in world.out("sla-breached")] == ["rep"]


async def _row(world: World, lead: UUID) -> PromiseRow:
    rows = (await month(world)).promises
    return next(row for row in rows if row.lead_id == lead and row.state.value == "breached")


def _minutes(row: PromiseRow) -> dict[str, float]:
    sums: dict[str, float] = {}
    for part, _, microseconds in row.parts:
        sums[part] = sums.get(part, 0) + microseconds / 60e6
    return sums


LATE = [
    ("what was held before shows as held", _held, "rep", {"held": 10, "rep": 25}),
    ("the first rep declined", _declined_by_the_first, "rep", {"declined": 5, "routing": 5, "rep": 15}),
    (
        "what was before the handoff is told last",
        _received,
        "rep",
        {"scoring": 10, "routing": 10, "rep": 25},
    ),
    ("the first rep did not work then", _hours_of_the_first, "rep", {"rep": 17, "out_of_hours": 8}),
    ("the rep had left", _left, "sales_team", {"rep": 25}),
]


@pytest.mark.parametrize(("what", "tell", "who", "minutes"), LATE, ids=[each[0] for each in LATE])
async def test_a_fact_told_after_the_breach_shows_in_the_month(
    world: World, what: str, tell: Callable[[World, UUID], None], who: str, minutes: dict[str, float]
) -> None:
    lead = a_lead()
    async with world.reading() as consumer:
        await _broken(world, consumer, lead)
        assert _minutes(await _row(world, lead)) == {"rep": 25}
        tell(world, lead)
        await world.read_all(consumer)
    row = await _row(world, lead)
    assert (str(row.charged_to), _minutes(row)) == (who, minutes), what
    assert [event.charged_to for event in world.out("sla-breached")] == ["rep"], "what was said stays"
    assert world.out("sla-withdrawn") == []


async def test_a_late_answer_leaves_what_was_said_and_keeps_nothing_more(world: World) -> None:
    lead = a_lead()
    async with world.reading() as consumer:
        await _broken(world, consumer, lead)
        world.acted(lead, "contacted", at=DUE + 5 * MINUTE, number=2)
        await world.read_all(consumer)
    assert str((await _row(world, lead)).charged_to) == "rep"
    assert await world.query("SELECT * FROM charges") == []


async def test_a_promise_broken_anew_is_judged_by_its_new_breach(world: World) -> None:
    """Judged again for a late fact, withdrawn for a late pause, and broken once the pause is over."""
    lead = a_lead()
    pauses = {"buyer_asked_to_wait": ["outcome"]}
    world.publish_rulebook(promises={"perfect": {"outcome_within": "15m"}}, pauses=pauses)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.up_to(consumer, DUE)
        _held(world, lead)
        await world.read_all(consumer)
        assert _minutes(await _row(world, lead)) == {"held": 20, "rep": 15}
        until = MONDAY_9 + 40 * MINUTE
        world.acted(lead, "paused", code="buyer_asked_to_wait", at=MONDAY_9 + 5 * MINUTE, until=until)
        await world.up_to(consumer, MONDAY_9 + 50 * MINUTE)
    assert _minutes(await _row(world, lead)) == {"held": 20, "rep": 15, "paused": 35}


async def _two_broken(world: World, consumer: Consumer) -> tuple[UUID, UUID]:
    """One a day is agreed: the second delivery is above, and charged to nobody."""
    world.publish_rulebook(promises=ACCEPT, volume={"per_day": 1})
    await world.read_all(consumer)
    leads = sorted((a_lead(), a_lead()), key=str)
    for lead in leads:
        world.scored(lead)
        world.assigned(lead)
    await world.up_to(consumer, DUE)
    said = {event.lead_id: event.charged_to for event in world.out("sla-breached")}
    assert [said[lead] for lead in leads] == ["rep", "nobody"]
    return leads[0], leads[1]


async def _charged(world: World, *leads: UUID) -> list[tuple[str, bool]]:
    rows = [await _row(world, lead) for lead in leads]
    return [(str(row.charged_to), row.is_above_volume) for row in rows]


async def test_a_delivery_told_later_moves_who_comes_above_the_volume(world: World) -> None:
    async with world.reading() as consumer:
        first, second = await _two_broken(world, consumer)
        early, at = a_lead(), MONDAY_9 - MINUTE
        journey = dict.fromkeys(("received_at", "durable_at", "scored_at"), at)
        world.scored(early, cause={"id": early, "kind": "submission", "at": at}, journey=journey)
        await world.read_all(consumer)
        assert await _charged(world, first, second) == [("nobody", True), ("nobody", True)]
        world.merged(early)
        await world.read_all(consumer)
    assert await _charged(world, first, second) == [("rep", False), ("nobody", True)]


async def test_who_moves_into_the_volume_answers_for_what_was_charged_to_nobody(
    world: World, api: httpx.AsyncClient
) -> None:
    async with world.reading() as consumer:
        first, second = await _two_broken(world, consumer)
        world.merged(first, at=DUE + MINUTE)
        await world.read_all(consumer)
    assert await _charged(world, second) == [("rep", False)]
    world.at(DUE + 2 * MINUTE + MARGIN)
    await export_month(world.database, Books())
    due = {
        outcome: REGISTRY.get_sample_value("baton_promises_due", {"kind": "accept", "outcome": outcome})
        for outcome in ("broken_by_sales", "broken_by_others", "above_volume")
    }
    assert due == {"broken_by_sales": 2.0, "broken_by_others": 0.0, "above_volume": 0.0}
    found = await api.get(f"/v1/leads/{second}/path")
    assert found.status_code == 200, found.text
    (breach,) = found.json()["breaches"]
    assert (breach["charged_to"], breach["said_charged_to"]) == ("rep", "nobody")
    assert breach["rule"] == "the rep's own working time alone used up what was promised"


async def test_a_charge_that_moves_after_the_closing_is_a_correction(
    world: World, api: httpx.AsyncClient
) -> None:
    """The rep had left, and most of the time it stood still for the buyer: it was nobody's."""
    lead = a_lead()
    pauses = {"buyer_asked_to_wait": ["outcome"]}
    world.publish_rulebook(promises={"perfect": {"outcome_within": "15m"}}, pauses=pauses)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        world.at(MONDAY_9 + 5 * MINUTE)
        world.acted(lead, "paused", code="buyer_asked_to_wait", until=MONDAY_9 + 40 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 50 * MINUTE)
        promise = (await _row(world, lead)).id
        world.at(datetime(2026, 4, 3, 8, tzinfo=UTC))
        for side in ("marketing", "sales"):
            answer = await api.post("/v1/reports/2026-03/sign", json={"side": side, "name": "Ana"})
            assert answer.status_code == 200, answer.text
        _left(world, lead)
        await world.read_all(consumer)
    book = await month(world, "2026-04")
    assert {(each.measure, each.subject, each.amount) for each in book.corrections} == {
        ("broken_by_others", promise, Decimal(1))
    }
    (outcome,) = month_report(book).sales.promises
    assert (outcome.corrections_broken, outcome.corrections_broken_by_sales) == (0, -1)
