"""The rounds of a lead: who had it from when to when, what happened in each, and which time counted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from lead_events import LeadRouted, RepAvailabilityChanged
from lead_events.routed import Rep
from rulebook.models import Agreement
from tests.model.history import Fact, History
from tests.model.hours import Span, clipped, less, open_spans, union

HORIZON = timedelta(days=200)
BY_REP = {"declined", "rejected", "recycled"}


@dataclass(frozen=True)
class Round:
    """One handoff and what came after it. `end`: what ended it; acts after that belong to no promise."""

    lead: UUID
    number: int
    rep: Rep
    handoff: Fact
    decision: LeadRouted
    facts: tuple[Fact, ...]
    end: Fact | None


def rounds_of(history: History, lead: UUID) -> list[Round]:
    """The rounds of a lead in order."""
    facts = history.facts.get(lead, [])
    found = []
    for place, fact in enumerate(facts):
        decision = fact.decision
        if decision is not None and fact.kind == "assigned":
            assert decision.rep is not None
            later = facts[place + 1 :]
            end = next((each for each in later if _ends(each, decision.round)), None)
            mine = tuple(
                each
                for each in later
                if each.act is not None
                and each.act.round == decision.round
                and (end is None or each.place <= end.place)
            )
            found.append(Round(lead, decision.round, decision.rep, fact, decision, mine, end))
    return found


def _ends(fact: Fact, number: int) -> bool:
    if fact.act is not None:
        return fact.kind in BY_REP and fact.act.round == number
    if fact.decision is not None:
        if fact.kind == "taken_back":
            return fact.decision.round == number
        return fact.kind == "closed" or (fact.kind == "assigned" and fact.decision.round != number)
    return True


class WorkingTime:
    """A rep's open hours since a handoff: the handoff's calendar, then each change from its moment on."""

    def __init__(self, history: History, each: Round) -> None:
        self._start = each.handoff.at
        changes = history.hours.get(each.rep.id, [])
        self._changes = [c for c in changes if c.revision > each.rep.availability_revision]
        self._calendar = each.rep.calendar
        self._known: dict[datetime | None, list[Span]] = {}

    def spans(self, told_before: datetime | None = None) -> list[Span]:
        """The open hours by the changes that held before a moment, or by all."""
        changes = [c for c in self._changes if told_before is None or c.at < told_before]
        key = changes[-1].at if changes else None
        if key not in self._known:
            self._known[key] = self._laid(changes)
        return self._known[key]

    def _laid(self, changes: Sequence[RepAvailabilityChanged]) -> list[Span]:
        end = self._start + HORIZON
        starts = [self._start, *(max(c.at, self._start) for c in changes), end]
        calendars = [self._calendar, *(c.calendar for c in changes)]
        found: list[Span] = []
        for calendar, start, stop in zip(calendars, starts[:-1], starts[1:], strict=True):
            if start < stop:
                found += clipped(
                    _open(json.dumps(calendar, default=str), start.year, start.month), start, stop
                )
        return union(found)


@lru_cache(maxsize=200)
def _open(calendar: str, year: int, month: int) -> list[Span]:
    """Open hours from a month on: many rounds share them."""
    first = datetime(year, month, 1, tzinfo=UTC)
    return open_spans(json.loads(calendar), first, first + HORIZON + timedelta(days=31))


def pauses(facts: Sequence[Fact], agreement: Agreement, end: datetime, kind: str | None) -> list[Span]:
    """When a promise of `kind` (None: any) stood still by the facts given, at the latest until `end`."""
    found: list[Span] = []
    for place, fact in enumerate(facts):
        if fact.kind != "paused" or fact.act is None:
            continue
        listed = agreement.sales.pauses.get(fact.act.code or "", [])
        if kind not in listed and not (kind is None and listed):
            continue
        resumed = next((each.at for each in facts[place + 1 :] if each.kind == "resumed"), end)
        found.append((fact.at, min(resumed, fact.act.until or end, end)))
    return union(found)


def counted(working: Sequence[Span], still: Sequence[Span]) -> list[Span]:
    """Working time less the pauses."""
    return less(working, still)
