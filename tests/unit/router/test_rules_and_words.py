"""Rules choose the pool; calendars, deadlines and sentences."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lead_events.words import HoldReason, TimerKind
from router.domain.book import Book, PoolChoice, RuleError, read_book
from router.domain.deadlines import deadlines, had_full_time
from router.domain.decision import RoutableLead, decide
from router.domain.hours import hours_document, with_absences
from router.domain.why import why_assigned, why_held
from rulebook.calendars import absence_span
from rulebook.context import routing_context, scoring_context
from rulebook.models import Absence, Rulebook
from rulebook.models import Calendar as CalendarSeed
from tests.unit.router.pools import LEAD, NOW, OFFICE, make_pool, make_rep
from worktime import ALWAYS_OPEN, Calendar, CalendarError


def book(rules: list[dict[str, str]], on_error: str | None = None) -> Book:
    pools = {name: {"name": name.title(), "reps": ["ana"]} for name in ("one", "two", "rest", "broken")}
    document: dict[str, Any] = {
        "company": "Aurora",
        "time_zone": "UTC",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {},
        "sources": {},
        "scorecards": {},
        "routing": {
            "pools": pools,
            "plans": {"main": {"rules": rules, "fallback": "rest", "on_error": on_error}},
        },
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": {"name": "A", "sales": {"promises": {}}},
    }
    return read_book(1, Rulebook.model_validate(document))


def context(**profile: Any) -> dict[str, Any]:
    scoring = scoring_context(
        profile, form="demo", source="web", campaign=None, line="main", submissions=1, asks=True
    )
    return routing_context(scoring, fit=80, interest=20, quadrant="warm")


ONE = {"id": "one", "when": "lead.country == 'ES'", "pool": "one", "because": "Spain"}
TWO = {"id": "two", "when": "score.fit >= 50 && quadrant == 'warm'", "pool": "two"}


@pytest.mark.parametrize(
    ("rules", "on_error", "profile", "pool", "rule", "errors"),
    [
        pytest.param([ONE, TWO], None, {"country": "ES"}, "one", "one", 0, id="the first that holds"),
        pytest.param([ONE, TWO], None, {"country": "IT"}, "two", "two", 0, id="the next one"),
        pytest.param([ONE], None, {"country": "IT"}, "rest", "fallback", 0, id="none holds"),
        pytest.param([ONE], None, {}, "rest", "fallback", 1, id="in error: does not match"),
        pytest.param([ONE], "broken", {}, "broken", "on_error", 1, id="in error, and a pool for it"),
        pytest.param([ONE, TWO], "broken", {}, "two", "two", 1, id="in error, and a later rule holds"),
    ],
)
def test_rules_choose_the_pool(
    rules: list[dict[str, str]],
    on_error: str | None,
    profile: dict[str, Any],
    pool: str,
    rule: str,
    errors: int,
) -> None:
    choice = book(rules, on_error).choose_pool("main", context(**profile))
    assert (choice.pool, choice.rule, len(choice.errors)) == (pool, rule, errors)


def test_a_line_without_a_plan_has_no_pool() -> None:
    assert book([]).choose_pool("other", context()).pool is None


def test_a_pool_holds_named_reps_and_those_of_its_team() -> None:
    made = book([])
    ana, bea = make_rep("ana", team="south"), make_rep("bea")
    assert made.members("one", [bea, ana]) == ["ana"]
    assert made.pools_of(ana) == ["broken", "one", "rest", "two"]


def test_public_holidays_and_absences_close_days() -> None:
    seed = CalendarSeed(tz="Europe/Madrid", week={"fri": [("09:00", "18:00")]}, holidays_of="ES")
    document = with_absences(
        hours_document(seed, year=2026),
        [absence_span(Absence(first_day=date(2026, 1, 9), last_day=date(2026, 1, 15)), seed.tz)],
    )
    calendar = Calendar.from_dict(document)
    assert not calendar.is_open(datetime(2026, 12, 25, 10, tzinfo=UTC)), "Christmas is a holiday in Spain"
    assert not calendar.is_open(datetime(2026, 1, 9, 10, tzinfo=UTC)), "first day of the absence"
    assert calendar.is_open(datetime(2026, 1, 16, 10, tzinfo=UTC)), "day after the absence"


def test_an_unknown_country_says_what_to_write() -> None:
    with pytest.raises(CalendarError, match="or list `holidays`"):
        hours_document(CalendarSeed(tz="UTC", week={}, holidays_of="QQ"), year=2026)


def test_deadlines_are_in_working_time_and_absent_where_nothing_is_promised() -> None:
    calendar = Calendar.from_dict(OFFICE)
    due = deadlines(calendar, NOW.replace(hour=17), accept_within=timedelta(hours=2), respond_within=None)
    assert due.accept_by == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    assert due.respond_by is None


def test_full_time_is_working_time() -> None:
    calendar = Calendar.from_dict(OFFICE)
    handoff = NOW.replace(hour=17, minute=30)
    assert not had_full_time(calendar, handoff, handoff + timedelta(hours=10), 3600)
    assert had_full_time(calendar, handoff, handoff + timedelta(hours=16), 3600)


def test_a_target_that_was_rounded_up_to_whole_seconds_is_used_up_at_its_due_time() -> None:
    """Ten tries in 86 minutes and 46 seconds are 520.6 seconds apart; the event says 521."""
    tried = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    due = tried + timedelta(hours=1, minutes=26, seconds=46) / 10
    assert had_full_time(ALWAYS_OPEN, tried, due, 521, TimerKind.NEXT_ATTEMPT)
    assert not had_full_time(ALWAYS_OPEN, tried, due - timedelta(seconds=1), 521, TimerKind.NEXT_ATTEMPT)


def test_why_is_one_line_a_manager_understands() -> None:
    pool = make_pool(
        make_rep("ana", capacity=3), make_rep("bea"), make_rep("cleo", is_active=False), load={"ana": 1}
    )
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW)
    assert decision.rep is not None
    choice = PoolChoice("north", "es", "Spanish leads", (RuleError("vip", "the lead has no 'x'"),))
    assert why_assigned(decision.rep, decision, choice).text == (
        "Ana of North: next in turn of 2 by weight, 2 of 3 leads with this one; not considered: 1 not active;"
        " rule es (Spanish leads); rules in error: vip"
    )


def test_why_held_says_when_it_is_tried_again() -> None:
    pool = make_pool(make_rep("ana"))
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW.replace(hour=20))
    assert decision.hold_reason is HoldReason.NOBODY_OPEN
    assert why_held(decision, PoolChoice("north", "fallback", None)).text == (
        "Held in North: nobody who could take it is at work; next try Wed 2026-03-04 09:00 UTC;"
        " reps: 1 outside working hours; no rule holds, so the plan's fallback pool"
    )
