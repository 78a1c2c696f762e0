"""The figures of a week beside the week before it. Pure: rows of the months it touches come in."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

from lead_events.words import TimerKind
from rulebook.models import Campaign, Rulebook
from sla_monitor.ledger.book import About, LeadRow, MonthBook
from sla_monitor.reports.figures.frame import OWN, CountedIn, Figure, Frame, source_name
from sla_monitor.reports.figures.funnel import MOMENTS, FunnelStage
from sla_monitor.reports.figures.marketing import marketing_figures
from sla_monitor.reports.figures.sources import source_of
from sla_monitor.reports.figures.speed import speed_figures
from sla_monitor.rhythm.weeks import Week

Row = TypeVar("Row")
FLOW = (FunnelStage.RECEIVED, FunnelStage.MQL, FunnelStage.SQL, FunnelStage.ACCEPTED)


class Win(Figure):
    """A lead that became a customer. `source`: the one credited, as people call it, or `own`. `minor`: in
    minor units of `currency`; None where no amount was told."""

    lead_id: UUID
    source: str
    minor: int | None
    currency: str
    rep: str | None


class Flow(Figure):
    """Marketing's leads that came to each stage in the week, and those that sales gave back."""

    received: int
    mql: int
    sql: int
    accepted: int
    given_back: int


class Speed(Figure):
    """First responses. `median_seconds`: the rep's working time of the `answered`; `in_time`: share of those
    that were due in the week, None of none."""

    answered: int
    median_seconds: float | None
    in_time: float | None


class GoalPace(Figure):
    """A goal of the month in its own unit. `due`: what should be delivered by the week's end; `ahead`: what
    is delivered less that."""

    id: str
    counted_in: CountedIn
    goal: int
    due: float
    delivered: float
    ahead: float


class OpenBreach(Figure):
    """A promise that is broken and that nobody has acted on yet."""

    lead_id: UUID
    kind: TimerKind
    rep: str
    due_at: datetime


class Waiting(Figure):
    """An objection that nobody has decided; `kind`: of the promise, where it is to a breach."""

    about: About
    lead_id: UUID
    side: str
    at: datetime
    id: UUID | None = None
    kind: TimerKind | None = None


class Planned(Figure):
    """A campaign, or news, of this week. `source` as people call it."""

    name: str
    first_day: date
    last_day: date
    begins: bool
    text: str | None
    url: str | None
    source: str | None


class WeeklyFigures(Figure):
    """The page of one week. `pace_month`: whose goals `pace` has. `breaches`: of the `open_breaches` those
    that are late longest. `campaigns` and `news` are of the week in which the page is read."""

    week: str
    first_day: date
    last_day: date
    zone: str
    currency: str
    wins: list[Win]
    won_minor: int
    flow: Flow
    flow_before: Flow
    pace_month: str
    pace: list[GoalPace]
    speed: Speed
    speed_before: Speed
    open_breaches: int
    breaches: list[OpenBreach]
    objections: list[Waiting]
    campaigns: list[Planned]
    news: list[Planned]


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """What waits, as the store lists it: how many promises are broken without an act, the worst of them as
    lead, promise, rep and due time, and objections that nobody has decided."""

    breaches: int
    worst: Sequence[tuple[UUID, TimerKind, str, datetime]]
    objections: Sequence[Waiting] = ()


def weekly_figures(
    week: Week, books: Sequence[MonthBook], rulebook: Rulebook, waits: OpenMatters, now: datetime
) -> WeeklyFigures:
    """`books`: of the months that this week and the one before lie in, in order; at least one."""
    book, read_in = joined(books), week.next
    this, before = frame_of(week, book), frame_of(week.previous, book)
    wins = _wins(this, rulebook)
    paced = next(each for each in books if each.period == week.months()[-1])
    return WeeklyFigures(
        week=week.name,
        first_day=week.monday,
        last_day=week.sunday,
        zone=week.zone.key,
        currency=rulebook.currency,
        wins=wins,
        won_minor=sum(each.minor or 0 for each in wins if each.currency == rulebook.currency),
        flow=_flow(this),
        flow_before=_flow(before),
        pace_month=paced.period.name,
        pace=_pace(as_of(paced, min(now, week.end))),
        speed=_speed(this),
        speed_before=_speed(before),
        open_breaches=waits.breaches,
        breaches=[
            OpenBreach(lead_id=lead, kind=kind, rep=this.name(rep), due_at=due_at)
            for lead, kind, rep, due_at in waits.worst
        ],
        objections=list(waits.objections),
        campaigns=_planned(rulebook, "campaign", read_in),
        news=_planned(rulebook, "news", read_in),
    )


