"""The agreements as a whole: which holds when, who signed, and whether what they name is there."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from lead_events.currencies import in_use
from lead_events.words import TimerKind
from rulebook.agreed_hours import EARLIEST, LATEST, Hours, is_in_reach, measured_from, twelve_months
from rulebook.agreements import MAIN, all_agreements
from rulebook.check_goals import check_goals
from rulebook.check_promise_lengths import check_promise_lengths
from rulebook.documents import Loc
from rulebook.models import Agreement, Rulebook
from rulebook.report import Report

_FIRST_ANSWERS = (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE)
"""No rep stops these clocks: whoever has not answered yet would put off the answer by their own word."""


def check_agreements(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with the agreement and those beside it. What is retired is only read."""
    hours = Hours(rulebook)
    if MAIN in rulebook.agreements:
        hint = "give the file another name; the agreement itself stands in agreement.yaml"
        report.error(("agreements", MAIN), f"is called `{MAIN}`, as agreement.yaml is", hint)
    _check_days_together(rulebook, report)
    for name, agreement in all_agreements(rulebook).items():
        loc = place_of_agreement(name)
        _check_days(loc, agreement, report)
        if agreement.state == "retired":
            continue
        _check_signatures(loc, agreement, report)
        _check_named(rulebook, loc, agreement, report)
        _check_money(rulebook, loc, agreement, report)
        _check_sales(loc, agreement, report)
        _check_pace(loc, agreement, hours, report)
        check_goals(rulebook, loc, agreement, report)
        check_promise_lengths(rulebook, loc, agreement, hours, report)


def place_of_agreement(name: str) -> Loc:
    """Where an agreement stands in the rulebook, by its id."""
    return (MAIN,) if name == MAIN else ("agreements", name)


def _check_days(loc: Loc, agreement: Agreement, report: Report) -> None:
    first, last = agreement.first_day, agreement.last_day
    if report.is_partial("agreements"):
        return
    for key, day in (("first_day", first), ("last_day", last)):
        if day is not None and not EARLIEST <= day <= LATEST:
            report.error(
                (*loc, key),
                f"{day} is further than calendars reach",
                f"write a day from {EARLIEST} to {LATEST}",
            )
    if first is not None and last is not None and last < first:
        message = f"{last} is before first_day {first}"
        report.error((*loc, "last_day"), message, f"write {first} or later; both days are included")


def _check_days_together(rulebook: Rulebook, report: Report) -> None:
    """On any day one active agreement holds at most; between two of them nothing is promised."""
    if report.is_partial("agreements"):
        return
    active = [item for item in all_agreements(rulebook).items() if item[1].state == "active"]
    ordered = sorted(active, key=lambda item: (item[1].first_day or date.min, item[0] != MAIN, item[0]))
    for (name, earlier), (later_name, later) in pairwise(ordered):
        begins = later.first_day
        if begins is None or earlier.last_day is None or earlier.last_day >= begins:
            _tell_overlap(name, earlier, later_name, later, report)
        elif earlier.last_day + timedelta(days=1) < begins:
            gap = f"{earlier.last_day + timedelta(days=1)} to {begins - timedelta(days=1)}"
            message = f"nothing is promised from {gap}: `{name}` is over and this one has not begun"
            hint = f"write {earlier.last_day + timedelta(days=1)}, unless that is meant"
            report.warning((*place_of_agreement(later_name), "first_day"), message, hint)


def _tell_overlap(name: str, earlier: Agreement, later_name: str, later: Agreement, report: Report) -> None:
    file = f"{MAIN}.yaml" if name == MAIN else f"agreements/{name}.yaml"
    loc = place_of_agreement(later_name)
    begins = later.first_day
    if begins is None:
        message = f"is active since ever, and so is `{name}`"
        hint = f"write a `first_day` here and a `last_day` before it in {file}, or `state: retired` in one"
        report.error(loc, message, hint)
        return
    until = f"until {earlier.last_day}" if earlier.last_day is not None else "with no last day"
    message = f"{begins} is a day of `{name}` too, which is active {until}"
    last = f"`last_day: {begins - timedelta(days=1)}` in {file}"
    if earlier.first_day == begins:
        last = f"a later day here and a `last_day` before it in {file}"
    report.error((*loc, "first_day"), message, f"write {last}, or another state in one of them")


