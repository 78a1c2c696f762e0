"""The desk: rows one transaction has locked, decisions taken on them in memory, and one write of it all.

Locks are taken in one order everywhere: leads by id, pools by id, reps by id. So `take_leads` comes first and
`take_pools` once after it; `write` puts everything down in a constant number of statements.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lead_events import LeadProgressed
from lead_events.ids import event_id
from lead_events.words import CloseReason, HoldReason, RoutedKind
from router import metrics, store
from router.books import Shelf
from router.domain.accounts import rep_named
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.decision import Decision, able_now, decide, wait_in_lane
from router.domain.eligibility import Standing
from router.domain.imports import day_began, import_terms
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.needs import NO_NEEDS
from router.domain.pool import Pool, Terms
from router.domain.roster import Load, Rep
from router.domain.why import why_assigned, why_closed, why_held, why_kept_back, why_no_pool, why_taken_back
from router.locked import LockedPool, Member
from router.memory import read_memories, write_memories
from router.owners import ask_owner
from router.records import Ledger
from router.roster import RepReader
from router.store import q
from router.telling import Teller
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
    load: dict[str, Load] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    tell: Teller = field(init=False)
    _pools_of: dict[str, set[str]] = field(default_factory=dict)
    _waiting: set[tuple[str, str]] = field(default_factory=set)
    _taken: Counter[str] = field(default_factory=Counter)
    _freed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.tell = Teller(self.unit, self.ledger, self.shelf)

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
        """Lock pools with their reps, owners of leads, and whom `expect_freed` named with their pools.

        Learn in which of them leads of `lines` wait for somebody who can take them. Renews `now`.
        """
        conn = self.unit.conn
        asked = {(book.version, pool): book for book, pool in wanted}
        pairs = {
            (version, each): book for (version, pool), book in asked.items() for each in chain(book, pool)
        }
        names = sorted({pool for _, pool in pairs}.union(*self._pools_of.values()))
        members = self.members.values()
        reps = {rep for (_, pool), book in pairs.items() for rep in book.members(pool, members)}
        if names:
            rows = await conn.fetch(q.lock_pools, names)
            memories = await read_memories(conn, rows)
            for row in rows:
                memory = memories[row["id"]]
                self.pools[row["id"]] = LockedPool(row["id"], row["drain_due"], row["next_opening"], memory)
        reps.update(self._pools_of, filter(None, (rep_named(owner, members) for owner in owners)))
        if reps:
            self.reps, load = await self.reader.lock(conn, reps, self.unit.now)
            self.load.update(load)
        self.tell.reps, self.tell.shelf = self.reps, self.shelf
        now = await self.unit.refresh_now()
        waiting = await store.kinds_waiting(conn, {pool for _, pool in pairs}) if lines else []
        self._waiting = await store.queues_waiting(
            conn,
            [
                (kind, able_now(self.pool(book, pool), kind.kind, now, self._pools_of))
                for (_, pool), book in pairs.items()
                for kind in waiting
                if kind.pool == pool and kind.line in lines
            ],
            now,
        )

    async def count_imported(self) -> None:
        """Learn how many leads of imports each locked rep got today; needed before one is handed out."""
        reps = list(self.reps.values())
        began = [day_began(rep, self.unit.now) for rep in reps]
        for row in await self.unit.conn.fetch(q.imported_since, [rep.id for rep in reps], began):
            self.load[row["rep_id"]].imported = row["leads"]

    def pool(self, book: Book, name: str) -> Pool:
        """A locked pool with the reps that `book` puts in it."""
        locked = self.pools[name]
        if locked.pool is None or locked.version != book.version:
            rules = book.pools[name]
            terms = Terms.of(rules)
            reps = {rep: self.reps[rep] for rep in book.members(name, self.members.values())}
            locked.pool = Pool(name, rules.name, reps, self.load, terms, locked.memory.chooser(terms))
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
        if not from_queue:
            lead.needs = choice.needs
        choice, decision = self._decide(lead, book, choice, choice.pool, from_queue=from_queue)
        if decision.rep is not None:
            self._assign(lead, cause, book, choice, decision, decision.rep)
            return RoutedKind.ASSIGNED
        self._hold(lead, cause, book, choice, decision)
        return RoutedKind.HELD

    def _decide(
        self, lead: Lead, book: Book, choice: PoolChoice, name: str, *, from_queue: bool
    ) -> tuple[PoolChoice, Decision]:
        now, pool = self.unit.now, self.pool(book, name)
        terms = import_terms(lead.handling, self.members.values())
        routable = lead.routable(terms, promise=book.promise(lead.quadrant).first_response_within)
        if terms is not None and not from_queue:
            return choice, wait_in_lane(pool, routable, now)
        choice, owned = ask_owner(lead, pool, choice, self.reps, self.members.values(), now)
        if owned is not None:
            return choice, owned
        joins = terms is not None or not from_queue
        decisions = []
        for each in chain(book, name):
            is_waiting = joins and (each, lead.line) in self._waiting
            decision = decide(self.pool(book, each), routable, now, queue_is_waiting=is_waiting)
            if decision.rep is not None:
                return choice, decision
            decisions.append(decision)
            if decision.hold_reason is not HoldReason.NOBODY_OPEN:
                break
        return choice, decisions[0]

    def would_be_empty(self, lead: Lead, book: Book, choice: PoolChoice, without: str) -> bool:
        """Whether nobody of the chosen pool could ever take the lead once `without` has lost it."""
        if choice.pool is None:
            return True
        excluded = {**lead.excluded, without: Standing.TIMED_OUT.value}
        trial = replace(lead.routable(needs=choice.needs), excluded=excluded)
        decision = decide(self.pool(book, choice.pool), trial, self.unit.now)
        return decision.hold_reason in (HoldReason.POOL_EMPTY, HoldReason.NEEDS_UNMET)

    def take_back(self, lead: Lead, cause: UUID, ended_by: Standing) -> None:
        """End the open round by `ended_by` (declined, timed_out or reassigned).

        The lead is without a rep until `route` or `hand_to`.
        """
        handoff = self._end_round(lead, ended_by.value)
        lead.state = LeadState.STUB
        lead.excluded = {**lead.excluded, handoff.rep: ended_by.value}
        why = why_taken_back(self.reps[handoff.rep].name, ended_by)
        self.tell.routed(lead, cause, RoutedKind.TAKEN_BACK, why, pool=handoff.pool, rep=handoff.rep)

    def hand_to(
        self,
        lead: Lead,
        cause: UUID,
        book: Book,
        rep: str,
        why: str,
        *,
        choice: PoolChoice = NO_PLAN,
        over_capacity: bool = False,
    ) -> bool:
        """Give a lead without a rep to a locked rep, whoever's turn it is; False if they have no room.

        `over_capacity`: even then. It changes nobody's turn. The caller has checked that the rep may have it.
        """
        chosen = self.reps[rep]
        if self.load[rep].open >= chosen.capacity and not over_capacity:
            return False
        lead.excluded = {name: how for name, how in lead.excluded.items() if name != rep}
        self._begin_round(lead, cause, book, choice.pool, chosen, why)
        if self.load[rep].open >= chosen.capacity:
            self.ledger.over_capacity = True
        self.load[rep].take(self.unit.now, imported=lead.handling is not None)
        self._look_again(rep)
        self.tell.decided(lead, cause, RoutedKind.ASSIGNED, why, book=book, choice=choice)
        return True

    def give_turn_back(self, handoff: Handoff) -> None:
        """The lead of this round, just ended, was no fault of the rep's: it does not count as their turn."""
        locked = self.pools.get(handoff.pool or "")
        if locked is not None and locked.pool is not None:
            locked.pool.chooser.give_back(handoff.rep)

    def close(self, lead: Lead, cause: UUID, reason: CloseReason, closing_seq: int | None = None) -> None:
        """End the lead's cycle, whoever has it.

        `closing_seq` is the seq of the act that did it; without an act, that of this decision stands for it.
        """
        handoff = self._end_round(lead, "closed") if lead.handoff is not None else None
        pool, rep = (handoff.pool, handoff.rep) if handoff is not None else (lead.pool, None)
        self.ledger.touch(lead)
        lead.state = LeadState.MERGED if reason is CloseReason.MERGED else LeadState.CLOSED
        lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = None
        lead.closed_at, lead.close_reason = self.unit.now, reason
        lead.closing_seq = closing_seq or lead.routed_seq + 1
        by = self.reps[rep].name if rep is not None and closing_seq is not None else None
        why = why_closed(reason, by)
        self.tell.routed(lead, cause, RoutedKind.CLOSED, why, pool=pool, rep=rep, close=reason)

    def leave_queue(self, lead: Lead, cause: UUID, book: Book | None, why: str) -> None:
        """A held lead goes back to nurturing; of whoever waits behind it nobody's turn changes."""
        pool = lead.pool
        self.ledger.touch(lead)
        lead.state = LeadState.NURTURING
        lead.pool = lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = None
        self.tell.decided(lead, cause, RoutedKind.NURTURING, why, book=book, leaves=pool)

    def progress(self, lead: Lead, cause: UUID, event: LeadProgressed) -> UUID:
        """Publish an act; gives it the lead's next seq. Returns the event's id."""
        return self.tell.progress(lead, cause, event)

    async def write(self) -> None:
        """Put everything down. Raises Transient if a rep has no room after all: the batch decides again."""
        conn = self.unit.conn
        await self.ledger.write(conn, self.unit.now)
        await self.ledger.write_load(conn, self._taken, self._freed, self.unit.now)
        changed = list(self.pools.values())
        if changed:
            await conn.execute(
                q.update_pools,
                [each.id for each in changed],
                [each.drain_due for each in changed],
                [each.next_opening for each in changed],
            )
            await write_memories(conn, (each.memory for each in changed))
        self._taken.clear()
        self._freed.clear()

    def _assign(
        self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice, decision: Decision, rep: Rep
    ) -> None:
        pool, terms = decision.pool, import_terms(lead.handling, self.members.values())
        why = why_assigned(rep, decision, choice)
        self._begin_round(lead, cause, book, pool.id, rep, why)
        locked = self.pools[pool.id]
        self.tell.decided(
            lead, cause, RoutedKind.ASSIGNED, why, book=book, choice=choice, decision=decision, locked=locked
        )
        if decision.proposal is not None:
            decision.give(lead.routable(terms), self.unit.now)
        else:
            self.load[rep.id].take(self.unit.now, imported=terms is not None)
        self._look_again(rep.id, told=decision.pool if decision.proposal is not None else None)
        metrics.count_assignment(self.unit, lead, decision)

    def _begin_round(self, lead: Lead, cause: UUID, book: Book, pool: str | None, rep: Rep, why: str) -> None:
        now = self.unit.now
        self.ledger.touch(lead)
        self._taken[rep.id] += 1
        lead.state, lead.pool = LeadState.ASSIGNED, pool
        lead.round += 1
        lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = None
        lead.needs = NO_NEEDS
        identity = event_id(cause, "assignment", lead.id, lead.round)
        lead.handoff = Handoff(identity, rep.id, pool, lead.round, now, book.version)
        self.ledger.begin(lead, lead.handoff, book.promise(lead.quadrant), rep.calendar, why)

    def _look_again(self, rep: str, *, told: Pool | None = None) -> None:
        """What a rep has in hand has changed: every pool but the one that knows looks again."""
        for locked in self.pools.values():
            if locked.pool is not None and locked.pool is not told:
                locked.pool.look_again(rep)

    def _hold(self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice, decision: Decision) -> None:
        name = decision.pool.id
        if lead.handling is None:
            self._note_queue(lead, book, decision)
        was_paced = lead.hold_reason is HoldReason.PACED and lead.handling is None
        if lead.state is LeadState.HELD and lead.pool == name and not was_paced:
            return
        self._begin_hold(lead, name, decision.hold_reason or HoldReason.POOL_EMPTY, decision.next_try_at)
        why = why_held(decision, choice)
        self.tell.decided(
            lead,
            cause,
            RoutedKind.HELD,
            why,
            book=book,
            choice=choice,
            decision=decision,
            locked=self.pools[name],
        )

    def _note_queue(self, lead: Lead, book: Book, decision: Decision) -> None:
        """What a held live lead means to its pool: others join it, and somebody's coming opens it."""
        locked = self.pools[decision.pool.id]
        in_force = self.shelf.at(self.unit.now)
        if in_force is not None and in_force.version != book.version:
            locked.drain_due = True  # the version in force now may know somebody: its own drain may be over
        if decision.hold_reason is HoldReason.QUEUE_AHEAD:
            locked.drain_due = True
        elif decision.hold_reason not in (HoldReason.POOL_EMPTY, HoldReason.NEEDS_UNMET):
            self._waiting.add((decision.pool.id, lead.line))
        locked.plan_opening(decision.next_try_at, self.unit.now)

    def _hold_without_pool(
        self, lead: Lead, cause: UUID, book: Book | None, choice: PoolChoice
    ) -> RoutedKind:
        if lead.state is not LeadState.HELD or lead.hold_reason is not HoldReason.NO_RULE_MATCHED:
            self._begin_hold(lead, None, HoldReason.NO_RULE_MATCHED, None)
            why = why_no_pool(lead.line, has_rulebook=book is not None)
            self.tell.decided(lead, cause, RoutedKind.HELD, why, book=book, choice=choice)
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
        lead.relax_at = lead.routable().relaxes_at()

    def _end_round(self, lead: Lead, ended_by: str) -> Handoff:
        if lead.handoff is None:
            raise AssertionError(f"lead {lead.id} has no open round to end")
        handoff = lead.handoff
        self.ledger.touch(lead)
        self.ledger.ended.append((handoff, ended_by))
        lead.handoff = None
        load = self.load[handoff.rep]
        load.open -= 1
        load.unanswered -= handoff.contacted_at is None
        self._look_again(handoff.rep)
        if self.ledger.begins(handoff):
            self._taken -= Counter([handoff.rep])
        else:
            self._freed[handoff.rep] += 1
        # nobody foresaw a rep taken and freed within this transaction: any pool here may have missed them
        for name in self._pools_of.get(handoff.rep, self.pools):
            self.pools[name].drain_due = True
        return handoff


def chain(book: Book, pool: str) -> list[str]:
    """The pool, and those that follow the sun after it."""
    then = Terms.of(book.pools[pool]).then if pool in book.pools else ()
    return [pool, *(each for each in then if each in book.pools and each != pool)]
