"""What a desk writes besides pools and reps.

Leads, rounds and decision records, collected and written at once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lead_events.words import RoutedKind, TimerKind
from router import store
from router.domain.book import PoolChoice
from router.domain.deadlines import Deadlines, deadlines
from router.domain.decision import Decision
from router.domain.leads import Handoff, Lead
from router.domain.own_leads import is_own
from router.domain.pool import Members
from router.domain.proof import proof_of
from router.domain.why import Why
from router.store import q
from rulebook.models import Promise
from service_kit.errors import Transient
from service_kit.postgres import Connection
from worktime import Calendar


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round that begins."""

    lead: Lead
    handoff: Handoff
    promise: Promise
    due: Deadlines
    why: Why


@dataclass(slots=True)
class Ledger:
    """Changes to leads, in the order they have to be written."""

    touched: dict[UUID, Lead] = field(default_factory=dict)
    ended: list[tuple[Handoff, str]] = field(default_factory=list)
    rounds: list[NewRound] = field(default_factory=list)
    handoffs: dict[UUID, Handoff] = field(default_factory=dict)
    fired: dict[UUID, dict[TimerKind, datetime]] = field(default_factory=dict)
    decisions: list[tuple[Any, ...]] = field(default_factory=list)
    candidates: dict[str, Members] = field(default_factory=dict)
    over_capacity: bool = False

    def touch(self, lead: Lead) -> None:
        """The lead's row is to be written."""
        self.touched[lead.id] = lead

    def begins(self, handoff: Handoff) -> bool:
        """Whether the round is still to be written: it began in this transaction."""
        return any(each.handoff.id == handoff.id for each in self.rounds)

    def touch_handoff(self, handoff: Handoff) -> None:
        """The open round's row is to be written."""
        self.handoffs[handoff.id] = handoff

    def begin(self, lead: Lead, handoff: Handoff, promise: Promise, calendar: Calendar, why: Why) -> None:
        """A round begins, promised in the working time of this calendar, the rep's. Of what a rep found
        nothing is promised: no buyer waits, and a deadline would take it from its finder."""
        promise = Promise() if is_own(lead) else promise
        due = deadlines(
            calendar,
            handoff.assigned_at,
            accept_within=promise.accept_within,
            respond_within=promise.first_response_within,
        )
        self.rounds.append(NewRound(lead, handoff, promise, due, why))

    def fire(self, handoff: Handoff, kind: TimerKind, due_at: datetime) -> None:
        """A promise of the round has fired: its deadline is the one that held then."""
        self.fired.setdefault(handoff.id, {})[kind] = due_at

    def decide(
        self,
        identity: UUID,
        lead: Lead,
        at: datetime,
        cause: UUID,
        kind: RoutedKind,
        choice: PoolChoice,
        decision: Decision | None,
        version: int,
        why: str,
        pool_state: Mapping[str, object],
    ) -> None:
        """Keep a decision record. Nothing in it is about the buyer."""
        proof = proof_of(decision) if decision is not None else None
        if decision is not None:
            self.candidates.setdefault(decision.pool.members.digest, decision.pool.members)
        errors = [{"rule": error.rule, "message": error.message} for error in choice.errors]
        self.decisions.append(
            (
                identity,
                lead.id,
                at,
                cause,
                kind.value,
                lead.round,
                lead.pool,
                lead.handoff.rep if lead.handoff is not None else None,
                lead.hold_reason,
                lead.next_try_at,
                choice.rule,
                orjson.dumps(errors).decode(),
                version,
                orjson.dumps(proof).decode() if proof is not None else None,
                dict(pool_state),
                why,
                lead.routed_seq + 1,
            )
        )

    async def write(self, conn: Connection, now: datetime) -> None:
        """Rounds end before others begin: at most one is open a lead at any moment.

        One that began and ended here, as of a lead merged in the batch that assigned it, is written ended.
        """
        if self.ended:
            await conn.execute(
                q.end_assignments,
                [handoff.id for handoff, _ in self.ended],
                [ended_by for _, ended_by in self.ended],
                now,
                [handoff.breached_at for handoff, _ in self.ended],
            )
        ended = {handoff.id: ended_by for handoff, ended_by in self.ended}
        if self.rounds:
            await self._insert_rounds(conn, ended, now)
        changed = [each for each in self.handoffs.values() if each.id not in ended]
        if changed:
            await store.write_handoffs(conn, changed)
        if self.fired:
            fired = self.fired.values()
            await conn.execute(
                q.settle_deadlines,
                list(self.fired),
                [each.get(TimerKind.ACCEPT) for each in fired],
                [each.get(TimerKind.FIRST_RESPONSE) for each in fired],
            )
        if self.touched:
            await store.write_leads(conn, list(self.touched.values()))
        if self.candidates:
            rows = [[list(row) for row in each.rows] for each in self.candidates.values()]
            texts = [orjson.dumps(each).decode() for each in rows]
            await conn.execute(q.insert_candidate_sets, list(self.candidates), texts)
        if self.decisions:
            await conn.execute(
                q.insert_decisions, *(list(column) for column in zip(*self.decisions, strict=True))
            )
        for collected in (
            self.touched,
            self.ended,
            self.rounds,
            self.handoffs,
            self.fired,
            self.decisions,
            self.candidates,
        ):
            collected.clear()

    async def _insert_rounds(self, conn: Connection, ended: Mapping[UUID, str], now: datetime) -> None:
        rounds = self.rounds
        await conn.execute(
            q.insert_assignments,
            [each.handoff.id for each in rounds],
            [each.lead.id for each in rounds],
            [each.handoff.rep for each in rounds],
            [each.handoff.pool for each in rounds],
            [each.handoff.round for each in rounds],
            [each.handoff.assigned_at for each in rounds],
            [each.handoff.rulebook_version for each in rounds],
            [each.promise.accept_within for each in rounds],
            [each.promise.first_response_within for each in rounds],
            [each.why.text for each in rounds],
            [each.due.accept_by for each in rounds],
            [each.due.respond_by for each in rounds],
            [now if each.handoff.id in ended else None for each in rounds],
            [ended.get(each.handoff.id) for each in rounds],
            [each.lead.handling is not None for each in rounds],
            [orjson.dumps(each.why.document()).decode() for each in rounds],
        )

    async def write_load(
        self, conn: Connection, taken: Counter[str], freed: Counter[str], now: datetime
    ) -> None:
        """Free first, then take within capacity. Raises Transient when a rep has no room: decide again."""
        if freed:
            reps = sorted(freed)
            await conn.execute(q.free_load, reps, [freed[rep] for rep in reps])
        if not taken:
            return
        reps = sorted(taken)
        placed = await conn.fetch(q.take_load, reps, [taken[rep] for rep in reps], now, self.over_capacity)
        if len(placed) != len(reps):
            full = sorted(set(reps) - {row["id"] for row in placed})
            raise Transient(f"no room left for {', '.join(full)}: decide again")
