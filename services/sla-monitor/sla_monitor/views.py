"""What the API shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from lead_events.words import ProgressKind
from service_kit.postgres import Connection
from sla_monitor import store
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.path import Share, totals
from sla_monitor.domain.timers import Timer, TimerState
from sla_monitor.hours import Calendars, HoursBook, hours_of

_US = timedelta(microseconds=1)
PAUSED = "paused"
"""How a running promise is shown that stands still."""


@dataclass(frozen=True, slots=True)
class Excuse:
    """What is held against a broken promise. `by` is None while it counts; `verdict` while nobody decided, or
    nobody objected."""

    by: str | None
    why: str | None
    objection: UUID | None
    verdict: str | None
    incident: UUID | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of `excuses_of_lead`: an objection goes before a window."""
        objection, verdict, incident = row["objection_id"], row["verdict"], row["incident_id"]
        if verdict == "excused":
            return cls("objection", row["objection_why"], objection, verdict, incident)
        by = "incident" if incident else None
        return cls(by, row["incident_why"], objection, verdict, incident)


def excuse_view(excuse: Excuse | None) -> dict[str, Any]:
    """Whether a broken promise is counted for nobody, by what, and the objection to it."""
    found = excuse or Excuse(None, None, None, None, None)
    return {
        "excused_by": found.by,
        "excused_why": found.why,
        "objection_id": found.objection,
        "objection_verdict": found.verdict,
        "incident_id": found.incident,
    }


async def with_hours(
    conn: Connection, calendars: Calendars, timers: Collection[Timer], facts: Iterable[Fact] = ()
) -> HoursBook:
    """The hours behind some timers and facts."""
    return await hours_of(conn, calendars, [*facts, *(timer.opening for timer in timers)])


def timer_view(timer: Timer, hours: HoursBook, now: datetime) -> dict[str, Any]:
    """One promise. `remaining_working_seconds` is of the rep's time and 0 once it is over."""
    ending = timer.ending
    return _promise(timer) | {
        "rulebook_version": timer.handoff.rulebook_version,
        "is_test": timer.handoff.is_test,
        "target_seconds": timer.target.total_seconds(),
        "due_at": timer.due_at,
        "state": PAUSED if timer.is_paused(now) else timer.state.value,
        "breaches": timer.breaches,
        "withdrawals": timer.withdrawals,
        "ended_by": ending.kind if ending else None,
        "ended_at": ending.at if ending else None,
        "warnings": [
            {"share": share, "at": at, "done": number < timer.next_level}
            for number, (share, at) in enumerate(zip(timer.shares, timer.warns_at, strict=True))
        ],
        "pauses": [{"from": start, "until": end} for start, end in timer.pauses],
        "reminders": list(timer.reminds_at),
        "remaining_working_seconds": remaining(timer, hours, now).total_seconds(),
    }


def _promise(timer: Timer) -> dict[str, Any]:
    """What every view says of a promise."""
    return {
        "id": timer.id,
        "lead_id": timer.lead_id,
        "kind": timer.kind.value,
        "round": timer.round,
        "rep_id": timer.rep_id,
        "team": timer.handoff.team,
        "line": timer.handoff.line,
        "quadrant": timer.handoff.quadrant.value,
        "agreement": timer.agreement,
        "is_trial": timer.is_trial,
        "opened_at": timer.opened_at,
    }


def remaining(timer: Timer, hours: HoursBook, now: datetime) -> timedelta:
    """What is left of a running promise in the rep's working time; nothing of one that is over."""
    if timer.state is not TimerState.PENDING:
        return timedelta(0)
    worked = timer.hours(hours.of(timer.opening)).elapsed(timer.opened_at, max(timer.opened_at, now))
    return max(timedelta(0), timer.target - worked)


def status_view(timer: Timer, hours: HoursBook, now: datetime) -> dict[str, Any]:
    """One running promise for a screen. `predicted_breach_at` is its due time unless something changes."""
    left = remaining(timer, hours, now)
    return _promise(timer) | {
        "predicted_breach_at": timer.due_at,
        "remaining_working_seconds": left.total_seconds(),
        "share_used": 1 - left / timer.target,
        "is_paused": timer.is_paused(now),
        "rep_is_working": hours.of(timer.opening).is_open(now),
    }


def lead_view(
    lead: Lead,
    story: store.Story,
    hours: HoursBook,
    said: Sequence[dict[str, Any]],
    moves: Sequence[dict[str, Any]],
    path: Sequence[Share],
    excuses: Mapping[UUID, Excuse],
    now: datetime,
) -> dict[str, Any]:
    """A lead with its promises. The path runs to its first contact, else to now."""
    return {
        "lead_id": lead.id,
        "line": lead.line,
        "quadrant": lead.quadrant,
        "state": lead.state.value,
        "hold_reason": lead.hold_reason,
        "is_test": lead.is_test,
        "is_own": lead.is_own,
        "awaits_rulebook_version": min(lead.awaits_versions, default=None),
        "first_contact_at": lead.contacted_at,
        "speed_to_lead_seconds": _speed(lead),
        "timers": [
            timer_view(timer, hours, now)
            | {"pauses": _pauses(timer, story.facts)}
            | excuse_view(excuses.get(timer.id))
            for timer in story.timers.values()
        ],
        "firings": [
            {
                name: row[name]
                for name in ("timer_id", "level", "outcome", "at", "fired_at", "unread", "late", "event_id")
            }
            for row in said
        ],
        "moves": [{name: row[name] for name in row if name not in ("id", "lead_id")} for row in moves],
        "attribution": {
            "from": path[0].start if path else None,
            "to": lead.contacted_at or now,
            "parts": [
                {"part": part.value, "detail": detail, "microseconds": length // _US}
                for part, detail, length in totals(path)
            ],
        },
    }


def _pauses(timer: Timer, facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """When a promise stands still, and why. `until` None: until the lead is resumed."""
    reasons = {
        fact.at: fact.detail.code
        for fact in facts
        if fact.kind is ProgressKind.PAUSED and fact.round == timer.round
    }
    return [{"from": start, "until": end, "reason": reasons.get(start)} for start, end in timer.pauses]


def _speed(lead: Lead) -> float | None:
    if lead.contacted_at is None or lead.origin is None:
        return None
    return max(0.0, (lead.contacted_at - lead.origin.speed_from).total_seconds())
