"""What sales works: until when a delivered lead is to be worked, and when it was."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rulebook.models import Agreement, Promise
from tests.model.delivered import Delivery
from tests.model.history import Fact, History
from tests.model.hours import Span, open_spans, reached
from tests.model.minutes import NO_AGREEMENT
from tests.model.promises import agreements_of, is_conversation, promised
from tests.model.rounds import HORIZON, Round, WorkingTime, rounds_of

WEEKDAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class ToBeWorked:
    """Until when a lead is to be worked, and when it was."""

    lead: UUID
    due: datetime
    worked_at: datetime | None

    @property
    def is_worked(self) -> bool:
        return self.worked_at is not None and self.worked_at <= self.due


def to_be_worked(history: History, each: Delivery) -> ToBeWorked | None:
    """Until when a delivered lead is to be worked; None where nothing says so."""
    rounds = rounds_of(history, each.lead)
    agreement = _agreement_of(history, each, rounds)
    due = _work_due(history, each, rounds, agreement)
    if due is None:
        return None
    return ToBeWorked(each.lead, due, worked_at(history, each.lead, rounds))


def _agreement_of(history: History, each: Delivery, rounds: list[Round]) -> Agreement:
    """The binding one of the last handoff, of a lead without a rep that of its delivery."""
    if rounds:
        binding = [found for _, found in agreements_of(history, rounds[-1]) if found.state == "active"]
        return binding[0] if binding else NO_AGREEMENT
    found = history.binding(history.rulebook_at(each.at), each.at)
    return found[1] if found else NO_AGREEMENT


def _work_due(history: History, each: Delivery, rounds: list[Round], agreement: Agreement) -> datetime | None:
    if rounds:
        last = rounds[-1]
        promise = promised(agreement, last.decision.quadrant, last.decision.line, last.rep.team)
        start, spans = last.handoff.at, WorkingTime(history, last).spans()
    else:
        promise = promised(agreement, each.score.quadrant, each.score.line, None)
        start, spans = each.at, _of_calendar(history, agreement, each.at)
    within = promise.attempts.within if promise.attempts else None
    length = within or promise.outcome_within or promise.first_response_within
    return reached(spans, start, length) if length else None


def _of_calendar(history: History, agreement: Agreement, at: datetime) -> list[Span]:
    rulebook = history.rulebook_at(at)
    document = {"tz": rulebook.time_zone, "week": WEEKDAYS}
    if agreement.calendar is not None:
        document = rulebook.calendars[agreement.calendar].model_dump(mode="json", exclude_none=True)
    return open_spans(document, at, at + HORIZON)


def worked_at(history: History, lead: UUID, rounds: list[Round]) -> datetime | None:
    """Accepted, answered, and a conversation, an outcome or all agreed tries: the first moment of all."""
    acts = [fact for fact in history.facts.get(lead, ()) if fact.act is not None]
    contacts = [fact for fact in acts if fact.kind == "contacted"]
    accepted = _first(acts, lambda fact: fact.kind in ("accepted", "contacted", "outcome"))
    answered = _first(acts, lambda fact: fact.kind in ("contacted", "outcome"))
    enough = _first(acts, lambda fact: fact.kind == "outcome" or _is_talk(fact))
    tried = next(
        (f.at for n, f in enumerate(contacts, 1) if n >= _tries_wanted(_agreed(history, rounds, f))), None
    )
    done = min((at for at in (enough, tried) if at is not None), default=None)
    moments = (accepted, answered, done)
    return max(at for at in moments if at) if all(moments) else None


def _agreed(history: History, rounds: list[Round], fact: Fact) -> Promise:
    """What was promised at the handoff that a fact followed."""
    before = [each for each in rounds if each.handoff.place < fact.place]
    if not before:
        return Promise()
    last = before[-1]
    binding = [found for _, found in agreements_of(history, last) if found.state == "active"]
    agreement = binding[0] if binding else NO_AGREEMENT
    return promised(agreement, last.decision.quadrant, last.decision.line, last.rep.team)


def _tries_wanted(promise: Promise) -> int:
    return promise.attempts.count if promise.attempts else 1


def _is_talk(fact: Fact) -> bool:
    return fact.kind == "contacted" and fact.act is not None and is_conversation(fact.act)


def _first(facts: Iterable[Fact], wanted: Callable[[Fact], bool]) -> datetime | None:
    return next((fact.at for fact in facts if wanted(fact)), None)
