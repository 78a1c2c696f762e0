"""What months are counted from, through the running consumer."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from lead_events.words import ChargedTo, Quadrant, TimerKind
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import Money
from tests.integration.sla_monitor.ledgers import month, row
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, OPEN_UTC, World, a_lead

HOUR = timedelta(hours=1)
ATTEMPTS = {"perfect": {"first_response_within": "30m", "attempts": {"count": 3, "within": "2d"}}}


async def test_a_delivery_is_what_the_lead_was_when_it_became_a_sql(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.scored(lead, stage="mql", quadrant="curious", source="website")
    world.at(MONDAY_9 + HOUR)
    act = MONDAY_9 + timedelta(minutes=50)
    world.scored(lead, seq=2, sql_at=act, before={"quadrant": "curious", "stage": "mql"})
    world.scored(lead, seq=3, sql_at=act, quadrant="warm", before={"quadrant": "perfect", "stage": "sql"})
    async with world.reading() as consumer:
        await world.read_all(consumer)
    found = await row(world, lead)
    assert (found.delivered_at, found.quadrant, found.received_at) == (act, Quadrant.PERFECT, MONDAY_9)
    assert (found.position_of_day, found.position_of_month, found.is_ours) == (1, 1, True)
    assert (found.first_source, found.last_source) == ("website", "website")


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_delivery_is_the_same_in_any_order_of_the_events(
    world: World, order: tuple[int, ...]
) -> None:
    lead = a_lead()
    stages = [("mql", "curious"), ("sql", "warm"), ("sql", "perfect")]
    world.publish_rulebook()
    async with world.reading() as consumer:
        for number in order:
            stage, quadrant = stages[number]
            at = MONDAY_9 + number * HOUR
            sql_at = MONDAY_9 + HOUR if number else None
            journey = {"received_at": at, "durable_at": at, "scored_at": at}
            world.scored(lead, seq=number + 1, stage=stage, quadrant=quadrant, sql_at=sql_at, journey=journey)
            await world.read_all(consumer)
    found = await row(world, lead)
    assert (found.delivered_at, found.quadrant, found.received_at) == (
        MONDAY_9 + HOUR,
        Quadrant.WARM,
        MONDAY_9,
    )


async def test_tests_own_leads_known_accounts_and_merged_leads_are_no_deliveries(world: World) -> None:
    ours, test, own, known, merged = (a_lead() for _ in range(5))
    account = {"id": uuid4(), "crm_id": "7", "name": "Acme", "standing": "customer"}
    world.publish_rulebook()
    world.scored(test, is_test=True)
    world.scored(own, form_id="+own", source="own")
    world.scored(known, account=account)
    world.scored(merged)
    world.scored(ours)
    world.merged(merged)
    async with world.reading() as consumer:
        await world.read_all(consumer)
    found = {lead.id: lead for lead in (await month(world)).leads}
    assert found.keys() == {own, known, ours}
    assert {lead: each.is_ours for lead, each in found.items()} == {own: False, known: False, ours: True}
    assert found[ours].position_of_day == 1


async def test_a_lead_is_credited_to_its_first_and_last_source_up_to_the_delivery(world: World) -> None:
    lead, again = a_lead(), uuid4()
    told = {"quadrant": "cold", "stage": "mql"}
    world.publish_rulebook()
    world.scored(lead, stage="mql", cause=_cause(MONDAY_9, source="website"))
    sql_at = MONDAY_9 + HOUR
    world.scored(lead, seq=2, sql_at=sql_at, before=told, cause=_cause(sql_at, again, source="partners"))
    world.scored(lead, seq=3, sql_at=sql_at, before=told, cause=_cause(sql_at, again, source="partners"))
    late = _cause(MONDAY_9 + 2 * HOUR, source="fair", campaign="autumn")
    world.scored(lead, seq=4, sql_at=sql_at, before=told, cause=late)
    world.scored(lead, seq=5, sql_at=sql_at, before=told, cause=_cause(sql_at, kind="rescore"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
    book = await month(world)
    (found,) = book.leads
    assert (found.first_source, found.last_source) == ("website", "partners")
    assert [(touch.source, touch.campaign, touch.opened) for touch in book.touches] == [
        ("website", None, True),
        ("partners", None, False),
        ("fair", "autumn", False),
    ]


def _cause(at: object, identity: object = None, **more: object) -> dict[str, object]:
    return {"id": identity or uuid4(), "kind": "submission", "at": at, **more}


async def test_a_lead_shows_what_sales_did_whatever_order_the_news_came_in(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=ATTEMPTS, pauses={})
    world.scored(lead)
    minutes = [MONDAY_9 + timedelta(minutes=number) for number in range(10)]
    news: list[Callable[[], object]] = [
        lambda: world.assigned(lead, at=minutes[0], seq=1),
        lambda: world.acted(lead, "accepted", at=minutes[1], seq=2),
        lambda: world.acted(lead, "contacted", at=minutes[2], seq=3, contact="attempt"),
        lambda: world.acted(lead, "contacted", at=minutes[3], seq=4, contact="attempt"),
        lambda: world.acted(lead, "contacted", at=minutes[4], seq=5, contact="attempt"),
        lambda: world.acted(lead, "outcome", at=minutes[5], seq=6, outcome={"result": "opportunity"}),
        lambda: world.acted(lead, "outcome", at=minutes[6], seq=7, outcome=_won(50_000, "EUR")),
        lambda: world.acted(lead, "outcome", at=minutes[7], seq=8, outcome=_won(60_000, "EUR")),
    ]
    random.Random(3).shuffle(news)
    async with world.reading() as consumer:
        world.at(MONDAY_9 + HOUR)
        for tell in news:
            tell()
            await world.read_all(consumer)
    found = await row(world, lead)
    assert (found.handed_at, found.accepted_at, found.contacted_at) == tuple(minutes[:3])
    assert (found.tries, found.worked_at) == (3, minutes[4])
    assert (found.opportunity_at, found.rep_id, found.team) == (minutes[5], "rep-marta", "iberia")
    assert found.won is not None
    assert (found.won.at, found.won.minor) == (minutes[6], 60_000)
    assert found.work_due_at == MONDAY_9 + timedelta(days=2)


def _won(minor: int, currency: str) -> dict[str, object]:
    return {"result": "won", "value": {"minor": minor, "currency": currency}}


async def test_money_of_a_currency_without_a_rate_is_kept_as_it_was_told(world: World) -> None:
    dollars, pounds = a_lead(), a_lead()
    world.publish_rulebook(agreement={"rates": {"USD": "0.9"}})
    for lead, currency in ((dollars, "USD"), (pounds, "GBP")):
        world.scored(lead)
        world.assigned(lead)
        world.acted(lead, "outcome", outcome=_won(1_005, currency))
    async with world.reading() as consumer:
        await world.read_all(consumer)
    rows = {lead.id: lead.won for lead in (await month(world)).leads}
    assert {lead: won and won.minor for lead, won in rows.items()} == {dollars: 904, pounds: None}
    in_pounds = rows[pounds]
    assert in_pounds is not None
    assert in_pounds.as_told == Money(1_005, "GBP")


async def test_a_lead_that_nobody_had_is_due_by_the_agreements_calendar(world: World) -> None:
    friday = MONDAY_9 + timedelta(days=4)
    lead = a_lead()
    world.publish_rulebook(promises=ATTEMPTS)
    world.at(friday)
    world.scored(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
    assert (await row(world, lead)).work_due_at == friday + timedelta(days=4)


async def test_what_was_given_back_and_handed_over_again_is_not_given_back(world: World) -> None:
    back, again, other = a_lead(), a_lead(), a_lead()
    world.publish_rulebook()
    for lead in (back, again):
        world.scored(lead)
        world.assigned(lead)
        world.acted(lead, "rejected", code="duplicate", duplicate_of=other, proof="proved", evidence="crm-9")
    world.assigned(again, round=2, at=MONDAY_9 + HOUR)
    async with world.reading() as consumer:
        await world.read_all(consumer)
    rows = {lead.id: lead.given_back for lead in (await month(world)).leads}
    given = rows[back]
    assert rows[again] is None
    assert given is not None
    assert (given.is_rejection, given.code, given.duplicate_of) == (True, "duplicate", other)
    assert (given.proof, given.evidence, given.rep_id) == ("proved", "crm-9", "rep-marta")


async def test_a_promise_shows_how_it_ended_and_whose_minutes_they_were(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(minutes=10))
        world.acted(lead, "accepted")
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(minutes=30) + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    book = await month(world)
    promises = {promise.kind: promise for promise in book.promises}
    kept, broken = promises[TimerKind.ACCEPT], promises[TimerKind.FIRST_RESPONSE]
    assert (kept.state, kept.wall, kept.worked) == (TimerState.KEPT, 600.0, 600.0)
    assert (broken.state, broken.charged_to, broken.excused) == (TimerState.BREACHED, ChargedTo.REP, None)
    assert sum(length for _, _, length in broken.parts) == 30 * 60 * 1_000_000
    assert [(one.rep_id, one.accepted_at, one.timed_out) for one in book.rounds] == [
        ("rep-marta", MONDAY_9 + timedelta(minutes=10), False)
    ]


async def test_a_rep_who_declines_after_a_breach_has_declined_and_not_timed_out(world: World) -> None:
    declined, gone = a_lead(), a_lead()
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in (declined, gone):
            world.scored(lead)
            world.assigned(lead)
        await world.up_to(consumer, MONDAY_9 + timedelta(minutes=30))
        world.acted(declined, "declined", code="no_time")
        for lead in (declined, gone):
            world.routed(lead, "taken_back")
        await world.read_all(consumer)
    rounds = {each.lead_id: each for each in (await month(world)).rounds}
    assert {lead: (one.declined_at is not None, one.timed_out) for lead, one in rounds.items()} == {
        declined: (True, False),
        gone: (False, True),
    }


async def test_a_change_of_hours_moves_the_time_to_be_worked(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises={"perfect": {"outcome_within": "1d"}})
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(MONDAY_9 + HOUR)
        absent = [["2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z"]]
        world.hours_changed("rep-marta", 2, {**OPEN_UTC, "absences": absent})
        await world.read_all(consumer)
    assert (await row(world, lead)).work_due_at == MONDAY_9 + timedelta(days=1, hours=2)
