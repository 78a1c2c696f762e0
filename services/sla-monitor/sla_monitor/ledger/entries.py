"""What each lead and promise counts in the figures of a month: what is booked when it is closed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sla_monitor.ledger.book import LeadRow, MonthBook, PromiseRow
from sla_monitor.reports.figures.frame import Frame, counting, fits
from sla_monitor.reports.figures.sales import is_broken, is_in_time, is_of_sales, is_worked, worth_of_work

DELIVERED, TAKEN_OFF, DUE, WORKED = "delivered", "taken_off", "due", "worked"
KEPT, BROKEN, REVENUE = "kept", "broken", "revenue"
BROKEN_BY_OTHERS = "broken_by_others"
"""Of the broken ones those that sales does not answer for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of one figure. `goal` is "" where the measure knows none; of promises it is their kind."""

    measure: str
    subject: UUID
    goal: str
    amount: Decimal

    @property
    def key(self) -> tuple[str, UUID, str]:
        """What is unique about it in a month."""
        return self.measure, self.subject, self.goal


def entries(book: MonthBook) -> Iterator[Entry]:
    """All parts of a month's figures that are not zero, by the agreement that judges the month."""
    frame = Frame.of(book)
    yield from _deliveries(frame)
    yield from _taken_off(frame)
    for lead in book.leads:
        yield from _work(frame, lead)
        yield from _revenue(frame, lead)
    yield from _promises(frame)


def _deliveries(frame: Frame) -> Iterator[Entry]:
    side, leads = frame.marketing, list(frame.delivered())
    for name, goal in side.all_goals().items():
        count = counting(goal, side)
        yield from _unless_zero(
            Entry(DELIVERED, lead.id, name, count(lead)) for lead in leads if fits(goal, lead)
        )


def _taken_off(frame: Frame) -> Iterator[Entry]:
    side = frame.marketing
    back = [(lead, given) for lead, given in frame.given_back() if given.fact not in frame.excused]
    for name, goal in side.all_goals().items():
        count = counting(goal, side)
        for lead, given in back:
            if fits(goal, lead):
                part = count(lead) * frame.part_taken_off(given)
                yield from _unless_zero([Entry(TAKEN_OFF, lead.id, name, part)])


def _work(frame: Frame, lead: LeadRow) -> Iterator[Entry]:
    due = lead.work_due_at
    if due is None or not lead.is_ours or lead.delivered_at is None or not frame.within(due):
        return
    if due > frame.book.now or frame.counts_nowhere(lead):
        return
    worth = Decimal(worth_of_work(frame.marketing, frame.agreed.agreement.sales.works)(lead))
    yield from _unless_zero([Entry(DUE, lead.id, "", worth)])
    if is_worked(lead):
        yield from _unless_zero([Entry(WORKED, lead.id, "", worth)])


def _revenue(frame: Frame, lead: LeadRow) -> Iterator[Entry]:
    won = lead.won
    if won is not None and won.minor and frame.within(won.at):
        yield Entry(REVENUE, lead.id, "", Decimal(won.minor))


def _promises(frame: Frame) -> Iterator[Entry]:
    for row in frame.book.promises:
        if row.is_trial or not frame.within(row.due_at) or row.is_above_volume:
            continue
        measure = _outcome(row)
        if measure is not None:
            yield Entry(measure, row.id, row.kind.value, Decimal(1))
        if measure == BROKEN and not is_of_sales(row):
            yield Entry(BROKEN_BY_OTHERS, row.id, row.kind.value, Decimal(1))


def _outcome(row: PromiseRow) -> str | None:
    if is_in_time(row):
        return KEPT
    return BROKEN if is_broken(row) else None


def _unless_zero(found: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in found if entry.amount)
