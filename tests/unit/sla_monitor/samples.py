"""Facts and hours as the tests of the domain need them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lead_events.words import ProgressKind, Quadrant, RoutedKind, TimerKind
from sla_monitor.domain.facts import Fact, FactKind, Handoff
from sla_monitor.domain.schedule import Schedule, schedule
from sla_monitor.domain.terms import Terms
from worktime import ALWAYS_OPEN, Calendar

LEAD = UUID("2434eee9-2a5f-5c87-9137-9e586805f1f4")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TERMS = Terms(
    {TimerKind.ACCEPT: timedelta(minutes=15), TimerKind.FIRST_RESPONSE: timedelta(minutes=30)}, (0.5, 0.8)
)
MADRID = Calendar.from_dict(
    {
        "tz": "Europe/Madrid",
        "week": {
            day: [["09:00", "14:00"], ["15:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
        },
    }
)


def fact(seq: int, kind: FactKind, minutes: float, round_: int = 1, **more: Any) -> Fact:
    """The fact numbered `seq`, `minutes` after START; assigned ones carry a handoff."""
    handoff = None
    if kind is RoutedKind.ASSIGNED:
        handoff = Handoff("main", "iberia", Quadrant.PERFECT, 1, UUID(int=1), 1, is_test=False)
    fields: dict[str, Any] = {"rep_id": f"rep-{round_}", "handoff": handoff} | more
    return Fact(
        uuid5(LEAD, str(seq)), "baton/router", seq, kind, START + timedelta(minutes=minutes), round_, **fields
    )


def assigned(seq: int = 1, minutes: float = 0, round_: int = 1, **more: Any) -> Fact:
    return fact(seq, RoutedKind.ASSIGNED, minutes, round_, **more)


def acted(seq: int, kind: str, minutes: float, round_: int = 1) -> Fact:
    return fact(seq, ProgressKind(kind), minutes, round_)


def numbered_apart(told: Fact) -> Fact:
    """The act under an id of its own: the router numbers a lead's acts and its own decisions each from 1."""
    return replace(told, id=uuid5(LEAD, f"act {told.seq}"))


def around_the_clock(opening: Fact) -> Schedule:
    return schedule(ALWAYS_OPEN, revision=1, opened_at=opening.at)