def _check_signatures(loc: Loc, agreement: Agreement, report: Report) -> None:
    """An active agreement binds both sides, so both have signed it, before it begins."""
    signed = agreement.signatures
    sides = {"marketing": signed.marketing, "sales": signed.sales}
    missing = [side for side, signer in sides.items() if signer is None]
    if agreement.state != "active" or report.is_partial("agreements"):
        return
    if missing:
        who = " and ".join(missing)
        message = f"is active, and {who} {'have' if len(missing) > 1 else 'has'} not signed"
        lines = ", ".join(f"{side}: {{name: ..., on: 2026-01-01}}" for side in missing)
        keeps = "" if len(missing) > 1 else ", beside the other"
        hint = f"write `signatures: {{{lines}}}`{keeps}; until then `state: trial` or `state: draft`"
        report.error((*loc, "signatures"), message, hint)
    for side, signer in sides.items():
        begins = agreement.first_day
        if signer is not None and begins is not None and signer.on > begins:
            message = f"{side} signed on {signer.on}, after the agreement began on {begins}"
            hint = "write the day of the signature, or begin on it"
            report.warning((*loc, "signatures", side, "on"), message, hint)


def _check_named(rulebook: Rulebook, loc: Loc, agreement: Agreement, report: Report) -> None:
    """Calendars, lines and teams are there."""
    report.reference((*loc, "calendar"), "calendar", agreement.calendar, rulebook.calendars)
    for line in agreement.sales.lines:
        report.reference((*loc, "sales", "lines", line), "line", line, rulebook.lines)
    for team in agreement.sales.teams:
        report.reference((*loc, "sales", "teams", team), "team", team, rulebook.roster.teams)
    for number, team in enumerate(agreement.trial_teams):
        report.reference((*loc, "trial_teams", number), "team", team, rulebook.roster.teams)
    if agreement.trial_teams and agreement.state != "trial" and not report.is_partial("agreements"):
        message = f"only a trial is limited to teams, and this is {_article(agreement.state)}"
        hint = "write `state: trial`, or delete it: promises of one team stand under `teams` of sales"
        report.error((*loc, "trial_teams"), message, hint)


def _article(state: str) -> str:
    return f"an {state} agreement" if state == "active" else f"a {state} agreement"


def _check_money(rulebook: Rulebook, loc: Loc, agreement: Agreement, report: Report) -> None:
    for currency in agreement.rates:
        here = (*loc, "rates", currency)
        if currency == rulebook.currency:
            message = f"{currency} is the company's own currency, in which everything is counted"
            report.error(here, message, "delete it; rates are of other currencies")
        try:
            in_use(currency)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            report.error(here, message, hint)


def _check_sales(loc: Loc, agreement: Agreement, report: Report) -> None:
    """Warnings, reminders, pauses and volume."""
    sales, side = agreement.sales, (*loc, "sales")
    for low, high in pairwise(sales.warn_at):
        if low >= high:
            hint = "write rising shares, each once, such as [0.5, 0.8]"
            report.error((*side, "warn_at"), f"{high} comes after {low}", hint)
    if sales.reminders is not None and sales.reminders.every <= timedelta(0):
        hint = "write a length such as 2h, or leave `reminders` out"
        report.error((*side, "reminders", "every"), "is no time at all", hint)
    volume = sales.volume
    if volume and volume.per_day and volume.per_month and volume.per_month < volume.per_day:
        message = f"{volume.per_month} a month are fewer than the {volume.per_day} of one day"
        hint = f"write {volume.per_day} or more, or lower `per_day`"
        report.error((*side, "volume", "per_month"), message, hint)
    for place, message, hint in _pauses(agreement):
        report.error((*side, "pauses", *place), message, hint)


def _pauses(agreement: Agreement) -> Iterator[tuple[Loc, str, str]]:
    for reason, kinds in agreement.sales.pauses.items():
        for number, kind in enumerate(kinds):
            if kind in _FIRST_ANSWERS:
                message = f"a rep would stop the clock of their own {kind.value.replace('_', ' ')}"
                hint = "delete it: next_response, next_attempt and outcome may be paused"
                yield (reason, number), message, hint
        if not kinds:
            yield (reason,), "pauses nothing", "name a promise, such as [next_attempt, outcome], or delete it"


def _check_pace(loc: Loc, agreement: Agreement, hours: Hours, report: Report) -> None:
    """Months are paced and closed by working days: each needs some."""
    calendar = agreement.calendar
    hidden = report.is_partial("calendars") or report.is_partial("agreements")
    if calendar is None or hours.of(calendar) is None or hidden or not is_in_reach(agreement):
        return
    since = measured_from(agreement)
    days = {month: hours.working_days(calendar, *month) for month in twelve_months(since)}
    closed = [month for month, number in days.items() if number == 0]
    if len(closed) == len(days):
        message = f"`{calendar}` never opens in the year from {since} on"
        hint = "name a calendar that opens, or write its `week` in calendars.yaml"
        report.error((*loc, "calendar"), message, hint)
        return
    (first, _), fewest = min(days.items(), key=lambda item: item[1])
    if fewest < agreement.closes_on_working_day:
        message = (
            f"`{calendar}` opens on {fewest} days in {first:%Y-%m}, so the month before is never signed then"
        )
        hint = f"write {max(fewest, 1)} or less, or name another `calendar`"
        report.error((*loc, "closes_on_working_day"), message, hint)
