"""Agreements on trial in the month: what would have come of each beside what it sets."""

from dataclasses import replace
from datetime import date

from rulebook.agreements import Agreed, all_agreements, covers
from sla_monitor.ledger.book import LeadRow
from sla_monitor.reports.figures.frame import Figure, Frame
from sla_monitor.reports.figures.marketing import GoalFigure, goal_figure
from sla_monitor.reports.figures.sales import PromiseFigure, promise_figures


class TrialFigure(Figure):
    """One agreement on trial on any day of the month; `teams` empty: all. Its goals count the leads of its
    days and, where it names teams, those handed to them; its promises are its own."""

    id: str
    name: str
    first_day: date | None
    last_day: date | None
    teams: list[str]
    goals: list[GoalFigure]
    promises: list[PromiseFigure]


def trial_figures(frame: Frame) -> list[TrialFigure]:
    """By their ids."""
    days = list(frame.book.period.days())
    return [
        _trial(frame, Agreed(name, agreement))
        for name, agreement in sorted(all_agreements(frame.book.rulebook).items())
        if agreement.state == "trial" and any(covers(agreement, day) for day in days)
    ]


def _trial(frame: Frame, tried: Agreed) -> TrialFigure:
    under, agreement = replace(frame, agreed=tried), tried.agreement
    delivered = [lead for lead in frame.delivered() if _is_tried(frame, tried, lead)]
    back = [(lead, given) for lead, given in frame.given_back() if _is_tried(frame, tried, lead)]
    rows = [row for row in frame.book.promises if row.is_trial and row.agreement == tried.id]
    return TrialFigure(
        id=tried.id,
        name=agreement.name,
        first_day=agreement.first_day,
        last_day=agreement.last_day,
        teams=agreement.trial_teams,
        goals=[
            goal_figure(under, name, goal, delivered, back, is_trial=True)
            for name, goal in agreement.marketing.all_goals().items()
        ],
        promises=promise_figures(under, rows, is_trial=True),
    )


def _is_tried(frame: Frame, tried: Agreed, lead: LeadRow) -> bool:
    teams = tried.agreement.trial_teams
    if lead.delivered_at is None or (teams and lead.team not in teams):
        return False
    return covers(tried.agreement, frame.book.period.local_day(lead.delivered_at))
