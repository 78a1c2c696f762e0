"""Marketing's side: each goal with what was delivered and taken off, and its pace through the month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic import Field

from lead_events.words import Quadrant
from rulebook.models import Goal
from sla_monitor.ledger.book import GivenBack, LeadRow
from sla_monitor.reports.figures.frame import CountedIn, Figure, Frame, counting, fits, share


class GoalFigure(Figure):
    """One goal, in its own unit. `given_back` is what was to be taken off before objections, `excused` what
    objections gave back of it; `net` is delivered less taken off, with corrections; `share` is net of
    goal. `line_names` and `source_names`: what the rulebook calls `lines` and `sources`, in their order."""

    id: str
    counted_in: CountedIn
    quadrants: list[Quadrant]
    lines: list[str]
    segments: list[str]
    sources: list[str]
    line_names: list[str] = Field(default_factory=list)
    source_names: list[str] = Field(default_factory=list)
    goal: int
    delivered: float
    given_back: float
    excused: float
    taken_off: float
    corrections: float
    net: float
    share: float | None


class PaceDay(Figure):
    """One local day, at its end. `delivered` and `net` are cumulated and None for days still to begin."""

    day: date
    is_working: bool
    planned: float
    delivered: float | None
    net: float | None


class Pace(Figure):
    """A goal through the month. `due` is what should be delivered by now: a day counts when it is over.
    `ahead` is delivered less due."""

    goal: str
    counted_in: CountedIn
    due: float
    delivered: float
    ahead: float
    days: list[PaceDay]


class MarketingFigures(Figure):
    """Marketing's attainment and pace, a row a goal."""

    goals: list[GoalFigure]
    pace: list[Pace]


def marketing_figures(frame: Frame) -> MarketingFigures:
    """Of the agreement that binds the month."""
    goals = frame.marketing.all_goals()
    delivered, back = list(frame.delivered()), list(frame.given_back())
    working = frame.working_days(frame.book.period)
    return MarketingFigures(
        goals=[goal_figure(frame, name, goal, delivered, back) for name, goal in goals.items()],
        pace=[_pace(frame, name, goal, delivered, back, working) for name, goal in goals.items()],
    )


def goal_figure(
    frame: Frame,
    name: str,
    goal: Goal,
    delivered: Sequence[LeadRow],
    back: Sequence[tuple[LeadRow, GivenBack]],
    *,
    is_trial: bool = False,
) -> GoalFigure:
    """One goal beside what came of it; of a trial nothing is booked and nothing corrected."""
    count = counting(goal, frame.marketing)
    gross = sum((count(lead) for lead in delivered if fits(goal, lead)), Decimal(0))
    claimed = excused = Decimal(0)
    for lead, given in back:
        if fits(goal, lead):
            part = count(lead) * frame.part_taken_off(given)
            claimed += part
            excused += part if given.fact in frame.excused else 0
    off, later = claimed - excused, Decimal(0)
    if not is_trial:
        gross, off = frame.stands("delivered", name, gross), frame.stands("taken_off", name, off)
        later = frame.corrected("delivered", name) - frame.corrected("taken_off", name)
    net = gross - off + later
    return GoalFigure(
        id=name,
        counted_in=goal.counted_in,
        quadrants=goal.quadrants,
        lines=goal.lines,
        segments=goal.segments,
        sources=goal.sources,
        line_names=[frame.book.rulebook.lines.get(each, each) for each in goal.lines],
        source_names=[frame.source_name(each) for each in goal.sources],
        goal=goal.goal,
        delivered=float(gross),
        given_back=float(off + excused),
        excused=float(excused),
        taken_off=float(off),
        corrections=float(later),
        net=float(net),
        share=share(float(net), goal.goal),
    )


def _pace(
    frame: Frame,
    name: str,
    goal: Goal,
    delivered: Iterable[LeadRow],
    back: Iterable[tuple[LeadRow, GivenBack]],
    working: Sequence[date],
) -> Pace:
    count, local_day = counting(goal, frame.marketing), frame.book.period.local_day
    came: dict[date, Decimal] = defaultdict(Decimal)
    left: dict[date, Decimal] = defaultdict(Decimal)
    for lead in delivered:
        if lead.delivered_at is not None and fits(goal, lead):
            came[local_day(lead.delivered_at)] += count(lead)
    for lead, given in back:
        if fits(goal, lead) and given.fact not in frame.excused:
            left[local_day(given.at)] += count(lead) * frame.part_taken_off(given)
    days = list(_days(frame, goal.goal, came, left, working))
    begun = [each for each in days if each.delivered is not None]
    total = begun[-1].delivered or 0.0 if begun else 0.0
    over = sum(day < frame.today for day in working)
    due = goal.goal * over / len(working) if working else 0.0
    return Pace(goal=name, counted_in=goal.counted_in, due=due, delivered=total, ahead=total - due, days=days)


def _days(
    frame: Frame,
    goal: int,
    came: Mapping[date, Decimal],
    left: Mapping[date, Decimal],
    working: Sequence[date],
) -> Iterable[PaceDay]:
    open_days, over, sent, gone = set(working), 0, Decimal(0), Decimal(0)
    for day in frame.book.period.days():
        over += day in open_days
        sent, gone = sent + came.get(day, 0), gone + left.get(day, 0)
        has_begun = day <= frame.today
        yield PaceDay(
            day=day,
            is_working=day in open_days,
            planned=goal * over / len(working) if working else 0.0,
            delivered=float(sent) if has_begun else None,
            net=float(sent - gone) if has_begun else None,
        )
