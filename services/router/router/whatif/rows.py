"""Rows of the store as a simulation reads them, in JSON: they go to it through a pipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events.words import HoldReason
from router.domain.leads import Lead, LeadState
from router.domain.ramp import read_ramp_up
from router.domain.roster import Rep
from router.lead_rows import lead_for_rules
from router.whatif.fitting import read_behaviour
from router.whatif.model import Arrival, Fate, Staff
from worktime import Calendar

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A lead of the past. `is_known`: whether what rules ask about is still kept."""

    lead: Lead
    at: datetime
    person: UUID | None
    happened: Row

    @property
    def is_known(self) -> bool:
        """Of an erased lead only line, source and times are."""
        return self.lead.state is not LeadState.ERASED


def read_stored(row: Row) -> Stored:
    """A row of `history_leads`."""
    lead = lead_for_rules(UUID(row["id"]), row)
    person = UUID(row["person_id"]) if row["comes_again"] else None
    return Stored(lead, datetime.fromisoformat(row["at"]), person, row)


def happened(arrival: Arrival, row: Row, staff: Mapping[str, Staff]) -> Fate:
    """What became of the lead in fact. One that waits has nobody, whoever had it before."""
    answered_at, breached_at = _moment(row["answered_at"]), _moment(row["breached_at"])
    waits = row["state"] == LeadState.HELD
    known = staff.get(row["answered_by"] or "")
    worked = None
    if known is not None and answered_at is not None and answered_at >= arrival.at:
        worked = known.rep.calendar.elapsed(arrival.at, answered_at)
    return Fate(
        arrival=arrival,
        rep=None if waits else row["rep"],
        pool=None if waits else row["pool"],
        rounds=row["rounds"],
        handed_at=_moment(row["handed_at"]),
        answered_at=answered_at,
        worked=worked,
        breaches=row["breaches"],
        breached_at=breached_at,
        promise=_length(row["promise_seconds"]),
        foreseen=row["foreseen"],
        overruled=row["overruled"],
        hold_reason=HoldReason(row["hold_reason"]) if waits else None,
    )


def read_staff(row: Row) -> Staff:
    """A rep of the roster with how they respond."""
    rep = Rep(
        id=row["id"],
        name=row["name"],
        team=row["team"],
        lines=frozenset(row["lines"]),
        weight=row["weight"],
        capacity=row["capacity"],
        is_active=row["is_active"],
        hours=Calendar.from_dict(row["hours"]),
        calendar=Calendar.from_dict(row["document"]),
        document=row["document"],
        languages=frozenset(row["languages"]),
        skills=frozenset(row["skills"]),
        per_day=row["per_day"],
        per_week=row["per_week"],
    )
    return Staff(rep, row["email"], read_ramp_up(row["ramp_up"]), read_behaviour(row["behaviour"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _length(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds is not None else None
