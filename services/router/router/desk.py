"""The desk: a lead without a rep finds one, or waits.

The owner comes first, then the pool that the rules chose, then those that stand in for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from lead_events.words import HoldReason, RoutedKind
from router import metrics
from router.domain.agreed import Answers
from router.domain.book import TEAM, UNSPOKEN, Book, PoolChoice
from router.domain.choice import chosen_of
from router.domain.decision import NOBODY_ELSE, NOBODY_LEFT, Decision, decide, wait_in_lane
from router.domain.eligibility import Standing
from router.domain.imports import import_terms
from router.domain.leads import Lead, LeadState
from router.domain.needs import NO_NEEDS
from router.domain.owners import Owner, Passed, Waits, ask_owners, may_come, owners_of
from router.domain.roster import Rep
from router.domain.why import (
    Around,
    why_assigned,
    why_held,
    why_kept_back,
    why_no_pool,
    why_passed,
    why_waits,
)
from router.locked_rows import LockedRows, chain


@dataclass(slots=True)
class Desk(LockedRows):
    """Decides on what it has locked. Not to be used after its unit."""

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
        if lead.handling is None:
            owned = self._ask_owners(lead, cause, book, choice)
            if isinstance(owned, RoutedKind):
                return owned
            choice = owned
        choice, decision = self._decide(lead, book, choice, choice.pool or "", from_queue=from_queue)
        if decision.rep is not None:
            self._assign(lead, cause, book, choice, decision, decision.rep)
            return RoutedKind.ASSIGNED
        self._hold(lead, cause, book, choice, decision)
        return RoutedKind.HELD

    def _ask_owners(self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice) -> PoolChoice | RoutedKind:
        """Give the lead to whom it belongs, or have it wait for them; else the choice with why not."""
        owners = owners_of(choice, self.knows.get(lead.person_id) if lead.person_id is not None else None)
        if not owners or choice.pool is None:
            return choice
        members, now = self.members.values(), self.unit.now
        answers = book.agreements.at(now).answers(lead.quadrant, lead.line)
        pool, routable = self.pool(book, choice.pool), lead.routable(answers=answers)
        may_have = partial(book.may_have, consents=choice.consents)
        found, passed, owner = ask_owners(owners, choice, pool, routable, self.reps, members, now, may_have)
        if passed:
            cannot = tuple(map(why_passed, passed))
            choice = replace(choice, owner_cannot=cannot, comes_back=may_come(passed))
            choice = self._follow_departed(passed, book, choice)
        if isinstance(found, Decision) and found.rep is not None:
            self._assign(lead, cause, book, choice, found, found.rep, owner)
            return RoutedKind.ASSIGNED
        if isinstance(found, Waits) and owner is not None:
            self._wait_for(found, owner, lead, cause, book, choice)
            return RoutedKind.HELD
        return choice

    def _follow_departed(self, passed: Iterable[Passed], book: Book, choice: PoolChoice) -> PoolChoice:
        """What belonged to somebody who left goes to their team where the plan says so."""
        if choice.owners.when_departed != "team":
            return choice
        left = (each.rep.team for each in passed if each.rep is not None and not each.rep.is_active)
        pools = (book.pool_of_team(team, choice.consents) for team in left)
        pool = next((each for each in pools if each in self.pools), None)
        return choice if pool is None else replace(choice, pool=pool, rule=TEAM, needs=NO_NEEDS)

    def _wait_for(
        self, waits: Waits, owner: Owner, lead: Lead, cause: UUID, book: Book, choice: PoolChoice
    ) -> None:
        is_new = lead.hold_reason is not HoldReason.WAITS_FOR_OWNER
        look_at = waits.look_at if self._is_in_force(book) else self.unit.now
        self.begin_hold(lead, choice.pool, HoldReason.WAITS_FOR_OWNER, look_at)
        lead.waits_for = owner.named
        lead.chosen = chosen_of(choice)
        if is_new:
            why = why_waits(waits, owner, self._around(lead))
            self.tell.decided(lead, cause, RoutedKind.HELD, why, book=book, choice=choice)

    def _decide(
        self, lead: Lead, book: Book, choice: PoolChoice, name: str, *, from_queue: bool
    ) -> tuple[PoolChoice, Decision]:
        now, pool = self.unit.now, self.pool(book, name)
        terms = import_terms(lead.handling, self.members.values())
        answers = book.agreements.at(self.unit.now).answers(lead.quadrant, lead.line)
        routable = lead.routable(terms, answers=answers)
        if terms is not None and not from_queue:
            return choice, wait_in_lane(pool, routable, now)
        joins = terms is not None or not from_queue
        asked: list[Decision] = []
        for each in chain(book, name):
            is_waiting = joins and (each, lead.line) in self.queues
            asked.append(decide(self.pool(book, each), routable, now, queue_is_waiting=is_waiting))
            if asked[-1].rep is not None:
                return choice, asked[-1]
            if not asked[-1].follows_the_sun:
                break
        tries = (each.next_try_at for each in asked if each.next_try_at is not None)
        first = replace(asked[0], next_try_at=min(tries, default=None))
        if first.hold_reason is HoldReason.NEEDS_UNMET and choice.unspoken in self.pools:
            return self._decide_unspoken(lead, book, choice, answers)
        return choice, first

    def _decide_unspoken(
        self, lead: Lead, book: Book, choice: PoolChoice, answers: Answers
    ) -> tuple[PoolChoice, Decision]:
        """Nobody of the pool speaks the lead's language: the pool that the plan names for that takes it."""
        name = choice.unspoken or ""
        lead.needs = replace(lead.needs, language_match="ignored")
        waits = (name, lead.line) in self.queues
        routable = lead.routable(answers=answers)
        decision = decide(self.pool(book, name), routable, self.unit.now, queue_is_waiting=waits)
        return replace(choice, pool=name, rule=UNSPOKEN), decision

    def _assign(
        self,
        lead: Lead,
        cause: UUID,
        book: Book,
        choice: PoolChoice,
        decision: Decision,
        rep: Rep,
        owner: Owner | None = None,
    ) -> None:
        pool, terms = decision.pool, import_terms(lead.handling, self.members.values())
        outside = owner is not None and rep.id not in book.members(pool.id, self.members.values())
        why = why_assigned(rep, decision, choice, owner, self._around(lead, is_outside=outside))
        self.begin_round(lead, cause, book, pool.id, rep, why)
        locked = self.pools[pool.id]
        self.tell.decided(
            lead, cause, RoutedKind.ASSIGNED, why, book=book, choice=choice, decision=decision, locked=locked
        )
        if decision.proposal is not None:
            decision.give(lead.routable(terms), self.unit.now)
        else:
            self.load[rep.id].take(self.unit.now, imported=terms is not None)
        self.look_again(rep.id, told=decision.pool if decision.proposal is not None else None)
        metrics.count_assignment(self.unit, lead, decision)

    def _hold(self, lead: Lead, cause: UUID, book: Book, choice: PoolChoice, decision: Decision) -> None:
        name, reason = decision.pool.id, decision.hold_reason or HoldReason.POOL_EMPTY
        lead.waits_for = choice.comes_back
        if reason is not HoldReason.WAITS_FOR_OWNER and lead.handling is None:
            self._note_queue(lead, book, decision)
        look_at = decision.next_try_at
        if reason is HoldReason.WAITS_FOR_OWNER and not self._is_in_force(book):
            look_at = self.unit.now
        if lead.state is LeadState.HELD and lead.pool == name and not _waits_otherwise(lead, reason):
            self.begin_hold(lead, name, lead.hold_reason or reason, look_at)
            return
        self.begin_hold(lead, name, reason, look_at)
        lead.chosen = chosen_of(choice)
        why = why_held(decision, choice, self._around(lead))
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
        if not self._is_in_force(book):
            locked.drain_due = True  # the version in force now may know somebody: its own drain may be over
        if decision.hold_reason is HoldReason.QUEUE_AHEAD:
            locked.drain_due = True
        elif decision.hold_reason in (HoldReason.NOBODY_OPEN, HoldReason.NO_CAPACITY):
            self.queues.add((decision.pool.id, lead.line))
        locked.plan_opening(decision.next_try_at, self.unit.now)

    def _is_in_force(self, book: Book) -> bool:
        """Whether the version that decides is the one of this moment: leads follow that of their event's."""
        in_force = self.shelf.at(self.unit.now)
        return in_force is None or in_force.version == book.version

    def _hold_without_pool(
        self, lead: Lead, cause: UUID, book: Book | None, choice: PoolChoice
    ) -> RoutedKind:
        if lead.state is not LeadState.HELD or lead.hold_reason is not HoldReason.NO_RULE_MATCHED:
            self.begin_hold(lead, None, HoldReason.NO_RULE_MATCHED, None)
            lead.waits_for = None  # no plan says whose it is
            why = why_no_pool(lead.line, has_rulebook=book is not None)
            self.tell.decided(lead, cause, RoutedKind.HELD, why, book=book, choice=choice)
        return RoutedKind.HELD

    def _around(self, lead: Lead, *, is_outside: bool = False) -> Around:
        """What beside a decision explains it, told once."""
        after, lead.taken_from = lead.taken_from, None
        until = lead.relax_at if lead.relax_at is not None and lead.relax_at > self.unit.now else None
        return Around(lead.needs, until, after, is_outside)

    def would_be_empty(self, lead: Lead, book: Book, choice: PoolChoice, without: str) -> bool:
        """Whether nobody of the chosen pool could ever take the lead once `without` has lost it."""
        if choice.pool is None:
            return True
        excluded = {**lead.excluded, without: Standing.TIMED_OUT.value}
        trial = replace(lead.routable(needs=choice.needs), excluded=excluded)
        decision = decide(self.pool(book, choice.pool), trial, self.unit.now)
        return decision.hold_reason in NOBODY_ELSE


def _waits_otherwise(lead: Lead, reason: HoldReason) -> bool:
    """Whether it waited in the lane of imports, or for its owner, and joins its pool's queue only now; or
    waits for its owner from now on; or nobody is left who may take it."""
    if lead.handling is not None:
        return False
    if reason in NOBODY_LEFT and lead.hold_reason not in NOBODY_LEFT:
        return True
    for_owner = HoldReason.WAITS_FOR_OWNER
    return lead.hold_reason is HoldReason.PACED or (lead.hold_reason is for_owner) != (reason is for_owner)
