"""One promise that ran out: whose minutes they were, and who answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from lead_events.sla import Stretch
from lead_events.words import ChargedTo, ProgressKind
from sla_monitor.domain.charge import Charge, charge
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.path import PausesOf, Share, never, split, totals
from sla_monitor.domain.pauses import Pause, pauses_of
from sla_monitor.domain.schedule import Schedule
from sla_monitor.domain.terms import SPEED
from sla_monitor.domain.timers import Timer

_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Case:
    """`path` is that of the lead up to the due time, `since_handoff` its part from the promise's handoff on,
    `own` the rep's working time that counted for the promise."""

    timer: Timer
    path: list[Share]
    since_handoff: list[Share]
    own: timedelta

    @property
    def charged_within(self) -> ChargedTo:
        """Who answers if the lead came within the agreed volume."""
        return self.charge(is_above_volume=False).to

    @property
    def charged_above(self) -> ChargedTo:
        """Who answers if it came above; the same where no volume is agreed."""
        terms = self.timer.terms
        return self.charge(is_above_volume=terms is not None and terms.volume is not None).to

    @property
    def attribution(self) -> list[Stretch]:
        """The path added up, as events tell it."""
        return [
            Stretch(part=part, microseconds=length // _US, detail=detail)
            for part, detail, length in totals(self.path)
        ]

    def charge(self, *, is_above_volume: bool) -> Charge:
        """Who answers."""
        return charge(
            self.own,
            self.timer.target,
            self.since_handoff,
            is_speed=self.timer.kind in SPEED,
            is_above_volume=is_above_volume,
        )


def case_of(
    timer: Timer, lead: Lead, facts: Sequence[Fact], hours_of: Callable[[Fact], Schedule], due_at: datetime
) -> Case:
    """The case of a promise that ran out at `due_at`; `facts` of its lead, in order."""
    pauses = stopping(timer, facts)
    path = split(lead.origin, facts, due_at, hours_of, pauses)
    handoff = _handoff(timer, facts)
    since = _from(path, handoff)
    if since is None:
        later = [fact for fact in facts if handoff is None or fact.order >= handoff.order]
        since = split(None, later, due_at, hours_of, pauses)
    own = timer.hours(hours_of(timer.opening)).elapsed(timer.opened_at, due_at, only_active=True)
    return Case(timer, path, since, own)


def _handoff(timer: Timer, facts: Sequence[Fact]) -> Fact | None:
    """The last one of the timer's round by when it was opened."""
    for fact in reversed(facts):
        if fact.handoff is not None and fact.round == timer.round and fact.at <= timer.opened_at:
            return fact
    return None


def _from(path: list[Share], handoff: Fact | None) -> list[Share] | None:
    """The part of a path from a handoff on; None where no stretch of it begins there."""
    if handoff is None:
        return None
    later = [share for share in path if share.start >= handoff.at]
    return later if later and later[0].start == handoff.at else None


def stopping(timer: Timer, facts: Sequence[Fact]) -> PausesOf:
    """The pauses of any round that stop a promise of this kind, by the terms of the timer."""
    terms = timer.terms
    if terms is None or not any(fact.kind is ProgressKind.PAUSED for fact in facts):
        return never
    stops = partial(terms.stops, kind=timer.kind)

    def of_round(handoff: Fact) -> Sequence[Pause]:
        return pauses_of(facts, handoff.round, stops)

    return of_round
