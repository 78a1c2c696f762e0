"""How quickly leads are followed up and won."""

from collections.abc import Iterable, Iterator

from lead_events.words import Quadrant, TimerKind
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import LeadRow, PromiseRow
from sla_monitor.reports.figures.frame import Figure, Frame, share
from sla_monitor.reports.figures.sales import binding_promises, first_responses, is_in_time
from sla_monitor.reports.figures.spread import Spread, days_between, known, spread


class FollowUp(Figure):
    """First responses given in the month, in seconds of the rep's working time and of wall time from the
    handoff. `share_within` is of those due in the month, whoever an answer too late is charged to.
    `quadrant` None: all."""

    quadrant: Quadrant | None
    working: Spread
    wall: Spread
    in_time: int
    late: int
    share_within: float | None


class SpeedFigures(Figure):
    """`speed_to_lead`: wall seconds from the delivery to the first contact, of contacts in the month.
    `lead_to_customer`, `cycle`: days from receipt to won, and from handoff to won or lost, of those that
    ended in the month. `win_rate` is won of won and lost."""

    follow_up: list[FollowUp]
    speed_to_lead: Spread
    lead_to_customer_days: Spread
    cycle_days: Spread
    cycle_won_days: Spread
    won: int
    lost: int
    win_rate: float | None


def speed_figures(frame: Frame) -> SpeedFigures:
    """Of the month."""
    won = list(frame.won())
    lost = [lead for lead in frame.book.leads if lead.won is None and frame.within(lead.lost_at)]
    cycles_won = known(days_between(lead.handed_at, lead.won_at) for lead in won)
    cycles_lost = known(days_between(lead.handed_at, lead.lost_at) for lead in lost)
    return SpeedFigures(
        follow_up=_follow_ups(frame),
        speed_to_lead=spread(_speeds(frame)),
        lead_to_customer_days=spread(known(days_between(lead.received_at, lead.won_at) for lead in won)),
        cycle_days=spread([*cycles_won, *cycles_lost]),
        cycle_won_days=spread(cycles_won),
        won=len(won),
        lost=len(lost),
        win_rate=share(len(won), len(won) + len(lost)),
    )


def _follow_ups(frame: Frame) -> list[FollowUp]:
    given = list(first_responses(frame))
    due = [
        row
        for row in binding_promises(frame)
        if row.kind is TimerKind.FIRST_RESPONSE and frame.within(row.due_at)
    ]
    present = [each for each in Quadrant if any(row.quadrant is each for row in (*given, *due))]
    return [_follow_up(quadrant, given, due) for quadrant in (None, *present)]


def _follow_up(quadrant: Quadrant | None, given: Iterable[PromiseRow], due: Iterable[PromiseRow]) -> FollowUp:
    chosen = [row for row in given if quadrant in (None, row.quadrant)]
    judged = [row for row in due if quadrant in (None, row.quadrant)]
    in_time = sum(is_in_time(row) for row in judged)
    late = sum(row.state is TimerState.BREACHED for row in judged)
    return FollowUp(
        quadrant=quadrant,
        working=spread(known(row.worked for row in chosen)),
        wall=spread(known(row.wall for row in chosen)),
        in_time=in_time,
        late=late,
        share_within=share(in_time, in_time + late),
    )


def _speeds(frame: Frame) -> Iterator[float]:
    for lead in frame.ours():
        seconds = _speed(lead) if frame.within(lead.contacted_at) else None
        if seconds is not None:
            yield seconds


def _speed(lead: LeadRow) -> float | None:
    if lead.delivered_at is None or lead.contacted_at is None:
        return None
    return max(0.0, (lead.contacted_at - lead.delivered_at).total_seconds())
