"""Whose minutes a lead's time was, without gap or overlap, and who answers for a breach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lead_events import LeadScored
from rulebook.models import Agreement, SalesSide
from tests.model.history import Fact, History
from tests.model.hours import Span, clipped, less, total, union
from tests.model.promises import SPEED, Kept, agreements_of
from tests.model.rounds import HORIZON, Round, WorkingTime, pauses, rounds_of

NO_AGREEMENT = Agreement(name="none", state="draft", sales=SalesSide())
SYSTEM = ("spool", "intake", "quarantine", "scoring", "routing")
WHO = {
    "source_delay": "marketing",
    **dict.fromkeys(SYSTEM, "system"),
    **dict.fromkeys(("held", "out_of_hours", "declined"), "sales_team"),
    "paused": "nobody",
    "rep": "rep",
}


@dataclass(frozen=True)
class Stretch:
    """One part of a lead's path."""

    part: str
    detail: str | None
    start: datetime
    end: datetime


def path_of(history: History, lead: UUID, until: datetime, promise: Kept | None = None) -> list[Stretch]:
    """The path of a lead from the buyer's act to a moment, in order, by what had happened by then. For a
    promise only those pauses count in which it stands still; else all that are agreed."""
    found = [*_before_routing(history, lead), *_after_scoring(history, lead, until, promise)]
    return [
        Stretch(each.part, each.detail, each.start, min(each.end, until))
        for each in sorted(found, key=lambda each: each.start)
        if each.start < min(each.end, until)
    ]


def the_score(history: History, lead: UUID) -> LeadScored | None:
    """The first that says the lead is a SQL; else the first of all."""
    scores = history.scores.get(lead, [])
    return next((s for s in scores if s.stage == "sql"), scores[0] if scores else None)


def _before_routing(history: History, lead: UUID) -> Iterator[Stretch]:
    score = the_score(history, lead)
    if score is None:
        return
    journey = score.journey
    start = journey.occurred_at or journey.received_at
    if score.sql_at is not None and score.sql_at > journey.durable_at:
        start = score.sql_at
    steps = (
        ("source_delay", journey.received_at),
        ("intake", journey.spooled_at or journey.durable_at),
        ("spool", journey.durable_at),
        ("quarantine", journey.released_at),
        ("scoring", journey.scored_at),
    )
    for part, end in steps:
        if end is not None and end > start:
            yield Stretch(part, None, start, end)
            start = end


def _after_scoring(history: History, lead: UUID, until: datetime, promise: Kept | None) -> Iterator[Stretch]:
    facts = [fact for fact in history.facts.get(lead, []) if fact.at <= until]
    moves = [f for f in facts if _moves(f)]
    score = the_score(history, lead)
    if moves and score is not None and score.journey.scored_at < moves[0].at:
        yield Stretch("routing", None, score.journey.scored_at, moves[0].at)
    rounds = {each.handoff.id: each for each in rounds_of(history, lead)}
    for fact, end in zip(moves, [*(f.at for f in moves[1:]), None], strict=True):
        stop = end or fact.at + HORIZON
        if fact.id in rounds:
            yield from _of_rep(history, rounds[fact.id], stop, until, promise)
        elif fact.kind == "held":
            assert fact.decision is not None
            yield Stretch("held", str(fact.decision.hold_reason), fact.at, stop)
        elif fact.kind in ("declined", "taken_back"):
            yield Stretch("routing", None, fact.at, stop)


def _moves(fact: Fact) -> bool:
    if fact.act is not None:
        return fact.kind in ("declined", "rejected", "recycled")
    return fact.decision is None or fact.kind in ("assigned", "held", "taken_back", "closed")


def _of_rep(
    history: History, each: Round, stop: datetime, until: datetime, promise: Kept | None
) -> Iterator[Stretch]:
    """What a rep had, split into paused, out of hours and worked; all of it declined if they declined."""
    start, stop = each.handoff.at, min(stop, until)
    if each.end is not None and each.end.kind == "declined" and each.end.at <= until:
        yield Stretch("declined", each.rep.id, start, stop)
        return
    agreements = agreements_of(history, each)
    agreement = agreements[0][1] if agreements else NO_AGREEMENT
    kind = None
    if promise is not None:
        agreement, kind = promise.agreement, promise.kind
    still = clipped(pauses(each.facts, agreement, start + HORIZON, kind), start, stop)
    working = less(clipped(WorkingTime(history, each).spans(), start, stop), still)
    yield from _all("paused", None, still)
    yield from _all("rep", each.rep.id, working)
    yield from _all("out_of_hours", each.rep.id, less([(start, stop)], union([*still, *working])))


def _all(part: str, detail: str | None, spans: Sequence[Span]) -> Iterator[Stretch]:
    return (Stretch(part, detail, start, end) for start, end in spans)


def charged(history: History, kept: Kept, *, is_above: bool) -> str:
    """Who answers for a broken promise."""
    assert kept.due is not None
    if is_above and kept.kind in SPEED:
        return "nobody"
    path = path_of(history, kept.each.lead, kept.due, kept)
    own = [(s.start, s.end) for s in path if s.part == "rep" and s.detail == kept.each.rep.id]
    if total(clipped(own, kept.opened.at, kept.due)) >= kept.opened.target:
        return "rep"
    spent: dict[str, timedelta] = {}
    for stretch in path:
        who = "nobody" if is_above and WHO[stretch.part] == "sales_team" else WHO[stretch.part]
        for start, end in clipped([(stretch.start, stretch.end)], kept.each.handoff.at, kept.due):
            spent[who] = spent.get(who, timedelta(0)) + (end - start)
    return max(spent, key=lambda who: spent[who])
