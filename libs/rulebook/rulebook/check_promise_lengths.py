"""The lengths of what sales promises: do they fit each other, and is there so much working time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rulebook.agreed_hours import NOBODY, Hours, Scope, is_in_reach, measured_from, promised_by
from rulebook.documents import Loc
from rulebook.durations import format_hours
from rulebook.models import Agreement, Promise, Promises, RepSeed, Rulebook, by_quadrant
from rulebook.report import Report

_ANSWERS = ("accept_within", "first_response_within", "next_response_within")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Promises of one scope, and who has to keep them."""

    loc: Loc
    agreement: Agreement
    reps: dict[str, RepSeed]
    hours: Hours
    report: Report


def check_promise_lengths(
    rulebook: Rulebook, loc: Loc, agreement: Agreement, hours: Hours, report: Report
) -> None:
    """Report lengths that contradict each other, and those that no rep's calendar can meet."""
    is_measured = is_in_reach(agreement) and not any(
        report.is_partial(part) for part in ("reps", "calendars", "agreements")
    )
    for where, scope, promises in promises_of(agreement):
        reps = promised_by(rulebook, agreement, scope) if is_measured else {}
        asked = _Asked((*loc, *where), agreement, reps, hours, report)
        if is_measured and promises and scope.team in rulebook.roster.teams:
            _check_team(asked, scope)
        for quadrant, promise in promises.items():
            here = (*asked.loc, quadrant.value)
            _check_zero(here, promise, report)
            for key, length in lengths_of(promise):
                _check_calendars(asked, (*here, *key), length)
            standing = _without_refused(here, promise, report)
            _check_order(here, standing, report)
            _check_tries(here, standing, report)


def promises_of(agreement: Agreement) -> Iterator[tuple[Loc, Scope, Promises]]:
    """All promises of an agreement: where they stand in it, whose leads they are for, and the promises.

    The general ones first, then those of lines and of teams by id, each in the order of the quadrants."""
    sales = agreement.sales
    yield ("sales", "promises"), Scope(), by_quadrant(sales.promises)
    for line, promises in sorted(sales.lines.items()):
        yield ("sales", "lines", line), Scope(line=line), by_quadrant(promises)
    for team, promises in sorted(sales.teams.items()):
        yield ("sales", "teams", team), Scope(team=team), by_quadrant(promises)


def lengths_of(promise: Promise) -> Iterator[tuple[tuple[str, ...], timedelta]]:
    """The lengths that a promise names, each with its keys."""
    for key in (*_ANSWERS, "outcome_within"):
        length = getattr(promise, key)
        if length is not None:
            yield (key,), length
    if promise.attempts is not None:
        yield ("attempts", "within"), promise.attempts.within


def _check_zero(loc: Loc, promise: Promise, report: Report) -> None:
    tries = promise.attempts
    apart = [(("attempts", "apart"), tries.apart)] if tries is not None and tries.apart is not None else []
    for key, length in [*lengths_of(promise), *apart]:
        if length <= NOBODY:
            report.error((*loc, *key), "is no time at all", "write a length such as 15m, or leave it out")


def _without_refused(loc: Loc, promise: Promise, report: Report) -> Promise:
    """The promise without lengths that are too long by themselves: no other is measured by those."""
    refused = [key for key in (*_ANSWERS, "outcome_within") if report.is_refused((*loc, key))]
    if promise.attempts is not None and report.is_refused((*loc, "attempts", "within")):
        refused.append("attempts")
    return promise.model_copy(update=dict.fromkeys(refused))


def _check_order(loc: Loc, promise: Promise, report: Report) -> None:
    """What comes first may not take longer than what comes after."""
    accept, response, outcome = (
        promise.accept_within,
        promise.first_response_within,
        promise.outcome_within,
    )
    if accept and response and accept > response:
        message = f"{format_hours(accept)} is longer than first_response_within {format_hours(response)}"
        hint = f"write {format_hours(response)} or less: a rep accepts before they respond"
        report.error((*loc, "accept_within"), message, hint)
    first, name = (response, "first_response_within") if response else (accept, "accept_within")
    if outcome and first and outcome < first:
        message = f"{format_hours(outcome)} is shorter than {name} {format_hours(first)}"
        hint = f"write {format_hours(first)} or more: what came of a lead is known after it is answered"
        report.error((*loc, "outcome_within"), message, hint)


