"""A month of the company: what marketing delivered, what sales worked, promises at their deadline, money."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from uuid import UUID

from lead_events.money import Money, minor_digits
from rulebook.models import Agreement, Goal, Rulebook
from tests.model.delivered import Delivery, deliveries, given_back, is_above, part_taken_off
from tests.model.history import Fact, History
from tests.model.hours import Span
from tests.model.minutes import NO_AGREEMENT
from tests.model.promises import SPEED, Kept, promises_of
from tests.model.segments import holds
from tests.model.working import ToBeWorked, to_be_worked


@dataclass
class GoalFigure:
    """Leads, points or minor units."""

    goal: int
    delivered: Fraction = Fraction(0)
    taken_off: Fraction = Fraction(0)

    @property
    def net(self) -> Fraction:
        return self.delivered - self.taken_off


@dataclass
class Figures:
    """What a month comes to."""

    deliveries: list[Delivery]
    goals: dict[str, GoalFigure]
    to_be_worked: list[ToBeWorked]
    promises: list[Kept]
    excused: set[UUID]
    above: set[UUID]
    """Promises of speed on leads above the volume of their agreement."""
    revenue: int = 0
    apart: dict[str, int] = field(default_factory=dict)


def figures_of(history: History, year: int, month: int, now: datetime) -> Figures:
    """The figures of a month as they stand at `now`."""
    start, end = bounds(history, year, month)
    agreement = agreement_of_month(history, start, end, now)
    delivered = deliveries(history)
    promises = [
        kept
        for lead in sorted(history.leads)
        for kept in promises_of(history, lead, now)
        if kept.due is not None and start <= kept.due < end and kept.state in ("kept", "broken")
        if not kept.is_trial and not kept.each.decision.is_test
    ]
    found = Figures(
        [each for each in delivered.values() if start <= each.at < end],
        _goals(history, delivered, agreement, start, end),
        [each for each in _worked(history, delivered, agreement) if start <= each.due < end],
        promises,
        {kept.id for kept in promises if kept.state == "broken" and is_excused(history, kept)},
        {kept.id for kept in promises if kept.kind in SPEED and is_above(history, kept)},
    )
    _add_revenue(history, found, agreement, start, end, now)
    return found


def bounds(history: History, year: int, month: int) -> Span:
    """The first moment of a month of the company and the first after it."""
    start = datetime(year, month, 1, tzinfo=history.zone)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=history.zone)


def agreement_of_month(history: History, start: datetime, end: datetime, now: datetime) -> Agreement:
    """That of the month's last day on which one binds, in the rulebook in force at its end, or now."""
    rulebook = history.rulebook_at(min(end - timedelta(microseconds=1), now))
    return last_that_binds(history, rulebook, start, end)


def last_that_binds(history: History, rulebook: Rulebook, start: datetime, end: datetime) -> Agreement:
    """That of the last day of a month on which one binds."""
    day = end - timedelta(microseconds=1)
    while day >= start:
        found = history.binding(rulebook, day)
        if found:
            return found[1]
        day -= timedelta(days=1)
    return NO_AGREEMENT


def fits(goal: Goal, each: Delivery, rulebook: Rulebook) -> bool:
    """Whether a delivery counts for a goal; a list left out means all."""
    score = each.score
    return (
        (not goal.quadrants or score.quadrant in goal.quadrants)
        and (not goal.lines or score.line in goal.lines)
        and (not goal.sources or each.source in goal.sources)
        and (not goal.segments or any(holds(rulebook.routing.segments, s, score) for s in goal.segments))
    )


def _goals(
    history: History, delivered: dict[UUID, Delivery], agreement: Agreement, start: datetime, end: datetime
) -> dict[str, GoalFigure]:
    marketing = agreement.marketing
    found = {}
    for name, goal in marketing.all_goals().items():
        figure = found[name] = GoalFigure(goal.goal)
        for each in delivered.values():
            if not fits(goal, each, history.rulebook_at(each.at)):
                continue
            size = size_of(agreement, goal, each)
            if start <= each.at < end:
                figure.delivered += size
            back = given_back(history, each.lead)
            if back is not None and start <= back.at < end and not _is_excused_rejection(history, back):
                figure.taken_off += size * part_taken_off(agreement, back)
    return found


def size_of(agreement: Agreement, goal: Goal, each: Delivery) -> Fraction:
    if goal.counted_in == "number":
        return Fraction(1)
    side = agreement.marketing
    return Fraction(
        (side.points if goal.counted_in == "points" else side.value_minor).get(each.score.quadrant, 0)
    )


def _is_excused_rejection(history: History, back: Fact) -> bool:
    return any(each.subject == back.id and each.is_excused for each in history.objected)


def is_excused(history: History, kept: Kept) -> bool:
    """Whether somebody excused the breach, or its due time lies in an incident."""
    assert kept.due is not None
    in_incident = any(each.start <= kept.due <= each.end for each in history.incidents)
    return in_incident or any(each.subject == kept.id and each.is_excused for each in history.objected)


def _worked(history: History, delivered: dict[UUID, Delivery], agreement: Agreement) -> Iterable[ToBeWorked]:
    for each in delivered.values():
        found, back = to_be_worked(history, each), given_back(history, each.lead)
        is_off = back is not None and part_taken_off(agreement, back) == 1
        if back is not None and _is_excused_rejection(history, back):
            is_off = False
        if found is not None and not is_off:
            yield found


def won(history: History, lead: UUID) -> Fact | None:
    """When a lead was first won."""
    acts = history.facts.get(lead, ())
    return next((f for f in acts if f.act and f.act.outcome and f.act.outcome.result == "won"), None)


def in_company_money(money: Money, currency: str, agreement: Agreement) -> int | None:
    """Minor units of the company's currency; None without a rate."""
    rate = Decimal(1) if money.currency == currency else agreement.rates.get(money.currency)
    if rate is None:
        return None
    digits = minor_digits(currency) - minor_digits(money.currency)
    return int((money.minor * rate).scaleb(digits).quantize(Decimal(1), ROUND_HALF_EVEN))


def _add_revenue(
    history: History, found: Figures, agreement: Agreement, start: datetime, end: datetime, now: datetime
) -> None:
    for lead in history.leads:
        fact = won(history, lead)
        scores = history.scores.get(lead, ())
        if fact is None or not start <= fact.at < end or any(score.is_test for score in scores):
            continue
        assert fact.act is not None
        assert fact.act.outcome is not None
        money = fact.act.outcome.value
        if money is None:
            continue
        rulebook = history.rulebook_at(min(end, now))
        bound = history.binding(rulebook, fact.at)
        minor = in_company_money(money, rulebook.currency, bound[1] if bound else agreement)
        if minor is None:
            found.apart[money.currency] = found.apart.get(money.currency, 0) + money.minor
            continue
        found.revenue += minor
