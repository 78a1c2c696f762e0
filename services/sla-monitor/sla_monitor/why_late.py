"""Whose every stretch of a lead's time was, and who answers for what was broken: `baton why-late`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events.words import ChargedTo
from service_kit.postgres import Connection
from sla_monitor import store
from sla_monitor.domain.case import case_of
from sla_monitor.domain.charge import Rule, side_of
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.firing import BREACH
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.path import Share, split
from sla_monitor.domain.pauses import Pause, pauses_of
from sla_monitor.domain.terms import Terms
from sla_monitor.domain.timers import Timer
from sla_monitor.hours import HoursBook
from sla_monitor.memory import Memory
from sla_monitor.views import Excuse, excuse_view, with_hours

_US = timedelta(microseconds=1)
RULES = {
    Rule.ABOVE_VOLUME: "the lead came above the agreed volume, up to which the promises of speed hold",
    Rule.OWN_TIME: "the rep's own working time alone used up what was promised",
    Rule.MOST_OF_THE_TIME: "the rep's own working time did not use it up: whoever had most of the time since "
    "the handoff answers",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """One lead with everything that explains it. `path` runs to its first contact, else to `at`. `terms` are
    what binds each round, by the id of its handoff; `excuses` what is held against broken promises, by
    promise."""

    lead: Lead
    story: store.Story
    hours: HoursBook
    terms: dict[UUID, Sequence[Terms]]
    path: list[Share]
    at: datetime
    excuses: Mapping[UUID, Excuse]

    def timers(self) -> Iterable[Timer]:
        """Its promises with their terms, as far as the version is known."""
        handoffs = {fact.round: fact for fact in self.story.facts if fact.handoff is not None}
        for timer in self.story.timers.values():
            handoff = handoffs.get(timer.round)
            agreed = self.terms.get(handoff.id, ()) if handoff else ()
            yield replace(timer, terms=next((t for t in agreed if t.agreement == timer.agreement), None))


async def look_at(conn: Connection, memory: Memory, lead_id: UUID, now: datetime) -> Looked | None:
    """A lead at `now`; None for one that nothing was read about."""
    lead = await store.read_lead(conn, lead_id)
    if lead is None:
        return None
    await memory.books.learn(conn)
    story = (await store.read_stories(conn, [lead_id]))[lead_id]
    hours = await with_hours(conn, memory.calendars, story.timers.values(), story.facts)
    handoffs = [fact for fact in story.facts if fact.handoff is not None]
    terms = {fact.id: memory.agreements.terms_of(fact) or () for fact in handoffs}

    def paused(handoff: Fact) -> list[Pause]:
        binding = next((each for each in terms[handoff.id] if not each.is_trial), None)
        reasons = binding.pauses if binding else {}
        return pauses_of(story.facts, handoff.round, lambda code: bool(reasons.get(code or "")))

    end = lead.contacted_at or now
    path = split(lead.origin, story.facts, end, hours.of, paused)
    rows = await store.fetch(conn, "excuses_of_lead", lead_id)
    excuses = {row["timer_id"]: Excuse.of(row) for row in rows}
    return Looked(lead, story, hours, terms, path, end, excuses)


async def path_view(conn: Connection, looked: Looked, said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The path with the side of each stretch, and each breach that was said: who answers by all facts, and
    who did by those known then."""
    timers = {timer.id: timer for timer in looked.timers()}
    above = await _above(conn, timers.values())
    is_above = any(not timers[identity].is_trial for identity in above)
    path = looked.path
    return {
        "lead_id": looked.lead.id,
        "from": path[0].start if path else None,
        "to": looked.at,
        "is_above_volume": is_above,
        "stretches": [_stretch(share, is_above=is_above) for share in path],
        "sides": _sides(path, is_above=is_above),
        "breaches": [
            _breach(looked, timers[row["timer_id"]], row, is_above=row["timer_id"] in above)
            for row in said
            if row["level"].partition(":")[0] == BREACH and row["timer_id"] in timers
        ],
    }


async def _above(conn: Connection, timers: Collection[Timer]) -> set[UUID]:
    """Of the promises to one lead those under whose agreement it came above the volume."""
    limits = {timer.terms.volume: timer.lead_id for timer in timers if timer.terms and timer.terms.volume}
    above = {limit for limit, lead in limits.items() if await store.above_volume(conn, {lead: limit})}
    return {timer.id for timer in timers if timer.terms and timer.terms.volume in above}


def _stretch(share: Share, *, is_above: bool) -> dict[str, Any]:
    return {
        "part": share.part.value,
        "detail": share.detail,
        "side": side_of(share.part, is_above_volume=is_above).value,
        "from": share.start,
        "to": share.end,
        "microseconds": share.length // _US,
    }


def _sides(path: Iterable[Share], *, is_above: bool) -> dict[str, int]:
    sums = dict.fromkeys((side.value for side in ChargedTo), 0)
    for share in path:
        sums[side_of(share.part, is_above_volume=is_above).value] += share.length // _US
    return sums


def _breach(looked: Looked, timer: Timer, row: dict[str, Any], *, is_above: bool) -> dict[str, Any]:
    said, ending = row["event"]["charged_to"], timer.ending
    is_withdrawn = int(row["level"].partition(":")[2] or 1) <= timer.withdrawals
    due_at = row["at"] if is_withdrawn or timer.due_at is None else timer.due_at
    case = case_of(timer, looked.lead, looked.story.facts, looked.hours.of, due_at)
    found = case.charge(is_above_volume=is_above)
    return {
        "timer_id": timer.id,
        "kind": timer.kind.value,
        "round": timer.round,
        "rep_id": timer.rep_id,
        "team": timer.handoff.team,
        "agreement": timer.agreement,
        "is_trial": timer.is_trial,
        "opened_at": timer.opened_at,
        "target_seconds": timer.target.total_seconds(),
        "due_at": due_at,
        "said_at": row["fired_at"],
        "late": row["late"],
        "unread": row["unread"],
        "is_withdrawn": is_withdrawn,
        "ended_by": ending.kind if ending else None,
        "ended_at": ending.at if ending else None,
        "charged_to": said if is_withdrawn else found.to.value,
        "said_charged_to": said,
        **excuse_view(None if is_withdrawn else looked.excuses.get(timer.id)),
        "rule": RULES[found.rule],
        "own_working_seconds": case.own.total_seconds(),
        "stretches": [_stretch(share, is_above=is_above) for share in case.path],
        "sides": _sides(case.path, is_above=is_above),
    }
