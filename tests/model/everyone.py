"""Every lead of the month with the moments that the report counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from lead_events import LeadScored
from tests.model.delivered import given_back, is_known, is_own, sources, sql_moment
from tests.model.history import Fact, History

ASKS = ("submission", "explicit_ask", "after_close")
Moment = datetime | None


@dataclass(frozen=True)
class Touch:
    """One submission from a source; `opened`: it opened the lead. `lead` None: it ended in another; `ended`:
    when, if that one was there before."""

    source: str
    at: datetime
    opened: bool
    lead: "Lead | None"
    ended: Moment = None


@dataclass(frozen=True, eq=False)
class Lead:
    """One lead; `score` is that of its delivery, else the newest."""

    id: UUID
    score: LeadScored
    is_ours: bool
    is_own: bool
    first: str
    last: str
    received: datetime
    scored: datetime
    delivered: Moment
    handed: Moment
    contacted: Moment
    accepted: Moment
    opportunity: Moment
    sold: Fact | None
    lost: Fact | None
    back: Fact | None

    @property
    def won(self) -> Moment:
        return self.sold.at if self.sold else None

    @property
    def quadrant(self) -> str:
        return str(self.score.quadrant)


@lru_cache(maxsize=4)
def everyone(history: History) -> list[Lead]:
    """All but tests and those that ended in another."""
    found = []
    for lead in sorted(history.leads):
        scores = history.scores.get(lead, [])
        is_merged = any(fact.kind == "merged" for fact in history.facts.get(lead, ()))
        if scores and not is_merged and not any(score.is_test for score in scores):
            found.append(_lead(history, lead, scores))
    return found


def touches(history: History) -> list[Touch]:
    """Every submission once, also of leads that ended in another, where it is told in which."""
    found = [touch for lead in everyone(history) for touch in _touches(history, lead.id, lead)]
    for lead_id, facts in history.facts.items():
        merged = next((fact for fact in facts if fact.kind == "merged" and fact.heir is not None), None)
        if merged is not None and not any(score.is_test for score in history.scores.get(lead_id, ())):
            theirs = [touch.at for touch in _touches(history, merged.heir)]
            for touch in _touches(history, lead_id):
                is_first = touch.opened and bool(theirs) and min(theirs) > touch.at
                found.append(touch if is_first else replace(touch, ended=merged.at))
    return found


def _touches(history: History, lead_id: UUID | None, lead: "Lead | None" = None) -> list[Touch]:
    found: dict[UUID, Touch] = {}
    for score in history.scores.get(lead_id, ()) if lead_id is not None else ():
        opened = score.before is None
        source = score.cause.source or (score.source if opened and score.cause.kind in ASKS else None)
        if source is not None:
            found.setdefault(score.cause.id, Touch(str(source), score.cause.at, opened, lead))
    return list(found.values())


def _lead(history: History, lead: UUID, scores: Sequence[LeadScored]) -> Lead:
    sql = next((score for score in scores if score.stage == "sql"), None)
    at = sql_moment(sql) if sql is not None else None
    ends = at or max(score.journey.scored_at for score in scores)
    score = sql or scores[-1]
    came_by = sources(history, lead, ends) or [str(score.source)]
    facts = history.facts.get(lead, [])
    contacted = _first(facts, "contacted")
    sold, lost = _decided(facts)
    said = next(
        (f.at for f in facts if f.act and f.act.outcome and f.act.outcome.result == "opportunity"), None
    )
    opportunity = _least(said, sold.at if sold else None)
    return Lead(
        lead,
        score,
        not (is_own(history, lead) or (sql is not None and is_known(sql))),
        is_own(history, lead),
        came_by[0],
        came_by[-1],
        scores[0].journey.received_at,
        scores[0].journey.scored_at,
        at,
        _first(facts, "assigned"),
        contacted,
        _least(_first(facts, "accepted"), contacted, opportunity),
        opportunity,
        sold,
        lost,
        given_back(history, lead),
    )


def _decided(facts: Sequence[Fact]) -> tuple[Fact | None, Fact | None]:
    """The last word of won and lost, from when it was said first."""
    run: list[Fact] = []
    for fact in facts:
        result = fact.act.outcome.result if fact.act and fact.act.outcome else None
        if result in ("won", "lost"):
            before = run[-1].act.outcome.result if run and run[-1].act and run[-1].act.outcome else None
            run = [*run, fact] if before == result else [fact]
    if not run or run[0].act is None or run[0].act.outcome is None:
        return None, None
    return (run[0], None) if run[0].act.outcome.result == "won" else (None, run[0])


def _first(facts: Sequence[Fact], kind: str) -> Moment:
    return next((fact.at for fact in facts if fact.kind == kind), None)


def _least(*moments: Moment) -> Moment:
    return min((at for at in moments if at is not None), default=None)
