"""Attainment and pace of the month that runs, as gauges."""

from datetime import timedelta

from prometheus_client import REGISTRY

from sla_monitor.ledger import metrics
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.gauges import export_month
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
