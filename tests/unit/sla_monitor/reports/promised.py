"""Promises of a month that is drawn: kept, broken, and by whom."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.words import ChargedTo, Part, TimerKind
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import (
    LeadRow,
    PromiseRow,
)
from tests.unit.sla_monitor.reports.drawn import TARGETS, Drawn
from worktime import Calendar


class Promised(Drawn):
    """Draws promises."""

    def _promise(
        self,
        lead: LeadRow,
        number: int,
        rep: str,
        team: str,
        calendar: Calendar,
        kind: TimerKind,
        at: datetime,
        end: datetime | None,
        by: str | None,
        is_known: bool = True,
    ) -> None:
        due = calendar.add(at, TARGETS[lead.quadrant, kind])
        end = end if is_known else None
        in_time = end is not None and end <= due
        state = TimerState.CANCELLED if by == "declined" else TimerState.KEPT
        if not in_time:
            state = TimerState.BREACHED if due < self.now else TimerState.PENDING
        row = PromiseRow(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            lead_id=lead.id,
            kind=kind,
            round=number,
            rep_id=rep,
            team=team,
            line=lead.line,
            quadrant=lead.quadrant,
            agreement="agreement",
            is_trial=False,
            opened_at=at,
            due_at=due,
            state=state,
            ended_at=end,
            ended_kind=by if end is not None else None,
            wall=(end - at).total_seconds() if end is not None else None,
            worked=calendar.elapsed(at, end).total_seconds() if end is not None else None,
        )
        if state is TimerState.BREACHED:
            row = self._charged(row, calendar, due)
        elif state is TimerState.KEPT and self.chance.random() < 0.01:
            row = replace(row, state=TimerState.WITHDRAWN)
        self.promises.append(row)
        if team == "italy":
            self.promises.append(
                replace(
                    row,
                    id=UUID(int=self.chance.getrandbits(128), version=4),
                    agreement="quicker",
                    is_trial=True,
                )
            )

    def _charged(self, row: PromiseRow, calendar: Calendar, due: datetime) -> PromiseRow:
        """Mostly the rep; sometimes the lead lay elsewhere for longer."""
        parts: list[tuple[str, str | None, int]] = [
            (Part.SCORING.value, None, 350_000),
            (Part.ROUTING.value, None, 120_000),
        ]
        charged = self.chance.choices(
            (ChargedTo.REP, ChargedTo.SALES_TEAM, ChargedTo.SYSTEM, ChargedTo.MARKETING), (80, 14, 4, 2)
        )[0]
        if charged is ChargedTo.SALES_TEAM:
            parts.append((Part.HELD.value, "no_capacity", 5_400_000_000))
        wall, worked = due - row.opened_at, calendar.elapsed(row.opened_at, due)
        if wall > worked:
            parts.append((Part.OUT_OF_HOURS.value, row.rep_id, (wall - worked) // timedelta(microseconds=1)))
        parts.append((Part.REP.value, row.rep_id, worked // timedelta(microseconds=1)))
        excused = "incident" if self.chance.random() < 0.03 else None
        return replace(row, charged_to=charged, parts=tuple(parts), excused=excused)
