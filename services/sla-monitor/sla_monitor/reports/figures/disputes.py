"""The worst breaches, what was objected to, and what a later month corrected."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from lead_events.words import ChargedTo, Quadrant, TimerKind
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import About, Correction, ObjectionRow, PromiseRow
from sla_monitor.reports.figures.frame import Figure, Frame
from sla_monitor.reports.figures.sales import binding_promises, is_broken

WORST = 10


class PartFigure(Figure):
    """One stretch of a lead's path; together they last as long as the path."""

    part: str
    detail: str | None
    microseconds: int


class BreachFigure(Figure):
    """A promise broken in the month. `late_seconds` is wall time from the due time to the act, or to now
    where there is none yet; `worked_seconds` the rep's working time from its opening to the act."""

    lead_id: UUID
    kind: TimerKind
    round: int
    rep: str
    rep_name: str
    team: str
    quadrant: Quadrant
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    late_seconds: float
    worked_seconds: float | None
    charged_to: ChargedTo | None
    parts: list[PartFigure]


class ObjectionFigure(Figure):
    """One objection: who raised it and what came of it; `verdict` None: still to decide. Of a breach the
    promise as well, which a report that was kept without it has not."""

    id: UUID
    about: About
    lead_id: UUID
    side: str
    by: str
    at: datetime
    reason: str
    verdict: Literal["upheld", "excused"] | None
    decided_by: str | None
    decided_at: datetime | None
    kind: TimerKind | None = None
    round: int | None = None
    rep: str | None = None
    rep_name: str | None = None
    due_at: datetime | None = None


class DisputeCount(Figure):
    """Breaches or rejections of the month before and after objections and incidents."""

    about: About
    before: int
    excused: int
    after: int
    objections: int
    upheld: int
    undecided: int


class CorrectionFigure(Figure):
    """What turned out differently after the month `of` was closed, booked in this one."""

    of: str
    measure: str
    subject: UUID
    amount: float
    goal: str | None


class DisputeFigures(Figure):
    """Everything that is or was disputed."""

    counts: list[DisputeCount]
    objections: list[ObjectionFigure]
    corrections: list[CorrectionFigure]
    worst: list[BreachFigure]


def dispute_figures(frame: Frame) -> DisputeFigures:
    """Of the month."""
    objections = sorted(frame.book.objections, key=lambda each: (each.at, each.id))
    return DisputeFigures(
        counts=[_breaches(frame, objections), _rejections(frame, objections)],
        objections=[_objection(frame, each) for each in objections],
        corrections=[_correction(each) for each in frame.book.corrections],
        worst=worst_breaches(frame),
    )


def worst_breaches(frame: Frame) -> list[BreachFigure]:
    """Those counted that were late the longest, at most ten."""
    counted = (
        row
        for row in binding_promises(frame)
        if is_broken(row) and frame.within(row.due_at) and not row.is_above_volume
    )
    found = sorted(counted, key=lambda row: (-_late(frame, row), str(row.id)))[:WORST]
    return [_breach(frame, row) for row in found]


def _late(frame: Frame, row: PromiseRow) -> float:
    if row.due_at is None:
        return 0.0
    return max(0.0, ((row.ended_at or frame.book.now) - row.due_at).total_seconds())


def _breach(frame: Frame, row: PromiseRow) -> BreachFigure:
    if row.due_at is None:
        raise ValueError(f"promise {row.id} has no due time and cannot be broken")
    return BreachFigure(
        lead_id=row.lead_id,
        kind=row.kind,
        round=row.round,
        rep=row.rep_id,
        rep_name=frame.name(row.rep_id),
        team=row.team,
        quadrant=row.quadrant,
        opened_at=row.opened_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        late_seconds=_late(frame, row),
        worked_seconds=row.worked,
        charged_to=row.charged_to,
        parts=[PartFigure(part=part, detail=detail, microseconds=us) for part, detail, us in row.parts],
    )


def _breaches(frame: Frame, objections: Iterable[ObjectionRow]) -> DisputeCount:
    said = [
        row
        for row in binding_promises(frame)
        if row.state is TimerState.BREACHED and frame.within(row.due_at)
    ]
    return _count("breach", len(said), sum(row.excused is not None for row in said), objections)


def _rejections(frame: Frame, objections: Iterable[ObjectionRow]) -> DisputeCount:
    facts = [back.fact for _, back in frame.given_back() if back.is_rejection]
    return _count("rejection", len(facts), sum(fact in frame.excused for fact in facts), objections)


def _count(about: About, before: int, excused: int, objections: Iterable[ObjectionRow]) -> DisputeCount:
    raised = [each for each in objections if each.about == about]
    return DisputeCount(
        about=about,
        before=before,
        excused=excused,
        after=before - excused,
        objections=len(raised),
        upheld=sum(each.verdict == "upheld" for each in raised),
        undecided=sum(each.verdict is None for each in raised),
    )


def _objection(frame: Frame, row: ObjectionRow) -> ObjectionFigure:
    same = ObjectionFigure.model_fields.keys() - {"rep", "rep_name"}
    rep = row.rep_id and {"rep": row.rep_id, "rep_name": frame.name(row.rep_id)}
    return ObjectionFigure.model_validate({name: getattr(row, name) for name in same} | (rep or {}))


def _correction(row: Correction) -> CorrectionFigure:
    return CorrectionFigure.model_validate(
        {name: getattr(row, name) for name in CorrectionFigure.model_fields}
    )
