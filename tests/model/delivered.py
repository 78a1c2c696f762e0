"""What marketing delivered: each lead at the moment it became a SQL, and what sales gave back of it."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

from lead_events import LeadScored
from lead_events.words import OWN_FORM, OWN_SOURCE
from rulebook.models import Agreement
from tests.model.history import Fact, History
from tests.model.promises import Kept


@dataclass(frozen=True)
class Delivery:
    """A lead at the moment it became a SQL. Positions count from 1."""

    lead: UUID
    at: datetime
    score: LeadScored
    source: str
    first_source: str
    of_day: int = 0
    of_month: int = 0


@lru_cache(maxsize=4)
def deliveries(history: History) -> dict[UUID, Delivery]:
    """Every delivery there was, with its position in its local day and month."""
    each = [found for lead in history.leads if (found := _delivery(history, lead)) is not None]
    days: dict[date, int] = {}
    months: dict[tuple[int, int], int] = {}
    numbered = {}
    for found in sorted(each, key=lambda one: (one.at, one.lead)):
        day = found.at.astimezone(history.zone).date()
        days[day] = days.get(day, 0) + 1
        months[day.year, day.month] = months.get((day.year, day.month), 0) + 1
        numbered[found.lead] = Delivery(
            found.lead,
            found.at,
            found.score,
            found.source,
            found.first_source,
            days[day],
            months[day.year, day.month],
        )
    return numbered


def _delivery(history: History, lead: UUID) -> Delivery | None:
    score = next((each for each in history.scores.get(lead, ()) if each.stage == "sql"), None)
    if score is None or score.is_test or is_own(history, lead) or is_known(score):
        return None
    if any(fact.kind == "merged" for fact in history.facts.get(lead, ())):
        return None
    at = sql_moment(score)
    came_by = sources(history, lead, at) or [score.source]
    return Delivery(lead, at, score, came_by[-1], came_by[0])


def sql_moment(score: LeadScored) -> datetime:
    """The buyer's act that made the lead a SQL, or its release if that is later."""
    at = score.sql_at or score.cause.at
    released = score.journey.released_at
    return max(at, released) if released else at


def sources(history: History, lead: UUID, at: datetime) -> list[str]:
    """By which sources the submissions up to a moment came, in order."""
    told = [s.cause for s in history.scores.get(lead, ()) if s.cause.source is not None and s.cause.at <= at]
    return [str(cause.source) for cause in sorted(told, key=lambda cause: cause.at)]


def is_own(history: History, lead: UUID) -> bool:
    """Whether a rep found it."""
    said = any(s.source == OWN_SOURCE or s.form_id == OWN_FORM for s in history.scores.get(lead, ()))
    return said or any(f.decision is not None and f.decision.is_own for f in history.facts.get(lead, ()))


def is_known(score: LeadScored) -> bool:
    """Whether sales has to do with the account already."""
    return score.account is not None and score.account.standing != "none"


def is_above(history: History, kept: Kept) -> bool:
    """Whether the lead of a promise came above the agreed volume."""
    volume = kept.agreement.sales.volume
    found = deliveries(history).get(kept.each.lead)
    if volume is None or found is None:
        return False
    return found.of_day > (volume.per_day or found.of_day) or found.of_month > (
        volume.per_month or found.of_month
    )


def given_back(history: History, lead: UUID) -> Fact | None:
    """The rejection or recycling of a lead."""
    facts = history.facts.get(lead, ())
    return next((fact for fact in facts if fact.kind in ("rejected", "recycled")), None)


def part_taken_off(agreement: Agreement, back: Fact) -> Fraction:
    """Which part does not count as delivered."""
    assert back.act is not None
    named = {str(code): part for code, part in agreement.marketing.takes_off.items()}
    by_default = 1 if back.act.code in ("wrong_data", "duplicate", "out_of_profile") else 0
    return Fraction(str(named.get(back.act.code or "", by_default)))
