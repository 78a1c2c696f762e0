"""Between the rows of the store and the words of the domain."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from lead_events.words import Contact, ProgressKind, Quadrant, RoutedKind, TimerKind
from sla_monitor.domain.case import Case
from sla_monitor.domain.facts import NO_DETAIL, Detail, Fact, FactKind, Handoff, LeadState
from sla_monitor.domain.firing import BREACH, level_name
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.openings import EndedAs, Ending
from sla_monitor.domain.path import Origin
from sla_monitor.domain.timers import Timer, TimerState

Row = Mapping[str, Any] | asyncpg.Record

_MOMENTS = Origin.__slots__
_PLAIN = tuple(name for name in Lead.__slots__ if name not in ("state", "origin"))
DETAILS = Detail.__slots__
"""The columns of a fact's detail, in the order of `insert_facts`."""
_KINDS: dict[str, FactKind] = {kind.value: kind for kind in (*RoutedKind, *ProgressKind)}
_US = timedelta(microseconds=1)


def lead_from(row: Row) -> Lead:
    """A lead as stored."""
    origin = Origin(**{name: row[name] for name in _MOMENTS}) if row["origin_seq"] is not None else None
    return Lead(**{name: row[name] for name in _PLAIN}, state=LeadState(row["state"]), origin=origin)


def lead_to(lead: Lead) -> dict[str, Any]:
    """A lead as the store takes it."""
    row = {name: getattr(lead, name) for name in _PLAIN}
    row |= {name: getattr(lead.origin, name) if lead.origin else None for name in _MOMENTS}
    return row | {"state": lead.state.value}


def fact_from(row: Row) -> Fact:
    """A fact as stored."""
    handoff = handoff_from(row) if row["calendar_id"] is not None else None
    return Fact(
        row["id"],
        row["producer"],
        row["seq"],
        _KINDS[row["kind"]],
        row["at"],
        row["round"],
        row["rep_id"],
        row["reason"],
        handoff,
        Contact(row["contact"]) if row["contact"] is not None else None,
        detail_from(row),
    )


def detail_from(row: Row) -> Detail:
    """What an act says beside its kind."""
    found = {name: row[name] for name in DETAILS if row[name] is not None}
    return Detail(**found) if found else NO_DETAIL


def handoff_from(row: Row) -> Handoff:
    """What an `assigned` fact, or a timer it opened, says of the handoff."""
    return Handoff(
        row["line"],
        row["team"],
        Quadrant(row["quadrant"]),
        row["rulebook_version"],
        row["calendar_id"],
        row["availability_revision"],
        row["is_test"],
    )


def handoff_to(handoff: Handoff) -> dict[str, Any]:
    """A handoff as facts and timers store it."""
    return {
        "line": handoff.line,
        "team": handoff.team,
        "quadrant": handoff.quadrant.value,
        "rulebook_version": handoff.rulebook_version,
        "calendar_id": handoff.calendar,
        "availability_revision": handoff.availability_revision,
        "is_test": handoff.is_test,
    }


def timer_from(row: Row) -> Timer:
    """A promise as stored."""
    ending = None
    if row["ended_by"] is not None:
        ending = Ending(row["ended_by"], row["ended_kind"], row["ended_at"], EndedAs(row["ended_as"]))
    return Timer(
        id=row["id"],
        lead_id=row["lead_id"],
        kind=TimerKind(row["kind"]),
        round=row["round"],
        rep_id=row["rep_id"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        handoff=handoff_from(row),
        target=timedelta(microseconds=row["target_us"]),
        shares=tuple(row["shares"]),
        due_at=row["due_at"],
        warns_at=tuple(row["warns_at"]),
        state=TimerState(row["state"]),
        next_level=row["next_level"],
        ending=ending,
        agreement=row["agreement"],
        is_trial=row["is_trial"],
        pauses=tuple(zip(row["pauses_from"], row["pauses_until"], strict=True)),
        revision=row["availability_revision"] if row["revision"] is None else row["revision"],
        breaches=row["breaches"],
        withdrawals=row["withdrawals"],
        said_due_at=row["said_due_at"],
        reminds_at=tuple(row["reminds_at"]),
    )


def timer_to(timer: Timer) -> dict[str, Any]:
    """A promise as the store takes it."""
    ending = timer.ending
    return handoff_to(timer.handoff) | {
        "id": timer.id,
        "lead_id": timer.lead_id,
        "kind": timer.kind.value,
        "round": timer.round,
        "rep_id": timer.rep_id,
        "opened_by": timer.opened_by,
        "opened_at": timer.opened_at,
        "target_us": timer.target // _US,
        "shares": timer.shares,
        "due_at": timer.due_at,
        "warns_at": timer.warns_at,
        "next_level": timer.next_level,
        "next_at": timer.next_at,
        "state": timer.state.value,
        "ended_by": ending.fact if ending else None,
        "ended_as": ending.counts_as.value if ending else None,
        "ended_kind": ending.kind if ending else None,
        "ended_at": ending.at if ending else None,
        "agreement": timer.agreement,
        "is_trial": timer.is_trial,
        "pauses_from": [start for start, _ in timer.pauses],
        "pauses_until": [end for _, end in timer.pauses],
        "revision": timer.revision,
        "breaches": timer.breaches,
        "withdrawals": timer.withdrawals,
        "said_due_at": timer.said_due_at,
        "reminds_at": timer.reminds_at,
    }


def charge_to(case: Case) -> dict[str, Any]:
    """How a breach is judged, as the store takes it; minutes as in the event that says it."""
    return {
        "timer_id": case.timer.id,
        "level": level_name(BREACH, number=case.timer.breaches),
        "charged_within": case.charged_within.value,
        "charged_above": case.charged_above.value,
        "attribution": [each.model_dump(mode="json", exclude_none=True) for each in case.attribution],
    }


def array_literal(moments: Sequence[datetime | None]) -> str:
    """Moments as PostgreSQL writes an array: arrays of different lengths do not go through unnest."""
    return "{" + ",".join("NULL" if at is None else at.isoformat() for at in moments) + "}"
