"""What months came to, a working day: the rates from which the next month is proposed. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

from lead_events.words import Quadrant, TimerKind
from rulebook.agreements import Agreed
from sla_monitor.ledger.book import Closing, MonthBook, PromiseRow
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.funnel import revenue
from sla_monitor.reports.figures.marketing import marketing_figures
from sla_monitor.reports.figures.sales import (
    binding_promises,
    is_broken,
    is_in_time,
    is_of_sales,
    sales_figures,
)

REVIEWED = (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE, TimerKind.OUTCOME)
"""Promises with one length each; tries are agreed by their number."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How one kind of promise went for one quadrant: without what is excused, charged to others than sales,
    or above the agreed volume. `worked`: working seconds until the act, rising, of those answered."""

    kept: int
    broken: int
    worked: tuple[float, ...]

    @property
    def judged(self) -> int:
        """How many count."""
        return self.kept + self.broken

    @property
    def share(self) -> float:
        """Kept of those that count. Raises ZeroDivisionError for none."""
        return self.kept / self.judged

    def answered_within(self, percent: int) -> timedelta | None:
        """The working time in which `percent` in a hundred were answered; None if fewer ever were."""
        place = ceil(percent * self.judged / 100)
        return timedelta(seconds=self.worked[place - 1]) if 0 < place <= len(self.worked) else None


@dataclass(frozen=True, slots=True)
class Rates:
    """Of some months together. `delivered`, `revenue_minor` and each goal's net are sums over
    `working_days`. `answered_a_day`: first answers on each working day on which there were any, in rising
    order; `reps` gave them."""

    months: tuple[str, ...]
    working_days: int
    delivered: int
    net: dict[str, float]
    revenue_minor: int
    worked: int
    due: int
    kept: dict[tuple[Quadrant, TimerKind], Kept]
    answered_a_day: tuple[int, ...]
    reps: int

    def a_day(self, amount: float) -> float:
        """An amount of all months for one working day."""
        return amount / self.working_days if self.working_days else 0.0

    def answered_on_nine_in_ten(self) -> int:
        """So many first answers a day, or fewer, on nine working days in ten: what sales is able to."""
        days = self.answered_a_day
        return days[ceil(0.9 * len(days)) - 1] if days else 0


def rates_of(books: Sequence[MonthBook], agreed: Agreed | None = None) -> Rates:
    """Of months of one company, each over, as they are known now. `agreed`: whose goals are counted in all of
    them, whatever bound then; absent: in each those that bound."""
    frames = [_frame(book, agreed) for book in books]
    net: dict[str, float] = defaultdict(float)
    for frame in frames:
        for goal in marketing_figures(frame).goals:
            net[goal.id] += goal.net
    works = [sales_figures(frame).works for frame in frames]
    answers, reps = _answers(frames)
    return Rates(
        months=tuple(book.period.name for book in books),
        working_days=sum(len(frame.working_days(frame.book.period)) for frame in frames),
        delivered=sum(1 for frame in frames for _ in frame.delivered()),
        net=dict(net),
        revenue_minor=sum(revenue(lead) for frame in frames for lead in frame.won()),
        worked=sum(each.worked for each in works),
        due=sum(each.due for each in works),
        kept=_kept(frames),
        answered_a_day=answers,
        reps=len(reps),
    )


def _frame(book: MonthBook, agreed: Agreed | None) -> Frame:
    """What was booked, and corrected since, is in what is known now."""
    frame = Frame.of(replace(book, closing=Closing(), corrections=()))
    return frame if agreed is None else replace(frame, agreed=agreed)


def _answers(frames: Iterable[Frame]) -> tuple[tuple[int, ...], set[str]]:
    """First contacts by local day, and the reps who gave them."""
    days: Counter[date] = Counter()
    reps: set[str] = set()
    for frame in frames:
        for lead in frame.book.leads:
            if lead.contacted_at is not None and frame.within(lead.contacted_at):
                days[frame.book.period.local_day(lead.contacted_at)] += 1
                if lead.rep_id is not None:
                    reps.add(lead.rep_id)
    return tuple(sorted(days.values())), reps


def _kept(frames: Iterable[Frame]) -> dict[tuple[Quadrant, TimerKind], Kept]:
    rows: dict[tuple[Quadrant, TimerKind], list[PromiseRow]] = defaultdict(list)
    for frame in frames:
        for row in binding_promises(frame):
            if row.kind in REVIEWED and frame.within(row.due_at) and not row.is_above_volume:
                rows[row.quadrant, row.kind].append(row)
    return {key: _counted(each) for key, each in rows.items()}


def _counted(rows: Iterable[PromiseRow]) -> Kept:
    counting = [row for row in rows if is_in_time(row) or _is_missed(row)]
    kept = sum(is_in_time(row) for row in counting)
    worked = sorted(row.worked for row in counting if row.worked is not None and row.ended_at is not None)
    return Kept(kept, len(counting) - kept, tuple(worked))


def _is_missed(row: PromiseRow) -> bool:
    return is_broken(row) and is_of_sales(row)
