"""Declines above the number a week: the lead stays with its rep until a team lead confirms or refuses."""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from lead_events.ids import event_id
from lead_events.words import DeclineCode, ProgressKind
from router.desk import Desk
from router.domain.acts import Act
from router.domain.book import Book
from router.domain.imports import week_began
from router.domain.leads import Lead
from router.errors import AlreadyDecided, KeyUsedForAnotherAct, OwnDecline, UnknownItem, WrongLeadState
from router.store import Row, q
from service_kit.postgres import Connection
from service_kit.unit import Unit

ASKED = "asked_to_decline"
"""What an answer calls a decline that waits for a team lead."""
_WHERE = "GET /v1/declines"


class Acts(Protocol):
    """Does a rep's act."""

    async def act(self, unit: Unit, rep: str, lead_id: UUID, act: Act) -> Any:
        """Raises Refused."""


async def ask_first(desk: Desk, lead: Lead, act: Act, book: Book) -> dict[str, Any] | None:
    """The answer to a decline that a team lead has to confirm; None: it may go on at once.

    The lead, its rep and the pools are locked. Raises WrongLeadState when a team lead has refused it.
    """
    handoff, unit = lead.handoff, desk.unit
    if handoff is None or act.confirmed_by is not None:
        return None
    asked = await unit.conn.fetchrow(q.asked_decline_of_round, lead.id, handoff.round)
    if asked is not None:
        return _asked_before(asked, lead, handoff.round)
    if act.content.get("code") == DeclineCode.WRONG_TERRITORY:
        return None
    since = week_began(desk.reps[handoff.rep], unit.now)
    done = await unit.conn.fetchval(q.declines_since, handoff.rep, since)
    if done < book.agreements.at(unit.now).sales.declines_a_week:
        return None
    identity = event_id(handoff.id, "decline-asked", lead.id)
    await unit.conn.execute(
        q.insert_asked_decline, identity, lead.id, handoff.rep, handoff.round, unit.now, act.content, act.key
    )
    return _answer(lead.id, handoff.round, unit.now.isoformat())


async def check_key(conn: Connection, rep: str, lead: UUID, act: Act) -> None:
    """Raises KeyUsedForAnotherAct for a key that came with a wish to decline, and now with something else."""
    if act.key is None:
        return
    said = await conn.fetchval(q.asked_decline_of_key, lead, rep, act.key)
    if said is not None and (act.kind is not ProgressKind.DECLINED or said != act.content):
        raise KeyUsedForAnotherAct(act.key)


def _asked_before(asked: Row, lead: Lead, round_: int) -> dict[str, Any]:
    if asked["state"] == "refused":
        raise WrongLeadState(
            ProgressKind.DECLINED.value,
            f"to stay with you: {asked['decided_by']} refused your decline",
            "accept it, or speak to your team lead",
        )
    return _answer(lead.id, round_, asked["at"].isoformat())


def _answer(lead: UUID, round_: int, at: str) -> dict[str, Any]:
    """It is still the rep's, and its promises run."""
    return {"lead_id": str(lead), "round": round_, "act": ASKED, "at": at, "state": "assigned"}


class DeclineHandler:
    """Handles what a team lead says of declines that wait for them. `rep`: who says so, None for no rep."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def confirm(self, identity: UUID, by: str, rep: str | None) -> Callable[[Unit], Any]:
        """The decline holds: somebody else gets the lead. Said again it changes nothing.

        Raises UnknownItem, OwnDecline, AlreadyDecided when it was refused, WrongLeadState when the lead has
        gone on.
        """

        async def run(unit: Unit) -> dict[str, Any]:
            asked = await _of_another(unit, identity, rep)
            if asked["state"] == "asked":
                round_ = asked["round"]
                act = Act(ProgressKind.DECLINED, asked["content"], confirmed_by=by, round=round_)
                await self._acts.act(unit, asked["rep_id"], asked["lead_id"], act)
            return await _settle(unit, identity, "confirmed", by)

        return run

    def refuse(self, identity: UUID, by: str, rep: str | None) -> Callable[[Unit], Any]:
        """The lead stays with its rep. Said again it changes nothing."""

        async def run(unit: Unit) -> dict[str, Any]:
            asked = await _of_another(unit, identity, rep)
            await unit.conn.fetch(q.lock_leads, [asked["lead_id"]])
            await unit.refresh_now()
            return await _settle(unit, identity, "refused", by)

        return run


async def _one(unit: Unit, identity: UUID) -> Row:
    asked = await unit.conn.fetchrow(q.one_asked_decline, identity)
    if asked is None:
        raise UnknownItem("decline", identity, _WHERE)
    return asked


async def _of_another(unit: Unit, identity: UUID, rep: str | None) -> Row:
    """Raises OwnDecline where the rep who decides is the one who asked."""
    asked = await _one(unit, identity)
    if asked["rep_id"] == rep:
        raise OwnDecline
    return asked


async def _settle(unit: Unit, identity: UUID, state: str, by: str) -> dict[str, Any]:
    """The lead is locked: of two who decide at once the second is told."""
    await unit.conn.execute(q.settle_asked_decline, identity, state, unit.now, by)
    asked = await _one(unit, identity)
    if asked["state"] != state:
        raise AlreadyDecided(f"{asked['decided_by']} has {asked['state']} this decline; nothing was changed")
    names = ("id", "lead_id", "rep_id", "round", "state", "decided_by", "decided_at")
    return {name: asked[name] for name in names}
