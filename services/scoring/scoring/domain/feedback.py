"""What reps say of a lead: given back, rated, and how the selling went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from lead_events import LeadProgressed
from lead_events.money import Money
from lead_events.words import ProgressKind

T = TypeVar("T")

KEPT_KINDS = frozenset(
    {ProgressKind.REJECTED, ProgressKind.RECYCLED, ProgressKind.RATED, ProgressKind.OUTCOME}
)
_FURTHEST = ("meeting", "opportunity", "lost", "won")
"""Results of outcomes, from how little to how far the selling went: the end of it counts last."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One act of a rep that says something of the lead's worth."""

    id: UUID
    lead_id: UUID
    kind: ProgressKind
    at: datetime
    round: int = 0
    rep_id: str | None = None
    result: str | None = None
    reason: str | None = None
    rating: int | None = None
    value: Money | None = None
    wake_at: datetime | None = None


def feedback_of(event_id: UUID, report: LeadProgressed) -> Feedback | None:
    """The feedback in a report; None where it says nothing of the lead's worth."""
    if report.kind not in KEPT_KINDS:
        return None
    outcome = report.outcome
    return Feedback(
        id=event_id,
        lead_id=report.lead_id,
        kind=report.kind,
        at=report.at,
        round=report.round,
        rep_id=report.rep_id,
        result=outcome.result if outcome else None,
        reason=outcome.reason if outcome else report.reason,
        rating=report.rating,
        value=outcome.value if outcome else None,
        wake_at=report.wake_at,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What sales has said of a lead in all: the furthest result and the newest of everything else."""

    result: str | None = None
    reason: str | None = None
    rating: int | None = None
    value: Money | None = None

    @classmethod
    def of(cls, said: Sequence[Feedback]) -> "Verdict":
        """Of the feedback on one lead, in any order."""
        ordered = sorted(said, key=lambda each: (each.at, each.id))
        results = [each.result for each in ordered if each.result in _FURTHEST]
        return cls(
            result=max(results, key=lambda each: _FURTHEST.index(str(each)), default=None),
            reason=_last([each.reason for each in ordered if each.kind is not ProgressKind.RATED]),
            rating=_last([each.rating for each in ordered]),
            value=_last([each.value for each in ordered]),
        )


def _last(values: Sequence[T | None]) -> T | None:
    return next((each for each in reversed(values) if each is not None), None)
