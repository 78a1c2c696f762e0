"""A person gives a lead to a named rep, back to the rules, or locks it: one transaction a lead, audited.

Who is too late is told who has it: the lead's lock puts rules, rotations and clicks in one order.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events.ids import event_id
from router.books import Books
from router.desk import Desk
from router.domain.book import Book
from router.domain.choice import choose_pool, consents_of
from router.domain.eligibility import Standing
from router.domain.leads import Lead, LeadState
from router.domain.orders import (
    ChangedHands,
    Go,
    Locked,
    Order,
    OrderKind,
    SoAlready,
    Unfit,
    judge_order,
)
from router.domain.roster import Load, Presence, Rep
from router.domain.said import said
from router.domain.why import why_by_hand
from router.errors import (
    KeyUsedForAnotherAct,
    LeadChangedHands,
    LeadLocked,
    NoRulebook,
    RepCannotHave,
    UnknownLead,
    UnknownRep,
    WrongLeadState,
)
from router.roster import RepReader
from router.store import q
from service_kit.unit import Unit


class AssignHandler:
    """Handles orders by hand. Every method raises Refused for what cannot be; nothing of it stands then."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    def work(self, lead_id: UUID, order: Order) -> Callable[[Unit], Any]:
        """The transaction of one order about one lead, for the runtime to run."""

        async def run(unit: Unit) -> dict[str, Any]:
            return await self.carry_out(unit, lead_id, order)

        return run

    async def assign(self, unit: Unit, lead: UUID, rep: str, by: str, reason: str) -> dict[str, Any]:
        """Give a lead to a named rep, within their capacity."""
        return await self.carry_out(unit, lead, Order(OrderKind.ASSIGN, by, reason, rep))

    async def carry_out(self, unit: Unit, lead_id: UUID, order: Order) -> dict[str, Any]:
        """Do it, or say again what was done under the same key."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        await desk.take_leads([lead_id], insert=False)
        await unit.refresh_now()
        lead = desk.leads.get(lead_id)
        if lead is None:
            raise UnknownLead(lead_id)
        known = await _done_before(unit, lead_id, order)
        if known is not None:
            return known
        is_new = _check(order, lead)
        before = lead.handoff.rep if lead.handoff is not None else None
        number = await unit.conn.fetchval(q.number_of_orders, lead_id)
        cause = event_id(lead_id, f"order {order.kind.value}", lead_id, number)
        told = await _do(desk, lead, cause, order) if is_new else ["it is so already"]
        answer = _answer(lead, order, before, told)
        await _keep(unit, cause, lead, order, before, answer)
        return answer


async def _done_before(unit: Unit, lead_id: UUID, order: Order) -> dict[str, Any] | None:
    if order.key is None:
        return None
    row = await unit.conn.fetchrow(q.order_of_key, order.by, order.key, lead_id)
    if row is None:
        return None
    if row["kind"] != order.kind or row["content"] != order.content():
        raise KeyUsedForAnotherAct(order.key)
    found: dict[str, Any] = row["answer"]
    return found


def _check(order: Order, lead: Lead) -> bool:
    """Whether there is something to do. Raises what the caller is to be told."""
    match judge_order(order, lead):
        case Go():
            return True
        case SoAlready():
            return False
        case ChangedHands(round_, rep, since):
            raise LeadChangedHands(rep, since, round_)
        case Locked(by, at):
            raise LeadLocked(by, at)
        case Unfit(state, instead):
            raise WrongLeadState(order.kind.value, state, instead)


async def _do(desk: Desk, lead: Lead, cause: UUID, order: Order) -> list[str]:
    """What the person is told besides."""
    unit = desk.unit
    if order.kind in (OrderKind.LOCK, OrderKind.UNLOCK):
        locks = order.kind is OrderKind.LOCK
        await _lock(unit, lead, order.by if locks else None, order.reason if locks else None)
        return []
    book = desk.shelf.at(unit.now)
    if book is None:
        raise NoRulebook
    told = [] if lead.locked_by is None else [f"the lock of {lead.locked_by} is lifted"]
    await desk.read_members()
    if lead.handoff is not None:
        desk.expect_freed(lead.handoff.rep, unit.now)
    if order.kind is OrderKind.ASSIGN:
        told += await _hand_over(desk, lead, cause, book, order)
    else:
        await _to_pool(desk, lead, cause, book, order.by)
    await desk.write()
    if lead.locked_by is not None:
        await _lock(unit, lead, None, None)
    return told


async def _hand_over(desk: Desk, lead: Lead, cause: UUID, book: Book, order: Order) -> list[str]:
    name = order.rep or ""
    member = desk.members.get(name)
    if member is None:
        raise UnknownRep(name)
    await desk.take_pools([], [], [name])
    rep, load = desk.reps[name], desk.load[name]
    if not rep.is_active:
        raise RepCannotHave(f"{name} has left or is not active; choose another of GET /v1/reps")
    check_consent(book, rep, lead)
    if lead.line not in rep.lines and not order.force:
        raise RepCannotHave(f"{name} does not sell {lead.line}; choose another rep, or send force")
    if not order.force:
        _check_limits(rep, load)
    had = load.open
    if lead.handoff is not None:
        desk.take_back(lead, cause, Standing.REASSIGNED, said("gone.by_hand", by=order.by))
    why = why_by_hand(rep, order.by)
    if not desk.hand_to(lead, cause, book, name, why, over_capacity=order.force):
        raise RepCannotHave(
            f"{name} has {had} open leads of at most {rep.capacity}; choose another rep, or send force"
        )
    over = [f"{name} now has {load.open} open leads of {rep.capacity}"] if load.open > rep.capacity else []
    return over + _absence(rep, desk.unit.now)


def check_consent(book: Book, rep: Rep, lead: Lead) -> None:
    """No order goes over what the person agreed to. Raises RepCannotHave."""
    if not book.may_have(rep, consents_of(lead)):
        raise RepCannotHave(
            f"{rep.id} is a partner, and the person did not agree to {' or '.join(book.purposes_of(rep))};"
            " choose another rep, or order again once they agreed"
        )


def _absence(rep: Rep, now: datetime) -> list[str]:
    if rep.presence(now) is not Presence.ABSENT:
        return []
    back = rep.next_open(now)
    until = f"until {back.isoformat(timespec='minutes')}" if back is not None else "and no return is known"
    return [f"{rep.id} is away {until}: the lead waits for them, and its promises run by their hours"]


def _check_limits(rep: Rep, load: Load) -> None:
    """A limit a day or week is the rep's protection from whoever hands out leads, so from hands too."""
    limits = (("today", load.today, rep.per_day), ("this week", load.this_week, rep.per_week))
    for when, given, most in limits:
        if most is not None and given >= most:
            raise RepCannotHave(
                f"{rep.id} had {given} leads {when} of at most {most}; choose another rep, or send force"
            )


