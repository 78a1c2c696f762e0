"""Objections to what happened in a month that is drawn."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import (
    ObjectionRow,
    PromiseRow,
)
from tests.unit.sla_monitor.reports.drawn import Drawn


def objections_to(drawn: Drawn) -> tuple[list[ObjectionRow], list[PromiseRow]]:
    rejected = [lead for lead in drawn.leads if lead.given_back and lead.given_back.is_rejection]
    broken = [row for row in drawn.promises if row.state is TimerState.BREACHED and not row.is_trial]
    found: list[ObjectionRow] = []
    for at, lead in enumerate(rejected[:4]):
        if lead.given_back is not None:
            about = (lead.given_back.fact, lead.id, lead.given_back.at)
            found.append(_objection(drawn, "rejection", *about, "marketing", "Irene Soler", at))
    excused: set[UUID] = set()
    for at, row in enumerate(broken[:3]):
        found.append(
            _objection(
                drawn, "breach", row.id, row.lead_id, row.due_at or drawn.now, "sales", "Marta Ibáñez", at
            )
        )
        found[-1] = replace(found[-1], kind=row.kind, round=row.round, rep_id=row.rep_id, due_at=row.due_at)
        if found[-1].verdict == "excused":
            excused.add(row.id)
    promises = [replace(row, excused="objection") if row.id in excused else row for row in drawn.promises]
    return found, promises


def _objection(
    drawn: Drawn, about: str, subject: UUID, lead: UUID, at: datetime, side: str, by: str, number: int
) -> ObjectionRow:
    raised = min(drawn.now, at + timedelta(hours=20))
    verdict = ("excused", "upheld", None)[number % 3]
    return ObjectionRow(
        id=UUID(int=drawn.chance.getrandbits(128), version=4),
        about=about,
        subject=subject,
        lead_id=lead,
        side=side,
        by=by,
        at=raised,
        reason="the address answers" if about == "rejection" else "the line was down",
        verdict=verdict,
        decided_by="Carla Vidal" if verdict else None,
        decided_at=min(drawn.now, raised + timedelta(days=1)) if verdict else None,
    )
