"""The events about timers, and how they go out."""

from datetime import datetime
from typing import Any

from lead_events.sla import TimerResult
from service_kit.unit import Unit
from sla_monitor.domain.timers import Timer
from sla_monitor.store import Said, Saying


def common(timer: Timer, seq: int, now: datetime) -> dict[str, Any]:
    """What all events about a timer say. A timer with something to say has a due time."""
    return {
        "timer_id": timer.id,
        "lead_id": timer.lead_id,
        "line": timer.handoff.line,
        "seq": seq,
        "kind": timer.kind,
        "round": timer.round,
        "rep_id": timer.rep_id,
        "team": timer.handoff.team,
        "quadrant": timer.handoff.quadrant,
        "opened_at": timer.opened_at,
        "due_at": timer.due_at,
        "target_seconds": max(1, round(timer.target.total_seconds())),
        "fired_at": now,
        "is_test": timer.handoff.is_test,
        "rulebook_version": timer.handoff.rulebook_version,
        "agreement": timer.agreement,
        "is_trial": timer.is_trial,
    }


def said(unit: Unit, saying: Saying, topic: str, event: TimerResult, ordinal: int) -> Said:
    """Publish `event` with this transaction; what the store keeps of it.

    Its id is made of timer, topic and ordinal, so whatever happens twice has one id.
    """
    timer = saying.timer
    identity = unit.emit(
        topic, event, key=timer.lead_id, cause=timer.id, subject=timer.lead_id, ordinal=ordinal
    )
    return Said(saying, identity, (unit.outgoing[-1].value or b"").decode())
