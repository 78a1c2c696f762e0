"""The next month's agreement from the rates of the last ones: each change with its reason. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import Any

from lead_events.words import TimerKind
from rulebook.agreements import Agreed
from rulebook.durations import format_hours
from rulebook.models import Agreement
from sla_monitor.ledger.periods import Period
from sla_monitor.review.rates import Kept, Rates

ENOUGH = 20
"""Promises of a kind and quadrant that must have counted before their length is touched."""
LOW, HIGH = 0.9, 0.98
"""Kept less often than LOW, a length is proposed in which nine in ten were answered; more often than HIGH,
one in which 95 in a hundred were, if that is at most two thirds of what is agreed."""
SAME = 0.05
"""A number that would change by less than this share stays as it is."""
_STEPS = (
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=8), timedelta(minutes=30)),
    (timedelta.max, timedelta(hours=4)),
)
_KEYS = {
    TimerKind.ACCEPT: "accept_within",
    TimerKind.FIRST_RESPONSE: "first_response_within",
    TimerKind.NEXT_RESPONSE: "next_response_within",
    TimerKind.OUTCOME: "outcome_within",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would change; `path` as in the YAML of the agreement, `because` in plain words."""

    path: str
    before: object
    after: object
    because: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft for one month that nobody has signed, what differs from the agreement it comes from, and what
    both sides should know before they sign."""

    of: str
    agreement: Agreement
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]


def propose(agreed: Agreed, rates: Rates, month: Period, days: int) -> Proposal:
    """The agreement for `month`, which has `days` working days: without any there is no rate. The general
    promises are reviewed; those of lines and teams stay."""
    before = agreed.agreement
    changes = [*_promises(before, rates)]
    for by_the_day in (_goals, _works, _volume, _revenue) if rates.working_days and days else ():
        changes += by_the_day(before, rates, days)
    document = before.model_dump(mode="json", exclude_none=True)
    for change in changes:
        _put(document, change.path, change.after)
    document |= {
        "name": f"{before.name}, {month.name}",
        "state": "draft",
        "first_day": month.first_day.isoformat(),
        "last_day": month.last_day.isoformat(),
        "trial_teams": [],
        "signatures": {},
    }
    drafted = Agreement.model_validate(document)
    return Proposal(agreed.id, drafted, tuple(changes), tuple(_remarks(drafted, rates, days)))


def _goals(before: Agreement, rates: Rates, days: int) -> Iterator[Change]:
    """Each goal at the rate of the last months."""
    for name, goal in before.marketing.all_goals().items():
        if name not in rates.net:
            continue
        after = max(1, _whole(rates.a_day(rates.net[name]) * days))
        path = f"marketing.goals.{name}.goal" if name in before.marketing.goals else f"marketing.leads.{name}"
        because = (
            f"{rates.net[name]:g} net in {rates.working_days} working days of {', '.join(rates.months)}; "
            f"this month has {days}"
        )
        yield from _if_other(path, goal.goal, after, because)


def _promises(before: Agreement, rates: Rates) -> Iterator[Change]:
    """A rep accepts before they respond, tries before they give up, and knows the outcome after that: none of
    these becomes shorter than the one before."""
    for quadrant, promise in before.sales.promises.items():
        least = timedelta(0)
        for kind, key in _KEYS.items():
            length: timedelta | None = getattr(promise, key)
            if length is None:
                continue
            kept = rates.kept.get((quadrant, kind))
            by_rate = _length(length, kept)
            if kind is TimerKind.OUTCOME and promise.attempts is not None:
                least = max(least, min(length, promise.attempts.within))
            after = by_rate if kind is TimerKind.NEXT_RESPONSE else max(by_rate, least)
            least = least if kind is TimerKind.NEXT_RESPONSE else after
            if after != length:
                because = _why_length(kept) if kept and after == by_rate else _why_no_less(after)
                path = f"sales.promises.{quadrant.value}.{key}"
                yield Change(path, format_hours(length), format_hours(after), because)


def _why_no_less(least: timedelta) -> str:
    return f"what comes before it takes up to {format_hours(least)}"


def _length(length: timedelta, kept: Kept | None) -> timedelta:
    """What a promise's length becomes by how it was kept."""
    if kept is None or kept.judged < ENOUGH:
        return length
    if kept.share < LOW:
        needed = kept.answered_within(90)
        return length if needed is None else max(length, _round_up(needed))
    if kept.share >= HIGH:
        enough = kept.answered_within(95)
        shorter = length if enough is None else _round_up(enough)
        return shorter if shorter <= length * 2 / 3 else length
    return length


