"""The decision: who takes a lead now, and why each of the others does not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lead_events.words import HoldReason
from router.domain.imports import ImportTerms, next_day_opening, room_for_imports
from router.domain.roster import Pool, Presence, Rep, earliest_opening
from router.domain.turns import Turns, take_turn


class Standing(StrEnum):
    """What a rep was in one decision."""

    CHOSEN = "chosen"
    AVAILABLE = "available"  # could have taken it, and it was another's turn
    INACTIVE = "inactive"
    NO_WEIGHT = "no_weight"  # takes no part in the pool's turns
    OTHER_LINE = "other_line"
    DECLINED = "declined"  # this lead, before
    TIMED_OUT = "timed_out"  # on this lead, before
    OUTSIDE_HOURS = "outside_hours"
    ABSENT = "absent"
    FULL = "full"
    NOT_OWNER = "not_owner"  # an import keeps the lead for another
    DAY_FULL = "day_full"  # had as many imported leads today as the import allows
    KEPT_FREE = "kept_free"  # the places left are for buyers who ask by themselves
    OWNER = "owner"  # chosen before the pool's turns: the lead's account is theirs


_NOBODYS = UUID(int=0)
_WITHOUT_ROOM = frozenset({Standing.FULL, Standing.KEPT_FREE})
_COULD_TAKE_IT_LATER = _WITHOUT_ROOM | {
    Standing.AVAILABLE,
    Standing.OUTSIDE_HOURS,
    Standing.ABSENT,
    Standing.DAY_FULL,
}


@dataclass(frozen=True, slots=True)
class RoutableLead:
    """What a decision needs to know of a lead. `excluded` are reps who had it before, and how that ended."""

    id: UUID
    line: str
    excluded: Mapping[str, str] = field(default_factory=dict)
    terms: ImportTerms | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rep in one decision. `credit` is in leads, before the decision."""

    rep: str
    standing: Standing
    open: int
    capacity: int
    weight: int
    credit: float

    def record(self) -> dict[str, Any]:
        """As the decision record keeps it."""
        return {
            "rep": self.rep,
            "standing": self.standing.value,
            "open": self.open,
            "capacity": self.capacity,
            "weight": self.weight,
            "credit": round(self.credit, 4),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """Either `rep`, or a reason to hold. `turns` is the pool's memory after it, unchanged by a hold."""

    pool: str
    rep: Rep | None
    hold_reason: HoldReason | None
    next_try_at: datetime | None
    candidates: tuple[Candidate, ...]
    turns: Turns


def decide(pool: Pool, lead: RoutableLead, now: datetime, *, queue_is_waiting: bool = False) -> Decision:
    """Who of `pool` takes `lead` at `now`.

    `queue_is_waiting`: leads of this pool and line were held before this one, so it joins them even if
    somebody could take it. A drain passes False: it brings the leads in the queue's own order.
    """
    standings = {rep.id: _standing(rep, pool, lead, now) for rep in pool.reps}
    weights = {rep.id: rep.weight for rep in pool.reps if standings[rep.id] is Standing.AVAILABLE}
    if not weights:
        return _hold(pool, standings, now)
    if queue_is_waiting:
        return _held(pool, standings, HoldReason.QUEUE_AHEAD, now)
    chosen, turns = take_turn(pool.turns, weights)
    standings[chosen] = Standing.CHOSEN
    rep = next(rep for rep in pool.reps if rep.id == chosen)
    return Decision(pool.id, rep, None, None, _candidates(pool, standings), turns)


def decide_for_owner(owner: Rep, pool: Pool, lead: RoutableLead, now: datetime) -> Decision | Standing:
    """The owner of the lead's account takes it, of the pool or not, whatever their share and whoever's turn
    it is; else what keeps them from it. It counts for their capacity and changes nobody's turn."""
    keeps = _keeps_owner(owner, pool.load[owner.id], lead, now)
    if keeps is not None:
        return keeps
    load = pool.load[owner.id]
    mine = Candidate(
        owner.id, Standing.OWNER, load, owner.capacity, owner.weight, pool.turns.credit(owner.id)
    )
    return Decision(pool.id, owner, None, None, (mine,), pool.turns)


def _keeps_owner(owner: Rep, load: int, lead: RoutableLead, now: datetime) -> Standing | None:
    if not owner.is_active:
        return Standing.INACTIVE
    if lead.line not in owner.lines:
        return Standing.OTHER_LINE
    if owner.id in lead.excluded:
        return Standing(lead.excluded[owner.id])
    presence = owner.presence(now)
    if presence is not Presence.OPEN:
        return Standing(presence.value)
    return Standing.FULL if load >= owner.capacity else None


def wait_in_lane(pool: Pool, lead: RoutableLead, now: datetime) -> Decision:
    """An imported lead on arrival: it waits, and those who wait are handed out best first."""
    standings = {rep.id: _standing(rep, pool, lead, now) for rep in pool.reps}
    return _held(pool, standings, HoldReason.PACED, None)


def able_now(pool: Pool, line: str, now: datetime, freed: Collection[str] = ()) -> list[str]:
    """Who could take a lead of the line that nobody had before; of `freed`, also those still full."""
    lead = RoutableLead(_NOBODYS, line)
    fits = {rep.id: _standing(rep, pool, lead, now) for rep in pool.reps}
    return [
        rep
        for rep, standing in fits.items()
        if standing is Standing.AVAILABLE or (standing is Standing.FULL and rep in freed)
    ]


def _standing(rep: Rep, pool: Pool, lead: RoutableLead, now: datetime) -> Standing:
    for fails, standing in (
        (not rep.is_active, Standing.INACTIVE),
        (rep.weight == 0, Standing.NO_WEIGHT),
        (lead.line not in rep.lines, Standing.OTHER_LINE),
        (_keeps_for_another(lead, rep, pool), Standing.NOT_OWNER),
    ):
        if fails:
            return standing
    if rep.id in lead.excluded:
        return Standing(lead.excluded[rep.id])
    presence = pool.presence(now)[rep.id]
    if presence is not Presence.OPEN:
        return Standing(presence.value)
    if pool.load[rep.id] >= rep.capacity:
        return Standing.FULL
    return Standing.AVAILABLE if lead.terms is None else _standing_of_import(rep, pool, lead.terms)


def _standing_of_import(rep: Rep, pool: Pool, terms: ImportTerms) -> Standing:
    load, today = pool.load[rep.id], pool.imported.get(rep.id, 0)
    if room_for_imports(rep, load, today, terms):
        return Standing.AVAILABLE
    if terms.per_rep_daily is not None and today >= terms.per_rep_daily:
        return Standing.DAY_FULL
    return Standing.KEPT_FREE


def _keeps_for_another(lead: RoutableLead, rep: Rep, pool: Pool) -> bool:
    """An owner who is not of the pool is no owner: the lead would wait for ever."""
    owner = lead.terms.owner if lead.terms is not None else None
    return owner is not None and owner != rep.id and any(each.id == owner for each in pool.reps)


def _hold(pool: Pool, standings: Mapping[str, Standing], now: datetime) -> Decision:
    later = [rep for rep in pool.reps if standings[rep.id] in _COULD_TAKE_IT_LATER]
    if not later:
        return _held(pool, standings, HoldReason.POOL_EMPTY, None)
    if all(standings[rep.id] is Standing.DAY_FULL for rep in later):
        return _held(pool, standings, HoldReason.PACED, next_day_opening(pool, now))
    opening = earliest_opening((rep for rep in later if standings[rep.id] not in _WITHOUT_ROOM), now)
    if any(standings[rep.id] in _WITHOUT_ROOM for rep in later):
        return _held(pool, standings, HoldReason.NO_CAPACITY, opening)
    return _held(pool, standings, HoldReason.NOBODY_OPEN, opening)


def _held(
    pool: Pool, standings: Mapping[str, Standing], reason: HoldReason, next_try_at: datetime | None
) -> Decision:
    return Decision(pool.id, None, reason, next_try_at, _candidates(pool, standings), pool.turns)


def _candidates(pool: Pool, standings: Mapping[str, Standing]) -> tuple[Candidate, ...]:
    owed = pool.turns.credits()
    return tuple(
        Candidate(
            rep.id,
            standings[rep.id],
            pool.load[rep.id],
            rep.capacity,
            rep.weight,
            owed.get(rep.id, 0.0),
        )
        for rep in pool.reps
    )
