"""A month's rows with what every figure asks of them: its bounds, its agreement, what objections changed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from rulebook.agreements import NO_AGREEMENT, Agreed, all_agreements, binding_on
from rulebook.calendars import open_hours
from rulebook.models import Goal, MarketingSide, Rulebook
from sla_monitor.ledger.book import GivenBack, LeadGroup, LeadRow, MonthBook
from sla_monitor.ledger.periods import Period, working_days

CountedIn = Literal["number", "points", "money"]
"""The unit of a goal."""
OWN = "own"
"""What leads that reps found show as their source."""


class Figure(BaseModel):
    """A part of the report. Shares are 0 to 1; None where there is nothing to divide by."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Frame:
    """`until` is its end, or now while it runs. `excused`: rejections taken off the count by an objection.
    `booked`: of a closed month what its figures were then, by measure and goal."""

    book: MonthBook
    agreed: Agreed
    start: datetime
    end: datetime
    until: datetime
    excused: frozenset[UUID]
    booked: Mapping[tuple[str, str], Decimal] | None = None

    @classmethod
    def of(cls, book: MonthBook) -> "Frame":
        """The frame of a month under the agreement that binds it."""
        start, end = (at.astimezone(UTC) for at in (book.period.start, book.period.end))
        excused = frozenset(
            each.subject
            for each in book.objections
            if each.about == "rejection" and each.verdict == "excused"
        )
        until = min(end, book.now.astimezone(UTC))
        return cls(book, binding_in(book), start, end, until, excused, _booked(book))

    @property
    def marketing(self) -> MarketingSide:
        """What marketing promises in the month."""
        return self.agreed.agreement.marketing

    def within(self, at: datetime | None) -> bool:
        """Whether a moment lies in the month."""
        return at is not None and self.start <= at < self.end

    def name(self, identity: str) -> str:
        """A rep or team as people call them."""
        return self.book.names.get(identity, identity)

    def source_name(self, source: str) -> str:
        """A source as the rulebook calls it, where it does."""
        return source_name(self.book.rulebook, source)

    @property
    def today(self) -> date:
        """The company's local day of the book."""
        return self.book.period.local_day(self.book.now)

    def working_days(self, period: Period) -> list[date]:
        """The days of a month over which the agreement spreads what it sets."""
        calendar = self.book.rulebook.calendars.get(self.agreed.agreement.calendar or "")
        return working_days(period, open_hours(calendar) if calendar is not None else None)

    def stands(self, measure: str, goal: str, now: Decimal) -> Decimal:
        """A figure as it was booked when the month was closed; of one that is not closed, what it is now."""
        return now if self.booked is None else self.booked.get((measure, goal), Decimal(0))

    def corrected(self, measure: str, goal: str | None = None) -> Decimal:
        """What corrections booked in the month add to a figure; of promises the goal is their kind."""
        found = (each for each in self.book.corrections if each.measure == measure and each.goal == goal)
        return sum((each.amount for each in found), Decimal(0))

    def ours(self) -> Iterator[LeadRow]:
        """Leads that are neither found by reps nor of accounts that sales knows."""
        return (lead for lead in self.book.leads if lead.is_ours)

    def delivered(self) -> Iterator[LeadRow]:
        """Leads that marketing delivered in the month."""
        return (lead for lead in self.book.leads if lead.is_ours and self.within(lead.delivered_at))

    def won(self) -> Iterator[LeadRow]:
        """Leads that became customers in the month, whoever found them."""
        return (lead for lead in self.book.leads if self.within(lead.won_at))

    def given_back(self) -> Iterator[tuple[LeadRow, GivenBack]]:
        """Deliveries of any month that sales gave back in this one."""
        for lead in self.book.leads:
            back = lead.given_back
            if back is not None and lead.is_ours and lead.delivered_at is not None and self.within(back.at):
                yield lead, back

    def part_taken_off(self, back: GivenBack) -> Decimal:
        """Which part of a lead is taken off for the reason for which sales gave it back, 0 to 1."""
        return part_taken_off(self.marketing, back.code)

    def counts_nowhere(self, lead: LeadRow) -> bool:
        """Whether all of it was taken off: then sales need not have worked it either."""
        back = lead.given_back
        if back is None or back.fact in self.excused:
            return False
        return self.marketing.part_taken_off(back.code) >= 1


def _booked(book: MonthBook) -> Mapping[tuple[str, str], Decimal] | None:
    if not book.closing.is_closed:
        return None
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in book.booked:
        sums[each.measure, each.goal or ""] += each.amount
    return sums


def binding_in(book: MonthBook) -> Agreed:
    """The agreement that judges the month: that of its last day, else of the last day that has one."""
    agreements = all_agreements(book.rulebook)
    for day in reversed(list(book.period.days())):
        found = binding_on(agreements, day)
        if found.id:
            return found
    return Agreed("", NO_AGREEMENT)


def fits(goal: Goal, lead: LeadRow | LeadGroup) -> bool:
    """Whether a lead counts towards a goal; a list that is left out holds for all."""
    return (
        (not goal.quadrants or lead.quadrant in goal.quadrants)
        and (not goal.lines or lead.line in goal.lines)
        and (not goal.sources or lead.last_source in goal.sources)
        and (not goal.segments or not set(goal.segments).isdisjoint(lead.segments))
    )


def counting(goal: Goal, side: MarketingSide) -> Callable[[LeadRow | LeadGroup], Decimal]:
    """What one lead counts: 1, points, or minor units, as the goal is counted."""
    if goal.counted_in == "points":
        return lambda lead: Decimal(side.points.get(lead.quadrant, 0))
    if goal.counted_in == "money":
        return lambda lead: Decimal(side.value_minor.get(lead.quadrant, 0))
    return lambda _: Decimal(1)


def part_taken_off(side: MarketingSide, code: str | None) -> Decimal:
    """Which part of a lead that sales gave back for a reason is taken off marketing's count, 0 to 1."""
    return Decimal(str(side.part_taken_off(code)))


def source_name(rulebook: Rulebook, source: str) -> str:
    """A source as people call it; one that the rulebook does not declare by its id."""
    declared = rulebook.sources.get(source)
    return declared.name if declared is not None else source


def share_with(part: float, whole: float) -> float | None:
    """A part of a whole where corrections are in both: from 0 to 1, None of nothing and less."""
    return min(1.0, max(0.0, part / whole)) if whole > 0 else None


def share(part: float, whole: float) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole else None
