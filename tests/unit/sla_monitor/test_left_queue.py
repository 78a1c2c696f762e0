"""A held lead that leaves the queue before anybody had it is nurturing again, and costs sales no time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from lead_events.words import Part, RoutedKind
from sla_monitor.domain.facts import Fact, LeadState, in_order, lead_state
from sla_monitor.domain.path import split, totals

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def decided(number: int, kind: RoutedKind, minute: int, reason: str | None = None) -> Fact:
    at = START + timedelta(minutes=minute)
    return Fact(UUID(int=number), "router", number, kind, at, 0, reason=reason)


def test_it_is_nurturing_until_it_is_routed_again() -> None:
    facts = in_order([decided(1, RoutedKind.HELD, 0, "nobody_open"), decided(2, RoutedKind.NURTURING, 30)])
    assert lead_state(facts) is LeadState.NURTURING
    again = in_order([*facts, decided(3, RoutedKind.HELD, 90, "no_capacity")])
    assert lead_state(again) is LeadState.HELD


def test_the_time_in_nurturing_is_nobodys() -> None:
    facts = in_order(
        [
            decided(1, RoutedKind.HELD, 0, "nobody_open"),
            decided(2, RoutedKind.NURTURING, 30),
            decided(3, RoutedKind.HELD, 90, "no_capacity"),
        ]
    )

    def no_hours(fact: Fact) -> object:
        raise AssertionError(fact)

    shares = split(None, facts, START + timedelta(minutes=100), no_hours)  # type: ignore[arg-type]
    spent = {(part, detail): length for part, detail, length in totals(shares)}
    assert spent == {
        (Part.HELD, "nobody_open"): timedelta(minutes=30),
        (Part.PAUSED, None): timedelta(minutes=60),
        (Part.HELD, "no_capacity"): timedelta(minutes=10),
    }
