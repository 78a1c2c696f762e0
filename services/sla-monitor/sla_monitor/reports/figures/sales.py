"""Sales' side: each kind of promise kept and broken, what was worked, and how quickly by the day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from lead_events.words import ChargedTo, TimerKind
from rulebook.models import MarketingSide, Works
from sla_monitor.domain.openings import ANSWERED_BY, SUPERSEDED
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import LeadRow, PromiseRow
from sla_monitor.reports.figures.frame import Figure, Frame, share, share_with
from sla_monitor.reports.figures.spread import Spread, spread

ANSWERS = frozenset(kind.value for kinds in ANSWERED_BY.values() for kind in kinds)
"""Acts that keep a promise; whatever else ends one cancels it."""
OF_SALES = (ChargedTo.REP, ChargedTo.SALES_TEAM)


class PromiseFigure(Figure):
    """Promises of one kind that were due in the month. `broken` by whom they are charged to, without those
    excused. `kept` and `broken` leave out what is above the agreed volume: `above_volume` counts those in
    time, `late_above_volume` the late ones. `withdrawn` were said to be broken and were not: they count as
    kept or cancelled, too. `share_kept` is kept of kept and broken by sales; `share_in_time` of kept and all
    broken. `corrections_broken_by_sales` is part of `corrections_broken`."""

    kind: TimerKind
    kept: int
    broken: dict[ChargedTo, int]
    broken_by_sales: int
    broken_in_all: int
    excused_by_objection: int
    excused_by_incident: int
    above_volume: int
    late_above_volume: int
    withdrawn: int
    cancelled: int
    open: int
    corrections_kept: int
    corrections_broken: int
    corrections_broken_by_sales: int
    share_kept: float | None
    share_in_time: float | None


class WorksFigure(Figure):
    """How many of the deliveries whose time to be worked ended by now were worked. `worked` and `due` are
    leads, or minor units where money is agreed; `to_come` ends later in the month. `result` is the share
    where a share is agreed, else what was worked; `attained` is result of goal."""

    agreed: Literal["share", "number", "money", "nothing"]
    goal: float | None
    due: int
    worked: int
    corrections_due: int
    corrections: int
    to_come: int
    on_neither_side: int
    result: float | None
    attained: float | None


class ResponseDay(Figure):
    """First responses given on one working day, or another day with any: the rep's working seconds."""

    day: date
    is_working: bool
    first_response: Spread


class SalesFigures(Figure):
    """Sales' attainment, a row a kind, and its time to work a lead."""

    promises: list[PromiseFigure]
    works: WorksFigure
    days: list[ResponseDay]


def sales_figures(frame: Frame) -> SalesFigures:
    """Of the promises that bind."""
    return SalesFigures(
        promises=promise_figures(frame, binding_promises(frame)),
        works=_works(frame, frame.agreed.agreement.sales.works),
        days=_response_days(frame),
    )


def binding_promises(frame: Frame) -> Iterator[PromiseRow]:
    """All but those of agreements on trial."""
    return (row for row in frame.book.promises if not row.is_trial)


def is_in_time(row: PromiseRow) -> bool:
    """Whether an act kept it, also where that became known after it was said to be broken."""
    return was_kept(row.state, row.ended_kind)


def was_kept(state: TimerState, ended_kind: str | None) -> bool:
    """The same, of a promise of which only its state and the kind of act that ended it are known."""
    return state is TimerState.KEPT or (state is TimerState.WITHDRAWN and ended_kind in ANSWERS)


def is_broken(row: PromiseRow) -> bool:
    """Whether it ran out and no objection or incident excuses it."""
    return row.state is TimerState.BREACHED and row.excused is None


def is_of_sales(row: PromiseRow) -> bool:
    """Whether sales answers if it was broken: the rep or the team."""
    return row.charged_to in OF_SALES


def promise_figures(
    frame: Frame, rows: Iterable[PromiseRow], *, is_trial: bool = False
) -> list[PromiseFigure]:
    """A row for each kind of which any was due, in the order of the kinds. Of a promise that later facts show
    never to have been opened, only a breach that was said and withdrawn counts, whatever came first."""
    counts: dict[TimerKind, Counter[str]] = defaultdict(Counter)
    broken: dict[TimerKind, Counter[ChargedTo]] = defaultdict(Counter)
    for row in rows:
        if not frame.within(row.due_at):
            continue
        if row.state is TimerState.WITHDRAWN:
            counts[row.kind]["withdrawn"] += 1
        if row.ended_kind == SUPERSEDED:
            continue
        counted = _counted_as(row)
        counts[row.kind][counted] += 1
        if counted == "broken":
            broken[row.kind][row.charged_to or ChargedTo.NOBODY] += 1
            counts[row.kind]["broken_by_others"] += not is_of_sales(row)
    if not is_trial:
        _book(frame, counts)
    return [_promise_figure(kind, counts[kind], broken[kind]) for kind in TimerKind if kind in counts]