async def _to_pool(desk: Desk, lead: Lead, cause: UUID, book: Book, by: str) -> None:
    choice = choose_pool(lead, book)
    await desk.take_for([(book, lead, choice)])
    desk.take_back(lead, cause, Standing.REASSIGNED, said("gone.by_hand", by=by))
    desk.route(lead, cause, book, choice)


async def _lock(unit: Unit, lead: Lead, by: str | None, reason: str | None) -> None:
    unit.note("locked_by", lead.locked_by, by)
    lead.locked_by, lead.locked_at = by, unit.now if by is not None else None
    await unit.conn.execute(q.set_lock, lead.id, by, lead.locked_at, reason)


def _answer(lead: Lead, order: Order, before: str | None, told: list[str]) -> dict[str, Any]:
    return {
        "lead_id": str(lead.id),
        "order": order.kind.value,
        "state": lead.state.value,
        "rep_id": lead.handoff.rep if lead.handoff is not None else None,
        "round": lead.round,
        "from_rep": before,
        "waits": lead.hold_reason.value if lead.state is LeadState.HELD and lead.hold_reason else None,
        "locked_by": lead.locked_by,
        "told": told,
    }


async def _keep(
    unit: Unit, cause: UUID, lead: Lead, order: Order, before: str | None, answer: dict[str, Any]
) -> None:
    unit.note("rep", before, answer["rep_id"])
    await unit.conn.execute(
        q.insert_order,
        cause,
        lead.id,
        order.kind.value,
        order.by,
        unit.now,
        order.reason,
        order.key,
        order.content(),
        before,
        answer["rep_id"],
        answer,
    )
