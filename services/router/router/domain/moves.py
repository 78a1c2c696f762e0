"""What another plan does to leads that are open when it takes effect: which of them go where, and why.

A lead whose promise is running stays with the rep who has it unless the plan says that all move; who has
accepted a lead, or has contacted its buyer, has begun.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from router.domain.accounts import rep_named
from router.domain.book import Book, PoolChoice
from router.domain.choice import choose_pool
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.own_leads import is_own
from rulebook.models import OpenLeads


class MoveReason(StrEnum):
    """Why a lead goes, or stays although the new plan has another pool for it."""

    WAITING = "waiting"  # it waits in a pool: who waits follows the plan in force
    UNANSWERED = "unanswered"  # its rep has neither accepted nor contacted anybody
    ALL_MOVE = "all_move"  # the plan moves every lead
    STAYS = "stays"  # the plan moves none that have a rep
    BEGUN = "begun"  # its rep has accepted it or contacted the buyer
    OF_THE_POOL = "of_the_pool"  # its rep is of the new pool, too
    LOCKED = "locked"  # a person locked it to its rep
    OWNED = "owned"  # its rep is the owner, or found it, whatever the pool


@dataclass(frozen=True, slots=True)
class Move:
    """A lead for which the new plan has another pool than the old. `goes`: whether it is moved there.

    `rep`: who has it now; None where it waits. Pools are None where a plan has none for the lead.
    """

    lead: Lead
    before: PoolChoice
    after: PoolChoice
    reason: MoveReason
    rep: str | None = None

    @property
    def goes(self) -> bool:
        """Whether it is moved."""
        return self.reason in _GOES


_GOES = frozenset({MoveReason.WAITING, MoveReason.UNANSWERED, MoveReason.ALL_MOVE})


class Person(Protocol):
    """A rep, as pools and the CRM name them."""

    @property
    def id(self) -> str: ...  # noqa: D102 - named as it is
    @property
    def team(self) -> str: ...  # noqa: D102 - named as it is
    @property
    def email(self) -> str: ...  # noqa: D102 - named as it is


def moves(
    leads: Iterable[Lead], old: Book | None, new: Book, policy: OpenLeads, reps: Iterable[Person]
) -> Iterator[Move]:
    """Every open lead for which the new plan has another pool than the old one, in the order given: those
    that stay, too.

    `reps`: the roster. Of the leads nothing is kept, so they may be a stream. A lead that has no pool by the
    new plan stays where it is. One that waits in a pool that the new version lacks moves in any case.
    """
    roster = list(reps)
    members = {pool: frozenset(new.members(pool, roster)) for pool in new.pools}
    for lead in leads:
        if lead.state not in (LeadState.HELD, LeadState.ASSIGNED):
            continue
        before, after = choose_pool(lead, old), choose_pool(lead, new)
        is_gone = lead.state is LeadState.HELD and lead.pool not in new.pools
        if after.pool is None or (after.pool == before.pool and not is_gone):
            continue
        rep = lead.handoff.rep if lead.handoff is not None else None
        is_owner = rep is not None and (is_own(lead) or rep == rep_named(after.owner, roster))
        reason = MoveReason.OWNED if is_owner else _reason(lead.handoff, members[after.pool], policy)
        if lead.handoff is not None and lead.locked_by is not None:
            reason = MoveReason.LOCKED
        yield Move(lead, before, after, reason, rep)


def _reason(handoff: Handoff | None, members: frozenset[str], policy: OpenLeads) -> MoveReason:
    if handoff is None:
        return MoveReason.WAITING
    if handoff.rep in members:
        return MoveReason.OF_THE_POOL
    if policy == "move_all":
        return MoveReason.ALL_MOVE
    if policy == "stay":
        return MoveReason.STAYS
    has_begun = handoff.accepted_at is not None or handoff.contacted_at is not None
    return MoveReason.BEGUN if has_begun else MoveReason.UNANSWERED


def why(move: Move, pool_name: Callable[[str], str]) -> str:
    """One line for whoever reads the list before the change: `Spain -> Iberia: its rep has not answered`."""
    before, after = (
        pool_name(choice.pool) if choice.pool is not None else "no pool"
        for choice in (move.before, move.after)
    )
    by = f" (rule {move.after.rule})" if move.after.rule is not None else ""
    return f"{before} -> {after}{by}: {_IN_WORDS[move.reason]}"


_IN_WORDS = {
    MoveReason.WAITING: "it waits, and goes with the new plan",
    MoveReason.UNANSWERED: "its rep has not answered yet, and it moves",
    MoveReason.ALL_MOVE: "every open lead moves",
    MoveReason.STAYS: "it stays with its rep",
    MoveReason.BEGUN: "its rep has begun, and keeps it",
    MoveReason.OF_THE_POOL: "its rep is of that pool, too, and keeps it",
    MoveReason.LOCKED: "it is locked to its rep by hand",
    MoveReason.OWNED: "its rep is its owner or found it, and keeps it",
}
