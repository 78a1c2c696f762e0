"""The desk: rows one transaction has locked, decisions taken on them in memory, and one write of it all.

Locks are taken in one order everywhere: leads by id, pools by id, reps by id. So `take_leads` comes first and
`take_pools` once after it; `write` puts everything down in a constant number of statements.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lead_events import LeadProgressed, LeadRouted
from lead_events.ids import event_id
from lead_events.words import CloseReason, HoldReason, RoutedKind
from router import metrics, store
from router.books import Shelf
from router.domain.accounts import rep_named
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.decision import Decision, Standing, able_now, decide, wait_in_lane
from router.domain.imports import day_began, import_terms
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.roster import Pool, Rep
from router.domain.why import why_assigned, why_closed, why_held, why_kept_back, why_no_pool, why_taken_back
from router.locked import LockedPool, Member
from router.owners import ask_owner
from router.records import Ledger
from router.roster import RepReader, rep_news
from router.store import q
from service_kit.unit import Unit


@dataclass(slots=True)
class Desk:
    """One transaction's leads, pools and reps. Not to be used after its unit."""

    unit: Unit
    reader: RepReader
    shelf: Shelf
    leads: dict[UUID, Lead] = field(default_factory=dict)
    pools: dict[str, LockedPool] = field(default_factory=dict)
    reps: dict[str, Rep] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)
    imported: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    _pools_of: dict[str, set[str]] = field(default_factory=dict)
    _waiting: set[tuple[str, str]] = field(default_factory=set)
    _ordinals: defaultdict[tuple[UUID, UUID, str], int] = field(default_factory=lambda: defaultdict(int))
    _taken: Counter[str] = field(default_factory=Counter)
    _freed: Counter[str] = field(default_factory=Counter)

    async def take_leads(self, ids: Iterable[UUID], *, insert: bool = True) -> None:
        """Lock leads; with `insert`, unknown ones become stubs."""
        self.leads = await store.lock_leads(self.unit.conn, ids, insert=insert)

    async def read_members(self) -> None:
        """Read who belongs to which team; needed before asking a book for members."""
        rows = await self.unit.conn.fetch(q.roster)
        self.members = {row["id"]: Member(row["id"], row["team"], row["email"]) for row in rows}

    def expect_freed(self, rep: str, since: datetime) -> None:
        """`take_pools` is to lock this rep, and the pools in which waiting leads may go to them once freed.

        `since` is when what frees them happened: the pools of the version in force then, and of the one now.
        """
        member = self.members[rep]
        books = self.shelf.about(since, self.unit.now)
        self._pools_of.setdefault(rep, set()).update(pool for book in books for pool in book.pools_of(member))

    async def take_pools(
        self, wanted: Iterable[tuple[Book, str]], lines: Collection[str], owners: Iterable[str | None] = ()
    ) -> None:
        """Lock pools with their reps, owners of accounts, and whom `expect_freed` named with their pools.

        Learn in which of them leads of `lines` wait for somebody who can take them. Renews `now`.
        """
        conn = self.unit.conn
        pairs = {(book.version, pool): book for book, pool in wanted}
        names = sorted({pool for _, pool in pairs}.union(*self._pools_of.values()))
        members = self.members.values()
        reps = {rep for (_, pool), book in pairs.items() for rep in book.members(pool, members)}
        if names:
            rows = await conn.fetch(q.lock_pools, names)
            turns = await store.read_turns(conn, rows)
            for row in rows:
                pool = Pool(row["id"], row["id"], (), self.load, turns[row["id"]])
                self.pools[row["id"]] = LockedPool(pool, row["drain_due"], row["next_opening"], pool.turns)
        reps.update(self._pools_of, filter(None, (rep_named(owner, members) for owner in owners)))
        if reps:
            self.reps, load = await self.reader.lock(conn, reps)
            self.load.update(load)
        now = await self.unit.refresh_now()
        self._waiting = await store.queues_waiting(
            conn,
            [
                (pool, line, able_now(self.pool(book, pool), line, now, self._pools_of))
                for (_, pool), book in pairs.items()
                for line in lines
            ],
        )

    async def count_imported(self) -> None:
        """Learn how many leads of imports each locked rep got today; needed before one is handed out."""
        reps = list(self.reps.values())
        began = [day_began(rep, self.unit.now) for rep in reps]
        rows = await self.unit.conn.fetch(q.imported_since, [rep.id for rep in reps], began)
        self.imported.update({row["rep_id"]: row["leads"] for row in rows})

    def pool(self, book: Book, name: str) -> Pool:
        """A locked pool with the reps that `book` puts in it."""
        locked = self.pools[name]
        if locked.version != book.version:
            members = book.members(name, self.members.values())
            locked.pool = Pool(
                name,
                book.pools[name].name,
                tuple(self.reps[rep] for rep in members),
                self.load,
                locked.pool.turns,
                self.imported,
            )
            locked.version = book.version
        return locked.pool

    def route(
        self, lead: Lead, cause: UUID, book: Book | None, choice: PoolChoice, *, from_queue: bool = False
    ) -> RoutedKind:
        """Decide on a lead without a rep.

        Assign or hold it. A lead that stays where it waits publishes nothing.
        """
        if choice.keeps_back:
            if lead.state is not LeadState.NURTURING:
                self.leave_queue(lead, cause, book, why_kept_back(choice.standing))
            return RoutedKind.NURTURING
        if book is None or choice.pool is None:
            return self._hold_without_pool(lead, cause, book, choice)
        metrics.count_rule_errors(self.unit, choice.errors)
        pool = self.pool(book, choice.pool)
        terms = import_terms(lead.handling, self.members.values())
        if terms is not None and not from_queue:
            self._hold(lead, cause, book, choice, wait_in_lane(pool, lead.routable(terms), self.unit.now))
            return RoutedKind.HELD
        choice, owned = ask_owner(lead, pool, choice, self.reps, self.members.values(), self.unit.now)
        is_queue_ahead = terms is not None or not from_queue
        waiting = is_queue_ahead and (pool.id, lead.line) in self._waiting
        decision = owned or decide(pool, lead.routable(terms), self.unit.now, queue_is_waiting=waiting)
        if decision.rep is not None:
            self._assign(lead, cause, book, choice, decision, decision.rep)
            return RoutedKind.ASSIGNED
        self._hold(lead, cause, book, choice, decision)
        return RoutedKind.HELD

    def would_be_empty(self, lead: Lead, book: Book, choice: PoolChoice, without: str) -> bool:
        """Whether nobody of the chosen pool could ever take the lead once `without` has lost it."""
        if choice.pool is None:
            return True
        trial = replace(lead.routable(), excluded={**lead.excluded, without: Standing.TIMED_OUT.value})
        decision = decide(self.pool(book, choice.pool), trial, self.unit.now)
        return decision.hold_reason is HoldReason.POOL_EMPTY

    def take_back(self, lead: Lead, cause: UUID, ended_by: Standing) -> None:
        """End the open round by `ended_by` (declined or timed_out).

        The lead is without a rep until `route`.
        """
        handoff = self._end_round(lead, ended_by.value)
        lead.state = LeadState.STUB
        lead.excluded = {**lead.excluded, handoff.rep: ended_by.value}
        why = why_taken_back(self.reps[handoff.rep].name, declined=ended_by is Standing.DECLINED)
        self._publish(lead, cause, RoutedKind.TAKEN_BACK, why, pool=handoff.pool, rep=handoff.rep)

    def close(self, lead: Lead, cause: UUID, reason: CloseReason, closing_seq: int | None = None) -> None:
        """End the lead's cycle, whoever has it.

        `closing_seq` is the seq of the act that did it; without an act, that of this decision stands for it.
        """
        handoff = self._end_round(lead, "closed") if lead.handoff is not None else None
        pool, rep = (handoff.pool, handoff.rep) if handoff is not None else (lead.pool, None)
        self.ledger.touch(lead)
        lead.state = LeadState.MERGED if reason is CloseReason.MERGED else LeadState.CLOSED
        lead.hold_reason = lead.held_since = lead.next_try_at = None
        lead.closed_at, lead.close_reason = self.unit.now, reason
        lead.closing_seq = closing_seq or lead.routed_seq + 1
        by = self.reps[rep].name if rep is not None and closing_seq is not None else None
        why = why_closed(reason, by)
        self._publish(lead, cause, RoutedKind.CLOSED, why, pool=pool, rep=rep, close=reason)

    def leave_queue(self, lead: Lead, cause: UUID, book: Book | None, why: str) -> None:
        """A held lead goes back to nurturing; of whoever waits behind it nobody's turn changes."""
        pool = lead.pool
        self.ledger.touch(lead)
        lead.state = LeadState.NURTURING
        lead.pool = lead.hold_reason = lead.held_since = lead.next_try_at = None
        self._record(lead, cause, book, NO_PLAN, None, RoutedKind.NURTURING, why, pool=pool)

    def progress(self, lead: Lead, cause: UUID, event: LeadProgressed) -> UUID:
        """Publish an act; gives it the lead's next seq. Returns the event's id."""
        self.ledger.touch(lead)
        lead.progressed_seq += 1
        numbered = event.model_copy(update={"seq": lead.progressed_seq})
        ordinal = self._ordinal(cause, lead.id, "lead-progressed")
        return self.unit.emit(
            "lead-progressed", numbered, key=lead.id, cause=cause, subject=lead.id, ordinal=ordinal
        )

    async def write(self) -> None:
        """Put everything down. Raises Transient if a rep has no room after all: the batch decides again."""
        conn = self.unit.conn
        await self.ledger.write(conn, self.unit.now)
        await self.ledger.write_load(conn, self._taken, self._freed)
        changed = list(self.pools.values())
        if changed:
            await conn.execute(
                q.update_pools,
                [each.pool.id for each in changed],
                [each.drain_due for each in changed],
                [each.next_opening for each in changed],
                [dict(each.pool.turns.weights) for each in changed],
            )
        await store.write_turns(
            conn,
            [
                (each.pool.id, rep, account)
                for each in changed
                for rep, account in each.pool.turns.accounts.items()
                if each.turns_before.accounts.get(rep) != account
            ],
        )
        for each in changed:
            each.turns_before = each.pool.turns
        self._taken.clear()
        self._freed.clear()

    def _assign(
        self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice, decision: Decision, rep: Rep
    ) -> None:
        now = self.unit.now
        pool = self.pool(book, decision.pool)
        why = why_assigned(pool, rep, decision, choice)
        self.ledger.touch(lead)
        pool.turns = decision.turns
        self.load[rep.id] += 1
        if lead.handling is not None:
            self.imported[rep.id] = self.imported.get(rep.id, 0) + 1
        self._taken[rep.id] += 1
        lead.state = LeadState.ASSIGNED
        lead.pool = decision.pool
        lead.round += 1
        lead.hold_reason = lead.held_since = lead.next_try_at = None
        identity = event_id(cause, "assignment", lead.id, lead.round)
        lead.handoff = Handoff(identity, rep.id, decision.pool, lead.round, now, book.version)
        self.ledger.begin(lead, lead.handoff, book.promise(lead.quadrant), rep.calendar, why)
        self._record(lead, cause, book, choice, decision, RoutedKind.ASSIGNED, why)
        metrics.count_assignment(self.unit, lead)

    def _hold(self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice, decision: Decision) -> None:
        if lead.handling is None:
            self._note_queue(lead, book, decision)
        was_paced = lead.hold_reason is HoldReason.PACED and lead.handling is None
        if lead.state is LeadState.HELD and lead.pool == decision.pool and not was_paced:
            return
        self._begin_hold(
            lead, decision.pool, decision.hold_reason or HoldReason.POOL_EMPTY, decision.next_try_at
        )
        why = why_held(self.pool(book, decision.pool), decision, choice)
        self._record(lead, cause, book, choice, decision, RoutedKind.HELD, why)

    def _note_queue(self, lead: Lead, book: Book, decision: Decision) -> None:
        """What a held live lead means to its pool: others join it, and somebody's coming opens it."""
        locked = self.pools[decision.pool]
        in_force = self.shelf.at(self.unit.now)
        if in_force is not None and in_force.version != book.version:
            locked.drain_due = True  # the version in force now may know somebody: its own drain may be over
        if decision.hold_reason is HoldReason.QUEUE_AHEAD:
            locked.drain_due = True
        elif decision.hold_reason is not HoldReason.POOL_EMPTY:
            self._waiting.add((decision.pool, lead.line))
        self._plan_next_opening(locked, decision.next_try_at)

    def _hold_without_pool(
        self, lead: Lead, cause: UUID, book: Book | None, choice: PoolChoice
    ) -> RoutedKind:
        if lead.state is not LeadState.HELD or lead.hold_reason is not HoldReason.NO_RULE_MATCHED:
            self._begin_hold(lead, None, HoldReason.NO_RULE_MATCHED, None)
            why = why_no_pool(lead.line, has_rulebook=book is not None)
            self._record(lead, cause, book, choice, None, RoutedKind.HELD, why)
        return RoutedKind.HELD

    def _begin_hold(
        self, lead: Lead, pool: str | None, reason: HoldReason, next_try_at: datetime | None
    ) -> None:
        self.ledger.touch(lead)
        lead.state = LeadState.HELD
        lead.pool = pool
        lead.hold_reason = reason
        lead.held_since = lead.held_since or self.unit.now
        lead.next_try_at = next_try_at

    def _plan_next_opening(self, locked: LockedPool, at: datetime | None) -> None:
        if at is not None and at > self.unit.now:
            locked.next_opening = min(locked.next_opening or at, at)

    def _end_round(self, lead: Lead, ended_by: str) -> Handoff:
        if lead.handoff is None:
            raise AssertionError(f"lead {lead.id} has no open round to end")
        handoff = lead.handoff
        self.ledger.touch(lead)
        self.ledger.ended.append((handoff, ended_by))
        lead.handoff = None
        self.load[handoff.rep] -= 1
        if self.ledger.begins(handoff):
            self._taken -= Counter([handoff.rep])
        else:
            self._freed[handoff.rep] += 1
        # nobody foresaw a rep taken and freed within this transaction: any pool here may have missed them
        for name in self._pools_of.get(handoff.rep, self.pools):
            self.pools[name].drain_due = True
        return handoff

    def _record(
        self,
        lead: Lead,
        cause: UUID,
        book: Book | None,
        choice: PoolChoice,
        decision: Decision | None,
        kind: RoutedKind,
        why: str,
        pool: str | None = None,
    ) -> None:
        """`pool`: the one the lead leaves, where it is in none any more."""
        version = book.version if book is not None else lead.rulebook_version
        identity = event_id(cause, "decision", lead.id, self._ordinal(cause, lead.id, "decision"))
        locked = self.pools[decision.pool] if decision is not None else None
        self.ledger.decide(
            identity,
            lead,
            self.unit.now,
            cause,
            kind,
            choice,
            decision,
            version,
            why,
            locked.record() if locked is not None else {},
        )
        rep = lead.handoff.rep if lead.handoff is not None else None
        in_pool = lead.pool or pool
        self._publish(lead, cause, kind, why, pool=in_pool, rep=rep, decision=identity, version=version)

    def _publish(
        self,
        lead: Lead,
        cause: UUID,
        kind: RoutedKind,
        why: str,
        *,
        pool: str | None,
        rep: str | None,
        decision: UUID | None = None,
        close: CloseReason | None = None,
        version: int | None = None,
    ) -> None:
        """`version` is the one that decided; by default the one in force now."""
        if version is None:
            in_force = self.shelf.at(self.unit.now)
            version = in_force.version if in_force is not None else lead.rulebook_version
        metrics.count_decision(self.unit, lead, kind, pool)
        lead.routed_seq += 1
        event = LeadRouted(
            lead_id=lead.id,
            line=lead.line,
            seq=lead.routed_seq,
            kind=kind,
            at=self.unit.now,
            cause_id=cause,
            decision_id=decision,
            round=lead.round,
            quadrant=lead.quadrant,
            pool=pool,
            rep=rep_news(self.reps[rep]) if rep is not None else None,
            why=why,
            hold_reason=lead.hold_reason if kind is RoutedKind.HELD else None,
            next_try_at=lead.next_try_at if kind is RoutedKind.HELD else None,
            close_reason=close,
            is_test=lead.is_test,
            rulebook_version=version,
        )
        ordinal = self._ordinal(cause, lead.id, "lead-routed")
        lead.last_routed = self.unit.emit(
            "lead-routed", event, key=lead.id, cause=cause, subject=lead.id, ordinal=ordinal
        )

    def _ordinal(self, cause: UUID, subject: UUID, effect: str) -> int:
        key = (cause, subject, effect)
        self._ordinals[key] += 1
        return self._ordinals[key] - 1