def _why_length(kept: Kept) -> str:
    percent = 90 if kept.share < LOW else 95
    needed = kept.answered_within(percent) or timedelta(0)
    return (
        f"{kept.kept} of {kept.judged} kept ({kept.share:.0%}); {percent} in 100 were answered within "
        f"{timedelta(seconds=ceil(needed.total_seconds()))} of working time"
    )


def _works(before: Agreement, rates: Rates, days: int) -> Iterator[Change]:
    works = before.sales.works
    if works is None or rates.due == 0:
        return
    done = rates.worked / rates.due
    if works.share is not None:
        because = f"{rates.worked} of {rates.due} were worked in time ({done:.0%})"
        yield from _if_other("sales.works.share", works.share, max(0.01, round(done, 2)), because)
        return
    key, goal = ("number", works.number) if works.number is not None else ("money_minor", works.money_minor)
    after = max(1, _whole(rates.a_day(rates.worked) * days))
    because = f"{rates.worked} worked in {rates.working_days} working days; this month has {days}"
    yield from _if_other(f"sales.works.{key}", goal or 0, after, because)


def _volume(before: Agreement, rates: Rates, days: int) -> Iterator[Change]:
    """What sales answered on nine days in ten, where a volume is agreed."""
    volume, able = before.sales.volume, rates.answered_on_nine_in_ten()
    if volume is None or not able:
        return
    because = f"{able} first answers a day, or fewer, on nine working days in ten, by {rates.reps} reps"
    if volume.per_day is not None:
        yield from _if_other("sales.volume.per_day", volume.per_day, able, because)
    if volume.per_month is not None:
        yield from _if_other("sales.volume.per_month", volume.per_month, able * days, because)


def _revenue(before: Agreement, rates: Rates, days: int) -> Iterator[Change]:
    goal = before.revenue_goal_minor
    if goal is not None and rates.revenue_minor > 0:
        after = _whole(rates.a_day(rates.revenue_minor) * days)
        because = f"won in {', '.join(rates.months)}: {rates.revenue_minor} minor units"
        yield from _if_other("revenue_goal_minor", goal, max(1, after), because)


def _remarks(drafted: Agreement, rates: Rates, days: int) -> Iterator[str]:
    if not (rates.working_days and days):
        yield "The agreement's calendar has no working day then, so that goals and volume stay as they are"
    coming = _whole(rates.a_day(rates.delivered) * days)
    able = rates.answered_on_nine_in_ten() * days
    if able and coming > able:
        yield (
            f"At this rate {coming} SQLs come in the month, and {rates.reps} reps answer {able}: agree on a "
            "volume, or on more reps"
        )
    if drafted.sales.lines or drafted.sales.teams:
        yield "Promises of lines and teams are left as they are"
    few = sorted(
        f"{kind.value} of {quadrant.value}"
        for (quadrant, kind), kept in rates.kept.items()
        if kept.judged < ENOUGH
    )
    if few:
        yield f"Fewer than {ENOUGH} counted, and their length stays: {', '.join(few)}"


def _if_other(path: str, before: float, after: float, because: str) -> Iterator[Change]:
    if abs(after - before) >= SAME * before:
        yield Change(path, before, after, because)


def _round_up(length: timedelta) -> timedelta:
    """To a length that people agree on: 5 minutes to an hour, 30 to eight, 4 hours beyond."""
    step = next(step for limit, step in _STEPS if length <= limit)
    return max(1, ceil(length / step)) * step


def _whole(amount: float) -> int:
    return int(Decimal(str(amount)).quantize(Decimal(1), ROUND_HALF_UP))


def _put(document: dict[str, Any], path: str, value: object) -> None:
    inside: Any = document
    *above, last = path.split(".")
    for key in above:
        inside = inside.setdefault(key, {})
    inside[last] = value


def text_of(agreement: Agreement) -> dict[str, Any]:
    """An agreement as its YAML says it: without what is only a default."""
    return agreement.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
