"""The whole report of a month."""

from datetime import date, datetime
from typing import Literal

from sla_monitor.ledger.book import MonthBook, Side
from sla_monitor.reports.figures.disputes import DisputeFigures, dispute_figures
from sla_monitor.reports.figures.frame import Figure, Frame
from sla_monitor.reports.figures.funnel import FunnelFigures, funnel_figures
from sla_monitor.reports.figures.marketing import MarketingFigures, marketing_figures
from sla_monitor.reports.figures.people import ReasonFigure, RepFigure, reason_figures, rep_figures
from sla_monitor.reports.figures.sales import SalesFigures, sales_figures
from sla_monitor.reports.figures.sources import SourceFigures, source_figures
from sla_monitor.reports.figures.speed import SpeedFigures, speed_figures
from sla_monitor.reports.figures.trials import TrialFigure, trial_figures


class SignatureFigure(Figure):
    """Who signed the month for a side, and when."""

    side: Side
    name: str | None
    at: datetime | None


class Head(Figure):
    """Which month this is, by which agreement, and whether it is closed. `state`: `running` until it is
    over, then `open` until both have signed. Money is in minor units of `currency`."""

    month: str
    company: str
    time_zone: str
    currency: str
    first_day: date
    last_day: date
    now: datetime
    state: Literal["running", "open", "closed"]
    signs_from: date | None
    signatures: list[SignatureFigure]
    agreement: str | None
    agreement_name: str | None
    agreed_by: dict[str, str]


class MonthReport(Figure):
    """One month, for both sides."""

    head: Head
    marketing: MarketingFigures
    sales: SalesFigures
    funnel: FunnelFigures
    sources: SourceFigures
    speed: SpeedFigures
    reasons: list[ReasonFigure]
    reps: list[RepFigure]
    disputes: DisputeFigures
    trials: list[TrialFigure]


def month_report(book: MonthBook) -> MonthReport:
    """All figures of a month."""
    frame = Frame.of(book)
    return MonthReport(
        head=_head(frame),
        marketing=marketing_figures(frame),
        sales=sales_figures(frame),
        funnel=funnel_figures(frame),
        sources=source_figures(frame),
        speed=speed_figures(frame),
        reasons=reason_figures(frame),
        reps=rep_figures(frame),
        disputes=dispute_figures(frame),
        trials=trial_figures(frame),
    )


def _head(frame: Frame) -> Head:
    book, agreement = frame.book, frame.agreed.agreement
    signed = agreement.signatures
    named = {"marketing": signed.marketing, "sales": signed.sales}
    return Head(
        month=book.period.name,
        company=book.rulebook.company,
        time_zone=book.period.zone.key,
        currency=book.rulebook.currency,
        first_day=book.period.first_day,
        last_day=book.period.last_day,
        now=book.now,
        state=_state(frame),
        signs_from=_signs_from(frame),
        signatures=_signatures(book),
        agreement=frame.agreed.id or None,
        agreement_name=agreement.name if frame.agreed.id else None,
        agreed_by={side: signer.name for side, signer in named.items() if signer is not None},
    )


def _state(frame: Frame) -> Literal["running", "open", "closed"]:
    if frame.book.closing.is_closed:
        return "closed"
    return "running" if frame.book.now < frame.end else "open"


def _signs_from(frame: Frame) -> date | None:
    """The working day of the next month from which both sides may sign."""
    days = frame.working_days(frame.book.period.next)
    at = frame.agreed.agreement.closes_on_working_day - 1
    return days[at] if at < len(days) else None


def _signatures(book: MonthBook) -> list[SignatureFigure]:
    nobody = None, None
    marketing, sales = book.closing.marketing or nobody, book.closing.sales or nobody
    return [
        SignatureFigure(side="marketing", name=marketing[0], at=marketing[1]),
        SignatureFigure(side="sales", name=sales[0], at=sales[1]),
    ]
