"""What a person may order by hand about a lead, and what they are told when somebody was faster."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lead_events.words import Stage
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.life import LifeAct, LifeState, allows, life_state


class OrderKind(StrEnum):
    """What is ordered."""

    ASSIGN = "assign"
    TO_POOL = "to_pool"
    LOCK = "lock"
    UNLOCK = "unlock"


@dataclass(frozen=True, slots=True)
class Order:
    """One order about one lead.

    `round`: the handoff that the person saw; if the lead has had another one since, nothing is done. `force`:
    over the rep's capacity too, and in spite of another's lock.
    """

    kind: OrderKind
    by: str
    reason: str | None = None
    rep: str | None = None
    round: int | None = None
    force: bool = False
    key: str | None = None

    def content(self) -> dict[str, Any]:
        """What makes two orders of one key the same."""
        return {"rep": self.rep, "force": self.force, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Go:
    """To be done."""


@dataclass(frozen=True, slots=True)
class SoAlready:
    """It is so already: nothing is done, and that is fine."""


@dataclass(frozen=True, slots=True)
class ChangedHands:
    """Somebody was faster. `rep` None: nobody has it now."""

    round: int
    rep: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Locked:
    """Another has locked it."""

    by: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """The lead is in no state for it: in which, and what to do instead."""

    state: str
    instead: str


OrderVerdict = Go | SoAlready | ChangedHands | Locked | Unfit

_INSTEAD = {
    LifeState.OVER: "a lead that is over has no rep; if the buyer asks again, a new lead opens",
    LifeState.HELD: "nobody has it; assign it to a rep",
    LifeState.NURTURING: "it is not for sales yet; `baton why` says what it lacks to be an SQL",
}


def judge_order(order: Order, lead: Lead) -> OrderVerdict:
    """Whether the order fits the lead as it is under its lock."""
    if order.round is not None and order.round != lead.round:
        return _changed(lead, lead.handoff)
    if not allows(LifeAct(order.kind.value), lead):
        return Unfit(lead.state.value, _INSTEAD.get(life_state(lead), "see GET /v1/leads/{lead_id}"))
    if lead.state is LeadState.NURTURING and lead.stage is not Stage.SQL:
        return Unfit("nurturing", _INSTEAD[LifeState.NURTURING])
    if lead.state is LeadState.STUB and lead.handoff is None:
        return Unfit("not scored yet", "its own state has not arrived; try again in a moment")
    if _is_so(order, lead):
        return SoAlready()
    if lead.locked_by is not None and lead.locked_by != order.by and not order.force:
        return Locked(lead.locked_by, lead.locked_at)
    return Go()


def _is_so(order: Order, lead: Lead) -> bool:
    match order.kind:
        case OrderKind.ASSIGN:
            return lead.handoff is not None and lead.handoff.rep == order.rep
        case OrderKind.LOCK:
            return lead.locked_by == order.by
        case OrderKind.UNLOCK:
            return lead.locked_by is None
        case OrderKind.TO_POOL:
            return False


def _changed(lead: Lead, handoff: Handoff | None) -> ChangedHands:
    if handoff is None:
        return ChangedHands(lead.round)
    return ChangedHands(lead.round, handoff.rep, handoff.assigned_at)
