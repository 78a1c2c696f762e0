"""An agreement as one page in plain words, for both sides to read before they sign it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lead_events.words import RecycleCode, RejectCode
from rulebook.agreed_hours import Hours
from rulebook.agreement_words import (
    days_in_words,
    goal_in_words,
    listed,
    money,
    points_in_words,
    promise_in_words,
    rules_in_words,
    taken_off_in_words,
    works_in_words,
)
from rulebook.check_promise_lengths import promises_of
from rulebook.durations import format_hours
from rulebook.models import Agreement, Rulebook, Team, by_quadrant

_STATES = {
    "draft": "Draft: it is being written and promises nothing.",
    "trial": "On trial: measured, shown and warned of; it binds nobody and moves no lead.",
    "active": "Active: it binds both sides.",
    "retired": "Retired: it is over.",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: a heading and sentences."""

    title: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Page:
    """An agreement in words."""

    id: str
    name: str
    sections: list[Section]


def page_of(rulebook: Rulebook, name: str, agreement: Agreement) -> Page:
    """The page of the agreement with id `name` of a rulebook."""
    parts = {
        "When it holds": _holds(rulebook, agreement),
        "What marketing promises, a month": _marketing(rulebook, agreement),
        "What sales promises, in working time of the rep who has the lead": _sales(rulebook, agreement),
        "Staff": _staff(rulebook),
        "How it is counted": _measures(rulebook, agreement),
        "Money": _money(rulebook, agreement),
        "Dates": _dates(agreement),
        "Signatures": _signatures(agreement),
    }
    return Page(name, agreement.name, [Section(title, list(lines)) for title, lines in parts.items()])


def _holds(rulebook: Rulebook, agreement: Agreement) -> Iterator[str]:
    yield _STATES[agreement.state]
    yield f"It holds {days_in_words(agreement)}; days are those of {rulebook.time_zone}."
    if agreement.state == "trial" and agreement.trial_teams:
        teams = (_team_name(rulebook, each) for each in agreement.trial_teams)
        yield f"It is tried with {listed(teams)} only."


def _marketing(rulebook: Rulebook, agreement: Agreement) -> Iterator[str]:
    side = agreement.marketing
    for name, goal in side.all_goals().items():
        yield f"{name}: {goal_in_words(rulebook, goal)}"
    if not side.all_goals():
        yield "No goal is agreed."
        return
    if side.points:
        yield f"Points of a lead: {points_in_words(side.points)}."
    days = f"the working days of calendar {agreement.calendar}" if agreement.calendar else "Monday to Friday"
    yield f"Pace: each goal is spread over {days} in equal parts; a day counts when it is over."
    yield from taken_off_in_words(side, dict.fromkeys([*RejectCode, *RecycleCode]))


def _sales(rulebook: Rulebook, agreement: Agreement) -> Iterator[str]:
    yield works_in_words(rulebook, agreement.sales)
    for _, scope, promises in promises_of(agreement):
        whose = ""
        if scope.team is not None:
            whose = f"team {_team_name(rulebook, scope.team)}, "
        elif scope.line is not None:
            whose = f"line {rulebook.lines.get(scope.line, scope.line)}, "
        if whose and not promises:
            yield f"{whose.removesuffix(', ')}: nothing is promised"
        for quadrant, promise in promises.items():
            yield f"{whose}{quadrant.value}: {promise_in_words(promise) or 'nothing is promised'}"
    yield from rules_in_words(agreement.sales)


def _staff(rulebook: Rulebook) -> Iterator[str]:
    hours, reps = Hours(rulebook), rulebook.roster.reps
    for name, team in sorted(rulebook.roster.teams.items(), key=lambda each: each[1].name):
        theirs = sorted((rep for rep in reps.values() if rep.team == name), key=lambda rep: rep.name)
        yield f"{team.name}: {len(theirs)} rep{'s' * (len(theirs) != 1)}{_led_by(rulebook, team)}"
        for rep in theirs:
            week = format_hours(hours.week(rep.calendar))
            part = "" if rep.weight and rep.capacity else ", takes no leads"
            yield f"  {rep.name}: {week} a week ({rep.calendar}), {rep.capacity} open leads at once{part}"


def _led_by(rulebook: Rulebook, team: Team) -> str:
    leader = rulebook.roster.reps.get(team.lead or "")
    return f", led by {leader.name}" if leader is not None else ""


def _measures(rulebook: Rulebook, agreement: Agreement) -> Iterator[str]:
    yield "A lead is delivered when it becomes a SQL, and counts in every goal that it fits."
    yield "Tests, leads that reps found, and requests of accounts that sales knows are no deliveries."
    for line, card in sorted(rulebook.scorecards.items()):
        quadrants = listed(each.value for each in card.sql_quadrants) if card.sql_quadrants else "no"
        yield f"SQLs of line {rulebook.lines.get(line, line)}: {quadrants} leads."
    yield "A promise counts in the month of its deadline, revenue when it is won."
    yield "An act at the due time is in time, and counts at its own time, whenever the news of it arrives."
    yield "A breach is the rep's only if their own working time alone exceeds the promise."
    yield f"A lead is credited to its {agreement.credit} source."


def _money(rulebook: Rulebook, agreement: Agreement) -> Iterator[str]:
    currency = rulebook.currency
    yield f"Money is counted in {currency}."
    for quadrant, minor in by_quadrant(agreement.marketing.value_minor).items():
        yield f"A {quadrant.value} lead is worth {money(minor, currency)}."
    for other, rate in sorted(agreement.rates.items()):
        yield f"1 {other} is {rate} {currency}, fixed while the agreement holds."
    if agreement.revenue_goal_minor is not None:
        yield f"Both sides share a goal of {money(agreement.revenue_goal_minor, currency)} won, a month."


def _dates(agreement: Agreement) -> Iterator[str]:
    closing = _ordinal(agreement.closes_on_working_day)
    yield f"Both sides sign a month from the {closing} working day of the next one on."
    days = agreement.object_within_days
    yield f"Either side may object to a rejection or a breach within {days} day{'s' * (days != 1)}."


def _signatures(agreement: Agreement) -> Iterator[str]:
    signed = agreement.signatures
    for side, signer in (("marketing", signed.marketing), ("sales", signed.sales)):
        yield f"{side}: {f'{signer.name}, {signer.on}' if signer is not None else 'not signed'}"


def _team_name(rulebook: Rulebook, team: str) -> str:
    known = rulebook.roster.teams.get(team)
    return known.name if known is not None else team


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
