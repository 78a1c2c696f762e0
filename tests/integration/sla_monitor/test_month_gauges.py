"""Attainment and pace of the month that runs, as gauges."""

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from lead_events.words import TimerKind
from sla_monitor.ledger import metrics
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.gauges import export_month
from sla_monitor.ledger.periods import period_of
from sla_monitor.ledger.reading import read_month
from sla_monitor.reports.figures.month import month_report
from sla_monitor.reports.figures.sales import PromiseFigure
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

AGREEMENT = {
    "marketing": {
        "goals": {
            "big": {"goal": 22, "segments": ["big"]},
            "warmth": {"goal": 100, "counted_in": "points", "sources": ["fair"]},
        },
        "points": {"perfect": 3},
        "takes_off": {"out_of_profile": 0.5},
    }
}


def _value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_goals_pace_and_promises_of_the_month_are_shown(world: World) -> None:
    big, fair, back = a_lead(), a_lead(), a_lead()
    segments = {"routing": {"pools": {}, "plans": {}, "segments": {"big": "lead.employees > 500"}}}
    world.publish_rulebook(agreement=AGREEMENT, document=segments)
    world.scored(big, profile={"employees": 800})
    for lead in (fair, back):
        cause = {"id": lead, "kind": "submission", "at": MONDAY_9, "source": "fair"}
        world.scored(lead, cause=cause, profile={"employees": 5})
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.acted(back, "rejected", code="out_of_profile")
        world.at(MONDAY_9 + timedelta(days=2))
        await world.read_all(consumer)
        await world.fire()
    world.at(MONDAY_9 + timedelta(days=2) + MARGIN)
    await export_month(world.database, Books())
    goals = {name: _value("baton_goal_delivered", goal=name) for name in ("big", "warmth")}
    assert goals == {"big": 1.0, "warmth": 6.0}
    assert _value("baton_goal_taken_off", goal="warmth") == 1.5
    assert _value("baton_goal_planned", goal="big") == 2.0, "22 working days, two are over"
    assert _value("baton_promises_due", kind="accept", outcome="kept") == 1.0
    assert _value("baton_promises_due", kind="accept", outcome="broken_by_sales") == 1.0
    assert _value("baton_promises_kept_share", kind="accept") == 0.5
    assert _value("baton_leads_to_work", outcome="not_worked") == 3.0
    metrics.forget()
    assert _value("baton_goal", goal="big") is None


async def test_promises_above_the_agreed_volume_stand_apart_as_in_the_report(world: World) -> None:
    leads = sorted((a_lead() for _ in range(4)), key=str)
    promises = {"perfect": {"accept_within": "15m", "outcome_within": "15m"}}
    world.publish_rulebook(promises=promises, volume={"per_day": 2, "per_month": 400})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.scored(lead)
            world.assigned(lead)
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(minutes=5))
        for lead in (leads[0], leads[2]):
            world.acted(lead, "accepted")
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=1))
    await export_month(world.database, Books())
    assert _due("accept") == {"kept": 1, "broken_by_sales": 1, "above_volume": 2}
    assert _due("outcome") == {"broken_by_sales": 4}, "no promise of speed"
    told = await _told(world, TimerKind.ACCEPT)
    assert (told.kept, told.broken_by_sales, told.above_volume, told.late_above_volume) == (1, 1, 1, 1)
    metrics.forget()


async def test_the_volume_of_a_month_holds_for_its_promises_due_in_the_next(world: World) -> None:
    leads = sorted((a_lead() for _ in range(2)), key=str)
    promises = {"perfect": {"accept_within": "15m"}}
    world.publish_rulebook(promises=promises, volume={"per_month": 1})
    world.at(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.scored(lead)
            world.assigned(lead)
        await world.read_all(consumer)
        await world.up_to(consumer, datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    await export_month(world.database, Books())
    assert _due("accept") == {"broken_by_sales": 1, "above_volume": 1}
    metrics.forget()


def _due(kind: str) -> dict[str, float]:
    """Promises of a kind that were due, by what became of them, without those of which there are none."""
    found = {each: _value("baton_promises_due", kind=kind, outcome=each) for each in metrics.OUTCOMES}
    return {outcome: number for outcome, number in found.items() if number}


async def _told(world: World, kind: TimerKind) -> PromiseFigure:
    """The report's row of a kind."""
    async with world.database.transaction() as conn:
        now, books = await world.database.clock.now(conn), Books()
        await books.learn(conn)
        book = books.at(now)
        assert book is not None
        report = month_report(await read_month(conn, period_of(now, book.zone), now=now, books=books))
    return next(each for each in report.sales.promises if each.kind is kind)


async def test_a_source_counts_from_nought(world: World) -> None:
    """A counter that begins with its first lead hides that lead from every rate."""
    world.publish_rulebook(document={"sources": {"new-fair": {"name": "Fair"}}})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.scored(a_lead())
        await world.read_all(consumer)
    for name in ("received", "delivered"):
        assert _value(f"baton_leads_{name}_total", source="new-fair", quadrant="cold") == 0
    assert _value("baton_leads_duplicate_total", source="new-fair") == 0
