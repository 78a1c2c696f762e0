"""The rows one transaction has locked, what is done with them in memory, and one write of it all.

Locks are taken in one order everywhere: leads by id, pools by id, reps by id. So `take_leads` comes first and
`take_pools` once after it; `write` puts everything down in a constant number of statements.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from lead_events import LeadProgressed
from lead_events.ids import event_id
from lead_events.words import CloseReason, HoldReason, RoutedKind
from router import store, waiting
from router.books import Shelf
from router.domain.accounts import rep_named
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.eligibility import Standing
from router.domain.imports import day_began
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.needs import NO_NEEDS
from router.domain.pool import Pool, Terms
from router.domain.roster import Load, Rep
from router.domain.said import Said
from router.domain.takers import able_now
from router.domain.why import (
    Why,
    after,
    gone_by,
    why_closed,
    why_taken_back,
)
from router.locked import LockedPool, Member
from router.memory import read_memories, write_memories
from router.records import Ledger
from router.roster import RepReader
from router.store import q
from router.telling import Teller
from router.waiting import WaitingKind
from service_kit.unit import Unit


@dataclass(slots=True)
class LockedRows:
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
    knows: dict[UUID, str] = field(default_factory=dict)
    _pools_of: dict[str, set[str]] = field(default_factory=dict)
    queues: set[tuple[str, str]] = field(default_factory=set)
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
        self.members = {row["id"]: Member(**row) for row in rows}

    async def read_owners(self, leads: Iterable[Lead], book: Book) -> set[str]:
        """Learn who knows the persons of leads, as far back as each line's plan counts; who they are."""
        now = self.unit.now
        plans = book.company.routing.plans.items()
        days = {line: timedelta(plan.owners.days) for line, plan in plans if plan.owners.person}
        asked = {lead.person_id: days[lead.line] for lead in leads if lead.person_id and lead.line in days}
        if asked:
            for row in await self.unit.conn.fetch(q.person_owners, list(asked), now - max(asked.values())):
                if row["at"] >= now - asked[row["person_id"]]:
                    self.knows[row["person_id"]] = row["rep_id"]
        return set(self.knows.values())

    async def take_for(
        self, choices: Iterable[tuple[Book, Lead, PoolChoice]], also: Iterable[tuple[Book, str]] = ()
    ) -> None:
        """Lock what decisions by these choices may need: pools, those that stand in for them, owners; and
        pools `also`."""
        found = list(choices)
        owners: set[str | None] = {choice.owner for _, _, choice in found}
        for book in {book.version: book for book, _, _ in found}.values():
            owners |= await self.read_owners([lead for each, lead, _ in found if each is book], book)
        wanted = [
            (book, pool)
            for book, _, choice in found
            for pool in (choice.pool, choice.unspoken)
            if pool is not None and pool in book.pools
        ]
        wanted += [*self._pools_of_departed(found), *also]
        await self.take_pools(wanted, {lead.line for _, lead, _ in found}, owners)

    def _pools_of_departed(
        self, choices: Iterable[tuple[Book, Lead, PoolChoice]]
    ) -> Iterable[tuple[Book, str]]:
        """Of owners who left: the pools of their teams, where the plan sends their leads there."""
        for book, lead, choice in choices:
            if choice.owners.when_departed != "team":
                continue
            named = (choice.owner, self.knows.get(lead.person_id) if lead.person_id is not None else None)
            for rep in filter(None, (rep_named(each, self.members.values()) for each in named)):
                member = self.members[rep]
                pool = None if member.is_active else book.pool_of_team(member.team, choice.consents)
                if pool is not None:
                    yield book, pool

    def expect_freed(self, rep: str, since: datetime) -> None:
        """`take_pools` is to lock this rep, and the pools in which waiting leads may go to them once freed.

        `since` is when what frees them happened: the pools of the version in force then, and of the one now.
        """
        member = self.members[rep]
        books = self.shelf.about(since, self.unit.now)
        pools = {pool for book in books for pool in book.pools_fed_by(member)}
        self._pools_of.setdefault(rep, set()).update(pools)

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
        kinds = await waiting.kinds_waiting(conn, {pool for _, pool in pairs}) if lines else []
        self.queues = await waiting.queues_waiting(
            conn,
            [
                kind
                for (_, pool), book in pairs.items()
                for kind in kinds
                if kind.pool == pool and kind.line in lines and self._is_wanted(book, kind, now)
            ],
            now,
        )

    def _is_wanted(self, book: Book, kind: WaitingKind, now: datetime) -> bool:
        """Whether somebody could take a lead of the kind once those expected to be freed are."""
        pool = self.pool(book, kind.pool)
        return any(True for _ in able_now(pool, kind.like(now), now, self._pools_of))

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

    def take_back(
        self,
        lead: Lead,
        cause: UUID,
        ended_by: Standing,
        gone: Said | None = None,
        *,
        for_good: bool = True,
    ) -> None:
        """End the open round by `ended_by` (declined, timed_out or reassigned); `gone`: why, in other words.

        The lead is without a rep until `route` or `hand_to`. `for_good`: no rule offers it to them again.
        """
        handoff = self.end_round(lead, ended_by.value)
        lead.state = LeadState.STUB
        if for_good:
            lead.excluded = {**lead.excluded, handoff.rep: ended_by.value}
        name, gone = self.reps[handoff.rep].name, gone or gone_by(ended_by)
        why, lead.taken_from = why_taken_back(name, gone), after(name, gone)
        self.tell.routed(lead, cause, RoutedKind.TAKEN_BACK, why, pool=handoff.pool, rep=handoff.rep)

    def hand_to(
        self,
        lead: Lead,
        cause: UUID,
        book: Book,
        rep: str,
        why: Why,
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
        self.begin_round(lead, cause, book, choice.pool, chosen, why)
        if self.load[rep].open >= chosen.capacity:
            self.ledger.over_capacity = True
        self.load[rep].take(self.unit.now, imported=lead.handling is not None)
        self.look_again(rep)
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
        handoff = self.end_round(lead, "closed") if lead.handoff is not None else None
        pool, rep = (handoff.pool, handoff.rep) if handoff is not None else (lead.pool, None)
        self.ledger.touch(lead)
        lead.state = LeadState.MERGED if reason is CloseReason.MERGED else LeadState.CLOSED
        lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = None
        lead.closed_at, lead.close_reason = self.unit.now, reason
        lead.closing_seq = closing_seq or lead.routed_seq + 1
        by = self.reps[rep].name if rep is not None and closing_seq is not None else None
        why = why_closed(reason, by)
        self.tell.routed(lead, cause, RoutedKind.CLOSED, why, pool=pool, rep=rep, close=reason)

    def leave_queue(self, lead: Lead, cause: UUID, book: Book | None, why: Why) -> None:
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

    def begin_round(self, lead: Lead, cause: UUID, book: Book, pool: str | None, rep: Rep, why: Why) -> None:
        """The lead is this rep's, from now on, and promised as the agreement says."""
        now = self.unit.now
        self.ledger.touch(lead)
        self._taken[rep.id] += 1
        lead.state, lead.pool = LeadState.ASSIGNED, pool
        lead.round += 1
        lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = None
        lead.needs = NO_NEEDS
        identity = event_id(cause, "assignment", lead.id, lead.round)
        lead.handoff = Handoff(identity, rep.id, pool, lead.round, now, book.version)
        promise = book.agreements.at(now).promise(lead.quadrant, lead.line, rep.team)
        self.ledger.begin(lead, lead.handoff, promise, rep.calendar, why)

    def look_again(self, rep: str, *, told: Pool | None = None) -> None:
        """What a rep has in hand has changed: every pool but the one that knows looks again."""
        for locked in self.pools.values():
            if locked.pool is not None and locked.pool is not told:
                locked.pool.look_again(rep)

    def begin_hold(
        self, lead: Lead, pool: str | None, reason: HoldReason, next_try_at: datetime | None
    ) -> None:
        """The lead waits in this pool."""
        self.ledger.touch(lead)
        lead.state = LeadState.HELD
        lead.pool = pool
        lead.hold_reason = reason
        lead.held_since = lead.held_since or self.unit.now
        lead.next_try_at = next_try_at
        lead.relax_at = lead.routable().relaxes_at()

    def end_round(self, lead: Lead, ended_by: str) -> Handoff:
        """The open round of the lead is over; returns it."""
        if lead.handoff is None:
            raise AssertionError(f"lead {lead.id} has no open round to end")
        handoff = lead.handoff
        self.ledger.touch(lead)
        self.ledger.ended.append((handoff, ended_by))
        lead.handoff = None
        load = self.load[handoff.rep]
        load.open -= 1
        load.unanswered -= handoff.contacted_at is None
        self.look_again(handoff.rep)
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