def _check_tries(loc: Loc, promise: Promise, report: Report) -> None:
    tries, outcome = promise.attempts, promise.outcome_within
    if tries is None or not tries.within:
        return
    if tries.apart is not None and (needed := tries.apart * (tries.count - 1)) > tries.within:
        message = (
            f"{tries.count} tries {format_hours(tries.apart)} apart take {format_hours(needed)},"
            f" longer than within {format_hours(tries.within)}"
        )
        most = format_hours(timedelta(seconds=int(tries.within.total_seconds()) // (tries.count - 1)))
        hint = f"write apart: {most} or less, or within: {format_hours(needed)} or more"
        report.error((*loc, "attempts", "apart"), message, hint)
    first = promise.first_response_within or promise.accept_within or NOBODY
    if outcome and first <= outcome < tries.within:
        message = f"{format_hours(outcome)} are over before the tries, within {format_hours(tries.within)}"
        hint = f"write {format_hours(tries.within)} or more, or fewer tries"
        report.warning((*loc, "outcome_within"), message, hint)


def _check_team(asked: _Asked, scope: Scope) -> None:
    """A team that promises needs somebody who works."""
    since = measured_from(asked.agreement)
    if not asked.reps:
        message = f"nobody of team `{scope.team}` takes leads, so nobody keeps these promises"
        hint = "give a rep of the team weight and capacity above 0, or take its promises out"
        asked.report.error(asked.loc, message, hint)
    elif not any(asked.hours.passes(rep, NOBODY, since) for rep in asked.reps.values()):
        message = f"no rep of team `{scope.team}` ever works from {since} on"
        hint = "give one of them a calendar that opens, in roster.yaml, or take the team's promises out"
        asked.report.error(asked.loc, message, hint)


def _check_calendars(asked: _Asked, loc: Loc, length: timedelta) -> None:
    """A promise that no rep's working time can run out of is none."""
    since = measured_from(asked.agreement)
    working = {name: rep for name, rep in asked.reps.items() if asked.hours.of(rep.calendar) is not None}
    if not working or length <= NOBODY:
        return
    if not any(asked.hours.passes(rep, length, since) for rep in working.values()):
        message = f"{format_hours(length)} of working time never pass for any rep who gets such leads"
        hint = "write a shorter length, or give them calendars that open, in roster.yaml"
        asked.report.error(loc, message, hint)
    elif loc[-1] in _ANSWERS:
        _check_answer(asked, loc, length, working)
    elif asked.agreement.first_day is not None and asked.agreement.last_day is not None:
        _check_term(asked, loc, length, working, asked.agreement.first_day, asked.agreement.last_day)


def _check_answer(asked: _Asked, loc: Loc, length: timedelta, working: dict[str, RepSeed]) -> None:
    """An answer comes within the period that it counts in."""
    months = {name: _longest(asked, rep) for name, rep in working.items()}
    most = max(months, key=lambda name: months[name])
    whole = _whole_period(asked.agreement)
    if not months[most]:
        message = f"nobody who gets such leads works in {_measured_period(asked.agreement)}"
        asked.report.error(loc, message, "give them hours then, in calendars.yaml, or write other days")
        return
    if length > months[most]:
        theirs = f"{most}, who works most, has {_about(months[most])}"
        message = f"{format_hours(length)} is longer than {whole}: {theirs}"
        hint = f"write {_about(months[most])} or less; lengths are working time"
        asked.report.error(loc, message, hint)
        return
    short = [name for name in working if length > months[name]]
    idle = [name for name in short if not months[name]]
    if idle:
        many = "" if len(idle) > 1 else "s"
        message = f"{', '.join(idle[:3])} never work{many} in {_measured_period(asked.agreement)}"
        hint = "give them hours in calendars.yaml, or `weight: 0` in roster.yaml: then they get no leads"
        asked.report.warning(loc, message, hint)
    elif short:
        message = f"{format_hours(length)} is longer than {whole} for who works less: {', '.join(short[:3])}"
        fewest = min(months[name] for name in short)
        hint = f"write {_about(fewest)} or less, or promises of their own under `teams`"
        asked.report.warning(loc, message, hint)


def _longest(asked: _Asked, rep: RepSeed) -> timedelta:
    """The most working time a rep has in a month, or in the whole of a shorter agreement."""
    agreement, since = asked.agreement, measured_from(asked.agreement)
    month = asked.hours.month_most(rep.calendar, since)
    if agreement.first_day is None or agreement.last_day is None:
        return month
    return min(month, asked.hours.between(rep.calendar, agreement.first_day, agreement.last_day))


def _whole_period(agreement: Agreement) -> str:
    first, last = agreement.first_day, agreement.last_day
    is_shorter = first is not None and last is not None and (last - first).days < 28
    return f"the agreement, {first} to {last}" if is_shorter else "a month"


def _measured_period(agreement: Agreement) -> str:
    if agreement.first_day is not None and agreement.last_day is not None:
        return f"the agreement, {agreement.first_day} to {agreement.last_day}"
    return f"the year from {measured_from(agreement)} on"


def _check_term(
    asked: _Asked, loc: Loc, length: timedelta, working: dict[str, RepSeed], first: date, last: date
) -> None:
    """What outlasts the agreement is counted after it."""
    most = max(asked.hours.between(rep.calendar, first, last) for rep in working.values())
    if length > most:
        message = (
            f"{format_hours(length)} is longer than the agreement: nobody works more than {_about(most)}"
            f" from {first} to {last}, so it always ends after it"
        )
        asked.report.warning(loc, message, f"write {_about(most)} or less, or a later last_day")


def _about(length: timedelta) -> str:
    return format_hours(timedelta(minutes=int(length.total_seconds()) // 60))
