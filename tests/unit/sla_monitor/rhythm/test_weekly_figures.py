"""The figures of a week, from the rows of the months it lies in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lead_events.words import Quadrant, TimerKind
from rulebook.models import Rulebook
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import GivenBack, LeadRow, Money, MonthBook, PromiseRow, Won
from sla_monitor.ledger.periods import Period
from sla_monitor.rhythm.weekly import Flow, OpenMatters, Planned, WeeklyFigures, Win, weekly_figures
from sla_monitor.rhythm.weeks import parse_week

MADRID = ZoneInfo("Europe/Madrid")
WEEK = parse_week("2026-W44", MADRID)
"""26 October to 1 November: it lies in two months."""
NOW = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
NOTHING = OpenMatters(0, ())


def rulebook(**more: Any) -> Rulebook:
    return Rulebook.model_validate(
        {
            "company": "Aurora",
            "time_zone": "Europe/Madrid",
            "currency": "EUR",
            "lines": {"main": "Platform"},
            "forms": {},
            "sources": {"website": {"name": "Our website"}, "ads": {"name": "Ads"}},
            "scorecards": {"main": {"fit": [], "interest": []}},
            "routing": {"pools": {}, "plans": {}},
            "roster": {"teams": {}, "reps": {}},
            "calendars": {},
            "agreement": {
                "name": "2026",
                "signatures": {
                    "marketing": {"name": "Irene", "on": "2025-12-17"},
                    "sales": {"name": "Marta", "on": "2025-12-17"},
                },
                "marketing": {"leads": {"perfect": 42}},
                "sales": {"promises": {"perfect": {"first_response_within": "30m"}}},
            },
        }
        | more
    )


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=MADRID).astimezone(UTC)


def lead(number: int, received: str, **more: Any) -> LeadRow:
    fields: dict[str, Any] = {
        "id": UUID(int=number),
        "line": "main",
        "quadrant": Quadrant.PERFECT,
        "segments": (),
        "first_source": "ads",
        "last_source": "website",
        "is_ours": True,
        "is_own": False,
        "received_at": at(received),
        "scored_at": at(received),
    }
    return LeadRow(**fields | more)


def promise(number: int, due: str, state: TimerState, minutes: float | None = None) -> PromiseRow:
    ended = at(due) if minutes is not None else None
    return PromiseRow(
        id=UUID(int=number),
        lead_id=UUID(int=number),
        kind=TimerKind.FIRST_RESPONSE,
        round=1,
        rep_id="rep-marta",
        team="iberia",
        line="main",
        quadrant=Quadrant.PERFECT,
        agreement="agreement",
        is_trial=False,
        opened_at=at(due) - timedelta(minutes=30),
        due_at=at(due),
        state=state,
        ended_at=ended,
        ended_kind="contacted" if ended else None,
        wall=minutes * 60 if minutes is not None else None,
        worked=minutes * 60 if minutes is not None else None,
    )


def book(month: int, *leads: LeadRow, promises: tuple[PromiseRow, ...] = (), **more: Any) -> MonthBook:
    fields: dict[str, Any] = {"rulebook": rulebook(), "names": {"rep-marta": "Marta Ibáñez"}} | more
    return MonthBook(
        period=Period(2026, month, MADRID),
        now=NOW,
        leads=leads,
        promises=promises,
        rounds=(),
        touches=(),
        **fields,
    )


def figures(
    october: MonthBook,
    november: MonthBook,
    *,
    waits: OpenMatters = NOTHING,
    of: Rulebook | None = None,
) -> WeeklyFigures:
    return weekly_figures(WEEK, [october, november], of or rulebook(), waits, NOW)


def test_each_lead_counts_once_in_the_week_in_which_it_came_that_far() -> None:
    early = lead(1, "2026-10-25", delivered_at=at("2026-10-26"), accepted_at=at("2026-10-27"))
    same = lead(2, "2026-10-31", delivered_at=at("2026-11-01", 23))
    late = lead(3, "2026-11-02", delivered_at=at("2026-11-02"))
    own = lead(4, "2026-10-30", is_ours=False, is_own=True)
    found = figures(book(10, early, same, own), book(11, same, late))
    assert found.flow == Flow(received=1, mql=1, sql=2, accepted=1, given_back=0)
    assert found.flow_before == Flow(received=1, mql=1, sql=0, accepted=0, given_back=0)


def test_what_sales_gave_back_is_counted_in_the_week_of_that() -> None:
    back = GivenBack(UUID(int=9), at("2026-10-28"), is_rejection=True, code="wrong_data", rep_id=None)
    found = figures(book(10, lead(1, "2026-10-20", given_back=back)), book(11))
    assert (found.flow.given_back, found.flow_before.given_back) == (1, 0)


def test_wins_have_source_value_and_rep_the_most_valuable_first() -> None:
    def won(number: int, day: str, minor: int | None, **more: Any) -> LeadRow:
        told = Won(at(day), minor, more.pop("as_told", None))
        return lead(number, "2026-10-01", won=told, rep_id="rep-marta", **more)

    small, big = won(1, "2026-10-26", 50_000), won(2, "2026-11-01", 120_000, last_source="gone")
    own = won(3, "2026-10-27", 70_000, is_own=True, is_ours=False)
    foreign = won(4, "2026-10-27", None, as_told=Money(900_000, "CHF"))
    unknown, before = won(5, "2026-10-28", None), won(6, "2026-10-25", 10_000)
    found = figures(book(10, small, own, foreign, unknown, before), book(11, big))
    assert [(each.source, each.minor, each.currency, each.rep) for each in found.wins] == [
        ("gone", 120_000, "EUR", "Marta Ibáñez"),
        ("own", 70_000, "EUR", "Marta Ibáñez"),
        ("Our website", 50_000, "EUR", "Marta Ibáñez"),
        ("Our website", None, "EUR", "Marta Ibáñez"),
        ("Our website", 900_000, "CHF", "Marta Ibáñez"),
    ]
    assert found.won_minor == 240_000, "money of another currency without a rate is not added"


def test_the_agreement_says_which_source_has_the_win() -> None:
    first = rulebook()
    first = first.model_copy(update={"agreement": first.agreement.model_copy(update={"credit": "first"})})
    won = lead(1, "2026-10-01", won=Won(at("2026-10-28"), 100))
    found = figures(book(10, won, rulebook=first), book(11, rulebook=first))
    (win,) = found.wins
    assert isinstance(win, Win)
    assert win.source == "Ads"


def test_speed_is_of_answers_given_and_promises_due_in_the_week() -> None:
    kept = [
        promise(n, "2026-10-28", TimerState.KEPT, minutes) for n, minutes in ((1, 10.0), (2, 20.0), (3, 90.0))
    ]
    broken = promise(4, "2026-10-29", TimerState.BREACHED)
    before = promise(5, "2026-10-20", TimerState.KEPT, 5.0)
    found = figures(book(10, promises=(*kept, broken, before)), book(11, promises=(broken,)))
    assert (found.speed.answered, found.speed.median_seconds, found.speed.in_time) == (3, 1200.0, 0.75)
    assert (found.speed_before.answered, found.speed_before.in_time) == (1, 1.0)


def test_pace_is_that_of_the_month_in_which_the_week_ends_up_to_its_end() -> None:
    """November has 21 working days and none is over on Sunday the first: nothing is due by then."""
    sunday, monday = (lead(n, day, delivered_at=at(day)) for n, day in ((1, "2026-11-01"), (2, "2026-11-02")))
    found = figures(book(10), book(11, sunday, monday))
    (pace,) = found.pace
    assert (found.pace_month, pace.goal, pace.due, pace.delivered, pace.ahead) == ("2026-11", 42, 0, 1, 1)


def test_pace_counts_the_days_that_are_over() -> None:
    week = parse_week("2026-W46", MADRID)
    one = lead(1, "2026-11-03", delivered_at=at("2026-11-03"))
    found = weekly_figures(week, [book(11, one)], rulebook(), NOTHING, NOW + timedelta(days=14))
    (pace,) = found.pace
    assert (pace.due, pace.ahead) == (20, -19), "ten of 21 working days of 42 leads, less one"


def test_a_week_that_still_runs_is_paced_up_to_now() -> None:
    week = parse_week("2026-W45", MADRID)
    found = weekly_figures(
        week, [book(10), book(11)], rulebook(), NOTHING, datetime(2026, 11, 4, 9, tzinfo=UTC)
    )
    assert found.pace[0].due == 4


def test_broken_promises_and_objections_that_wait_are_named() -> None:
    waits = OpenMatters(31, [(UUID(int=1), TimerKind.ACCEPT, "rep-marta", at("2026-10-30"))])
    found = figures(book(10), book(11), waits=waits)
    assert found.open_breaches == 31
    assert [(each.rep, each.kind) for each in found.breaches] == [("Marta Ibáñez", TimerKind.ACCEPT)]


CAMPAIGNS: Mapping[str, Any] = {
    "over": {"name": "Over", "first_day": "2026-10-01", "last_day": "2026-11-01"},
    "runs": {"name": "Runs", "first_day": "2026-10-01", "last_day": "2026-11-02", "source": "ads"},
    "begins": {"name": "Begins", "first_day": "2026-11-08", "last_day": "2026-12-01"},
    "later": {"name": "Later", "first_day": "2026-11-09", "last_day": "2026-12-01"},
    "new": {
        "kind": "news",
        "name": "New",
        "first_day": "2026-11-02",
        "last_day": "2026-11-02",
        "text": "It is.",
    },
}


def test_campaigns_and_news_are_those_of_the_week_in_which_the_page_is_read() -> None:
    found = figures(book(10), book(11), of=rulebook(campaigns=dict(CAMPAIGNS)))
    assert [(each.name, each.begins, each.source) for each in found.campaigns] == [
        ("Runs", False, "Ads"),
        ("Begins", True, None),
    ]
    assert found.news == [
        Planned(
            name="New",
            first_day=date(2026, 11, 2),
            last_day=date(2026, 11, 2),
            begins=True,
            text="It is.",
            url=None,
            source=None,
        )
    ]


def test_figures_are_the_same_once_they_were_kept_as_json() -> None:
    waits = OpenMatters(1, [(UUID(int=1), TimerKind.ACCEPT, "rep-marta", at("2026-10-30"))])
    won = lead(1, "2026-10-01", won=Won(at("2026-10-28"), 100), rep_id="rep-marta")
    found = figures(book(10, won), book(11), waits=waits, of=rulebook(campaigns=dict(CAMPAIGNS)))
    assert WeeklyFigures.model_validate(found.model_dump(mode="json")) == found