def joined(books: Sequence[MonthBook]) -> MonthBook:
    """Several months as one; of what stands in two of them the later month's row holds."""
    return replace(
        books[-1],
        leads=_once((row.id, row) for each in books for row in each.leads),
        promises=_once((row.id, row) for each in books for row in each.promises),
        rounds=_once(((row.lead_id, row.round), row) for each in books for row in each.rounds),
        objections=_once((row.id, row) for each in books for row in each.objections),
        touches=tuple(row for each in books for row in each.touches),
        corrections=(),
        names={identity: name for each in books for identity, name in each.names.items()},
    )


def _once(rows: Iterable[tuple[Hashable, Row]]) -> tuple[Row, ...]:
    return tuple(dict(rows).values())


def frame_of(week: Week, book: MonthBook) -> Frame:
    """A week as the figures of a month read it: the same rules within other bounds."""
    frame = Frame.of(book)
    return replace(frame, start=week.start, end=week.end, until=min(week.end, book.now.astimezone(UTC)))


def as_of(book: MonthBook, at: datetime) -> MonthBook:
    """The month as far as it was delivered by a moment."""
    leads = tuple(lead for lead in book.leads if lead.delivered_at is None or lead.delivered_at < at)
    return replace(book, now=at, leads=leads)


def _wins(frame: Frame, rulebook: Rulebook) -> list[Win]:
    """The most valuable first, whoever found them."""
    return sorted(
        (_win(frame, rulebook, lead) for lead in frame.won()),
        key=lambda each: (each.currency != rulebook.currency, -(each.minor or 0), each.lead_id),
    )


def _win(frame: Frame, rulebook: Rulebook, lead: LeadRow) -> Win:
    minor, currency = None, rulebook.currency
    if lead.won is not None:
        minor = lead.won.minor
        if minor is None and lead.won.as_told is not None:
            minor, currency = lead.won.as_told.minor, lead.won.as_told.currency
    credited = source_of(lead, frame.agreed.agreement.credit)
    return Win(
        lead_id=lead.id,
        source=OWN if lead.is_own else source_name(rulebook, credited),
        minor=minor,
        currency=currency,
        rep=frame.name(lead.rep_id) if lead.rep_id is not None else None,
    )


def _flow(frame: Frame) -> Flow:
    leads = list(frame.ours())
    counts: Mapping[str, int] = {
        stage.value: sum(frame.within(MOMENTS[stage](lead)) for lead in leads) for stage in FLOW
    }
    back = sum(lead.given_back is not None and frame.within(lead.given_back.at) for lead in leads)
    return Flow(**counts, given_back=back)


def _speed(frame: Frame) -> Speed:
    every = speed_figures(frame).follow_up[0]
    return Speed(answered=every.working.n, median_seconds=every.working.median, in_time=every.share_within)


def _pace(book: MonthBook) -> list[GoalPace]:
    side = marketing_figures(Frame.of(book))
    goals = {each.id: each.goal for each in side.goals}
    return [
        GoalPace(
            id=each.goal,
            counted_in=each.counted_in,
            goal=goals[each.goal],
            due=each.due,
            delivered=each.delivered,
            ahead=each.ahead,
        )
        for each in side.pace
    ]


def _planned(rulebook: Rulebook, kind: str, week: Week) -> list[Planned]:
    """What runs or begins in a week, by its first day."""
    these = [
        each
        for each in rulebook.campaigns.values()
        if each.kind == kind and week.touches(each.first_day, each.last_day)
    ]
    return [
        _shown(rulebook, each, week) for each in sorted(these, key=lambda each: (each.first_day, each.name))
    ]


def _shown(rulebook: Rulebook, campaign: Campaign, week: Week) -> Planned:
    return Planned(
        name=campaign.name,
        first_day=campaign.first_day,
        last_day=campaign.last_day,
        begins=week.monday <= campaign.first_day,
        text=campaign.text,
        url=campaign.url,
        source=source_name(rulebook, campaign.source) if campaign.source else None,
    )
