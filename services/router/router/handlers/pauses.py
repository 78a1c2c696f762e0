"""A rep pauses a lead, for a reason of the agreement, and resumes it: which promises stand still."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lead_events.words import ProgressKind, TimerKind
from router.desk import Desk
from router.domain.acts import Act
from router.domain.leads import Handoff, Lead
from router.domain.pauses import LONGEST
from router.errors import PauseEnd, UnknownPause
from router.handlers.rulebook import follow_hours
from router.store import q
from service_kit.unit import Unit

_SHOWN = frozenset({TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE})
"""Promises whose deadlines are kept as moments."""


def check_pause(desk: Desk, handoff: Handoff | None, act: Act) -> None:
    """Raises UnknownPause for a reason that is not agreed, PauseEnd for an end that cannot be."""
    if act.kind is not ProgressKind.PAUSED or handoff is None:
        return
    agreed, code = _agreed(desk, handoff), act.content["code"]
    if code not in agreed:
        raise UnknownPause(code, sorted(agreed))
    until = act.content.get("until")
    if until is not None:
        _check_end(datetime.fromisoformat(until), desk.unit.now)


def _check_end(until: datetime, now: datetime) -> None:
    if until <= now:
        raise PauseEnd(f"until {until.isoformat()} has passed")
    if until > now + LONGEST:
        raise PauseEnd(f"until {until.isoformat()} is more than {LONGEST.days} days ahead")


def _agreed(desk: Desk, handoff: Handoff) -> dict[str, list[TimerKind]]:
    """What binds on a round, by the version and the day of its handoff."""
    book = desk.shelf.version(handoff.rulebook_version) or desk.shelf.at(desk.unit.now)
    return book.agreements.at(handoff.assigned_at).sales.pauses if book is not None else {}


async def note_pause(desk: Desk, lead: Lead, handoff: Handoff, act: Act, cause: UUID, at: datetime) -> None:
    """Keep a pause, or end those that run; deadlines that stood still, or stand still now, move."""
    unit = desk.unit
    if act.kind is ProgressKind.PAUSED:
        kinds: Sequence[str] = _agreed(desk, handoff)[act.content["code"]]
        until = act.content.get("until")
        ends = datetime.fromisoformat(until) if until is not None else None
        code = act.content["code"]
        await unit.conn.execute(q.insert_pause, cause, lead.id, handoff.round, code, list(kinds), at, ends)
    elif act.kind is ProgressKind.RESUMED:
        rows = await unit.conn.fetch(q.resume_round, lead.id, handoff.round, at)
        kinds = [kind for row in rows for kind in row["kinds"]]
    else:
        return
    if _SHOWN & {TimerKind(kind) for kind in kinds}:
        await _move_deadlines(unit, handoff.rep)


async def _move_deadlines(unit: Unit, rep: str) -> None:
    row = (await unit.conn.fetch(q.lock_reps, [rep]))[0]
    await follow_hours(unit, rep, row["document"])