def _book(frame: Frame, counts: dict[TimerKind, Counter[str]]) -> None:
    """What was booked when the month was closed, and what was corrected since in others."""
    for kind in TimerKind:
        for measure in ("kept", "broken", "broken_by_others"):
            now = Decimal(counts[kind][measure]) if kind in counts else Decimal(0)
            stands = int(frame.stands(measure, kind.value, now))
            later = int(frame.corrected(measure, kind.value))
            if stands or later or kind in counts:
                counts[kind][measure] = stands
                counts[kind][f"corrections_{measure}"] = later


def _counted_as(row: PromiseRow) -> str:
    if is_in_time(row):
        return "above_volume" if row.is_above_volume else "kept"
    if row.state is TimerState.BREACHED:
        if row.excused is not None:
            return f"excused_by_{row.excused}"
        return "late_above_volume" if row.is_above_volume else "broken"
    return "open" if row.state is TimerState.PENDING else "cancelled"


def _promise_figure(kind: TimerKind, counts: Counter[str], broken: Counter[ChargedTo]) -> PromiseFigure:
    kept = counts["kept"] + counts["corrections_kept"]
    lost = counts["broken"] + counts["corrections_broken"]
    by_sales = max(0, counts["broken"] - counts["broken_by_others"])
    lost_by_sales = counts["corrections_broken"] - counts["corrections_broken_by_others"]
    return PromiseFigure(
        kind=kind,
        kept=counts["kept"],
        broken={each: broken[each] for each in ChargedTo},
        broken_by_sales=by_sales,
        broken_in_all=counts["broken"],
        excused_by_objection=counts["excused_by_objection"],
        excused_by_incident=counts["excused_by_incident"],
        above_volume=counts["above_volume"],
        late_above_volume=counts["late_above_volume"],
        withdrawn=counts["withdrawn"],
        cancelled=counts["cancelled"],
        open=counts["open"],
        corrections_kept=counts["corrections_kept"],
        corrections_broken=counts["corrections_broken"],
        corrections_broken_by_sales=lost_by_sales,
        share_kept=share_with(kept, kept + max(0, by_sales + lost_by_sales)),
        share_in_time=share_with(kept, kept + max(0, lost)),
    )


def _works(frame: Frame, agreed: Works | None) -> WorksFigure:
    due = worked = to_come = neither = 0
    worth = worth_of_work(frame.marketing, agreed)
    for lead in frame.book.leads:
        if not lead.is_ours or lead.delivered_at is None or not frame.within(lead.work_due_at):
            continue
        if frame.counts_nowhere(lead):
            neither += 1
        elif lead.work_due_at is not None and lead.work_due_at > frame.book.now:
            to_come += worth(lead)
        else:
            due += worth(lead)
            worked += worth(lead) if is_worked(lead) else 0
    stands = int(frame.stands("due", "", Decimal(due))), int(frame.stands("worked", "", Decimal(worked)))
    return _works_figure(frame, agreed, *stands, to_come, neither)


def _works_figure(
    frame: Frame, agreed: Works | None, due: int, worked: int, to_come: int, neither: int
) -> WorksFigure:
    more_due, more = int(frame.corrected("due")), int(frame.corrected("worked"))
    name, goal = _agreed(agreed)
    part = share_with(worked + more, due + more_due)
    result = part if name in ("share", "nothing") else float(worked + more)
    return WorksFigure(
        agreed=name,
        goal=goal,
        due=due,
        worked=worked,
        corrections_due=more_due,
        corrections=more,
        to_come=to_come,
        on_neither_side=neither,
        result=result,
        attained=share(result, goal) if result is not None and goal else None,
    )


def _agreed(works: Works | None) -> tuple[Literal["share", "number", "money", "nothing"], float | None]:
    if works is None:
        return "nothing", None
    if works.share is not None:
        return "share", works.share
    return ("number", works.number) if works.number is not None else ("money", works.money_minor)


def worth_of_work(side: MarketingSide, agreed: Works | None) -> Callable[[LeadRow], int]:
    """What one lead that is worked counts: its value where money is agreed, else 1."""
    if agreed is not None and agreed.money_minor is not None:
        return lambda lead: side.value_minor.get(lead.quadrant, 0)
    return lambda _: 1


def is_worked(lead: LeadRow) -> bool:
    """Whether sales worked it by the end of its time."""
    return lead.worked_at is not None and lead.work_due_at is not None and lead.worked_at <= lead.work_due_at


def first_responses(frame: Frame) -> Iterator[PromiseRow]:
    """First responses that were given in the month, in time or not."""
    for row in binding_promises(frame):
        is_answer = row.kind is TimerKind.FIRST_RESPONSE and row.ended_kind in ANSWERS
        if is_answer and frame.within(row.ended_at):
            yield row


def _response_days(frame: Frame) -> list[ResponseDay]:
    taken: dict[date, list[float]] = defaultdict(list)
    for row in first_responses(frame):
        if row.ended_at is not None and row.worked is not None:
            taken[frame.book.period.local_day(row.ended_at)].append(row.worked)
    working = set(frame.working_days(frame.book.period))
    begun = {day for day in working if day <= frame.today}
    return [
        ResponseDay(day=day, is_working=day in working, first_response=spread(taken.get(day, ())))
        for day in sorted(begun | taken.keys())
    ]
