"""Promises and goals in plain words, as the page of an agreement says them."""

from collections.abc import Iterable, Iterator

from lead_events.money import minor_digits
from lead_events.words import Quadrant
from rulebook.durations import format_duration, format_hours
from rulebook.models import Agreement, Goal, MarketingSide, Promise, Rulebook, SalesSide, by_quadrant

_OFF = "A lead given back for"
_REASONS = {"other": "a reason that no code names (other)"}


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`; empty for none."""
    *most, end = [*words] or [""]
    return f"{', '.join(most)} {last} {end}" if most else end


def money(minor: int, currency: str) -> str:
    """`1,234.50 EUR` of 123450 minor units."""
    digits = minor_digits(currency)
    return f"{minor / 10**digits:,.{digits}f} {currency}"


def goal_in_words(rulebook: Rulebook, goal: Goal) -> str:
    """`420 points of perfect leads of line Aurora Academy`."""
    amounts = {
        "number": f"{goal.goal:,} {_kinds(goal)}",
        "points": f"{goal.goal:,} points of {_kinds(goal)}",
        "money": f"{money(goal.goal, rulebook.currency)} of {_kinds(goal)}",
    }
    return amounts[goal.counted_in] + "".join(_restrictions(rulebook, goal))


def _kinds(goal: Goal) -> str:
    return f"{listed(each.value for each in goal.quadrants)} leads" if goal.quadrants else "leads"


def _restrictions(rulebook: Rulebook, goal: Goal) -> Iterator[str]:
    if goal.lines:
        yield f" of line {listed((rulebook.lines.get(each, each) for each in goal.lines), 'or')}"
    if goal.segments:
        yield f" of segment {listed(goal.segments, 'or')}"
    if goal.sources:
        names = (rulebook.sources[each].name if each in rulebook.sources else each for each in goal.sources)
        yield f" from {listed(names, 'or')}"


def taken_off_in_words(side: MarketingSide, reasons: Iterable[str]) -> list[str]:
    """Which part of a lead is taken off by the reason for which sales gives it back."""
    by_part: dict[float, list[str]] = {}
    for reason in reasons:
        by_part.setdefault(side.part_taken_off(reason), []).append(
            _REASONS.get(reason, reason.replace("_", " "))
        )
    lines = []
    for part, names in sorted(by_part.items(), reverse=True):
        how = {1.0: "is taken off whole", 0.0: "stays delivered"}
        lines.append(f"{_OFF} {listed(names, 'or')} {how.get(part, f'is taken off by {part:.0%}')}.")
    return lines


def promise_in_words(promise: Promise) -> str:
    """What is promised of one lead, in the order in which it happens; empty where nothing is."""
    return ", ".join(_promise_parts(promise))


def _promise_parts(promise: Promise) -> Iterator[str]:
    if promise.accept_within:
        yield f"accepted within {format_hours(promise.accept_within)}"
    if promise.first_response_within:
        yield f"answered within {format_hours(promise.first_response_within)}"
    if promise.next_response_within:
        yield f"answered again within {format_hours(promise.next_response_within)} when the buyer asks again"
    if promise.attempts is not None:
        tries = promise.attempts
        apart = tries.apart or tries.within / tries.count
        yield (
            f"tried {tries.count} times within {format_hours(tries.within)} while nobody answers,"
            f" the next {format_hours(apart)} after the one before"
        )
    if promise.outcome_within:
        yield f"an outcome within {format_hours(promise.outcome_within)}"


def works_in_words(rulebook: Rulebook, sales: SalesSide) -> str:
    """How many of the delivered leads sales works."""
    works = sales.works
    if works is None:
        return "No number of leads to be worked is agreed."
    much = f"{works.number or 0:,} SQLs a month"
    if works.share is not None:
        much = f"{works.share:.0%} of the SQLs"
    elif works.money_minor is not None:
        much = f"SQLs worth {money(works.money_minor, rulebook.currency)} a month"
    return (
        f"Sales works {much} whose time to be worked ends in a month. Worked is: accepted, answered, and a"
        " conversation, an outcome or all agreed tries."
    )


def rules_in_words(sales: SalesSide) -> Iterator[str]:
    """Volume, warnings, reminders, pauses and what happens after a breach, a sentence each."""
    if sales.first_response == "attempt":
        yield "A first response is a conversation, or a try to reach the buyer."
    else:
        yield "A first response is a conversation; a try to reach the buyer is none."
    if sales.volume is not None:
        limits = {"a day": sales.volume.per_day, "a month": sales.volume.per_month}
        most = listed(f"{number:,} {word}" for word, number in limits.items() if number is not None)
        if most:
            yield f"Speed is promised for the first SQLs, up to {most}; above that, nobody is charged."
    if sales.warn_at:
        yield f"Warnings are given at {listed(f'{share:.0%}' for share in sales.warn_at)} of the time."
    if sales.reminders is not None:
        when = "also at night" if sales.reminders.at_night else "in working hours only"
        every = sales.reminders.every
        length = format_duration(every) if sales.reminders.at_night else format_hours(every)
        yield f"After a breach a reminder follows every {length}, {sales.reminders.at_most} at most, {when}."
    for reason, kinds in sorted(sales.pauses.items()):
        names = listed(kind.value.replace("_", " ") for kind in kinds)
        yield f"A pause because of {reason.replace('_', ' ')} stops: {names or 'nothing'}."
    yield from _reassignments(sales)


def _reassignments(sales: SalesSide) -> Iterator[str]:
    lots = {
        "not accepted in time": sales.reassign_on_accept_breach,
        "accepted and not answered in time": sales.reassign_on_response_breach,
    }
    for what, moves in lots.items():
        yield f"A lead {what} {'goes on to another rep' if moves else 'stays, and the team lead is told'}."
    yield (
        f"After {sales.max_rounds} handoffs of a lead the team lead decides; a rep may decline"
        f" {sales.declines_a_week} leads a week without asking."
    )


def points_in_words(points: dict[Quadrant, int]) -> str:
    """`perfect 3, warm 2`."""
    return ", ".join(f"{quadrant.value} {number:,}" for quadrant, number in by_quadrant(points).items())


def days_in_words(agreement: Agreement) -> str:
    """From when to when it holds."""
    first, last = agreement.first_day, agreement.last_day
    begins = f"from {first}" if first is not None else "since ever"
    return f"{begins} to {last}, both included" if last is not None else f"{begins} on"
