"""A rep does something with a lead: one transaction, the lead locked, a repeat gives the same answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import LeadProgressed, Outcome
from lead_events.ids import event_id
from lead_events.words import Contact, DeclineCode, ProgressKind, RecycleCode
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.acts import Act, Correct, KeyReused, NotYours, Proceed, Repeat, WrongState, judge
from router.domain.book import Book, PoolChoice
from router.domain.choice import choose_pool
from router.domain.contacts import contact_of
from router.domain.eligibility import Standing
from router.domain.leads import Handoff, Lead
from router.domain.lost import lost_code
from router.errors import (
    KeyUsedForAnotherAct,
    LeadNotYours,
    NoRulebook,
    NoWakeUp,
    WakeUpInThePast,
    WrongLeadState,
)
from router.handlers.declines import ASKED, ask_first, check_key
from router.handlers.duplicates import with_named
from router.handlers.pauses import check_pause, note_pause
from router.handlers.repairs import note_repair
from router.paces import note_answer
from router.roster import RepReader
from router.store import q
from service_kit.unit import Unit

_SAID = {ProgressKind.RATED: "rated", ProgressKind.OUTCOME: "corrected"}
"""Acts on a lead that is over, as their events' ids name them."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act's answer. `frees` says whether a rep has room now, so that a drain may find work."""

    answer: dict[str, Any]
    frees: bool = False

    @property
    def awaits_word(self) -> bool:
        """Whether nothing has moved yet: a team lead decides first."""
        return bool(self.answer["act"] == ASKED)


class ActHandler:
    """Handles reps' acts."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    def work(self, rep: str, lead_id: UUID, act: Act) -> Callable[[Unit], Any]:
        """The transaction of one act, for the runtime to run."""

        async def run(unit: Unit) -> Done:
            return await self.act(unit, rep, lead_id, act)

        return run

    async def act(self, unit: Unit, rep: str, lead_id: UUID, act: Act) -> Done:
        """Do it. Raises LeadNotYours, WrongLeadState, KeyUsedForAnotherAct or NoRulebook."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        await desk.take_leads([lead_id], insert=False)
        await unit.refresh_now()
        lead = desk.leads.get(lead_id)
        rounds = await store.past_rounds(unit.conn, lead_id, rep)
        past = await store.past_acts(unit.conn, lead_id, rep)
        unnamed = None
        if lead is not None and rounds:
            act, unnamed = await with_named(unit.conn, lead, act, past)
        verdict = judge(act, rep, lead, past, rounds, unit.now)
        match verdict:
            case Repeat(answer):
                return Done(answer)
            case NotYours():
                raise LeadNotYours(lead_id)
            case KeyReused():
                raise KeyUsedForAnotherAct(act.key or "")
            case WrongState(state, instead):
                raise WrongLeadState(act.kind.value, state, instead)
            case Proceed() if unnamed is not None:
                raise unnamed
            case Proceed():
                await check_key(unit.conn, rep, lead_id, act)
                check_pause(desk, lead.handoff if lead is not None else None, act)
                _check_wake_up(_told(act, desk, unit.now), unit.now)
        if lead is not None and (act.kind is ProgressKind.RATED or isinstance(verdict, Correct)):
            return await self._say(unit, desk, lead, rep, act, round_=rounds[-1].round, number=len(past))
        if lead is None or lead.handoff is None:
            raise AssertionError("judge lets nobody act on a lead they do not hold")
        return await self._proceed(unit, desk, lead, rep, act, number=len(past))

    async def _say(
        self, unit: Unit, desk: Desk, lead: Lead, rep: str, act: Act, *, round_: int, number: int
    ) -> Done:
        """What a rep thinks of a lead that they have or had, or with how much it ended: it changes nothing
        but what is known of it."""
        cause, at = event_id(lead.id, f"{_SAID[act.kind]} by {rep}", lead.id, number), unit.now
        desk.progress(lead, cause, _event(lead, act, rep, round_, at))
        if act.kind is ProgressKind.RATED:
            metrics.count_rating(unit, lead, act.content["rating"])
        await desk.write()
        return Done(await _keep(unit, cause, lead, rep, act, round_, at))

    async def _proceed(self, unit: Unit, desk: Desk, lead: Lead, rep: str, act: Act, *, number: int) -> Done:
        handoff = lead.handoff
        if handoff is None:
            raise AssertionError("no open round")
        cause = event_id(handoff.id, act.kind.value, lead.id, number)
        closes = act.closes
        frees = closes is not None or act.kind is ProgressKind.DECLINED
        book, choice = await _prepare(desk, lead, act) if frees else (None, None)
        if act.kind is ProgressKind.DECLINED and book is not None:
            waits = await ask_first(desk, lead, act, book)
            if waits is not None:
                return Done(waits)
        round_, at = handoff.round, act.counts_at(handoff.assigned_at, unit.now)
        desk.progress(lead, cause, _event(lead, _told(act, desk, at), rep, round_, at))
        _note(desk, lead, act, at)
        if closes is None and handoff.contacted_at == at:
            await note_answer(unit.conn, handoff, at)
        if closes is not None:
            desk.close(lead, cause, closes, lead.progressed_seq)
        elif book is not None and choice is not None:
            desk.take_back(lead, cause, Standing.DECLINED)
            if act.content.get("code") == DeclineCode.WRONG_TERRITORY:
                _was_misrouted(desk, lead, book, handoff)
            desk.route(lead, cause, book, choice)
        await desk.write()
        if lead.locked_by is not None and lead.handoff is not handoff:
            await unit.conn.execute(q.set_lock, lead.id, None, None, None)  # it locked this round
        await note_repair(unit, cause, lead, rep, act)
        await note_pause(desk, lead, handoff, act, cause, at)
        return Done(await _keep(unit, cause, lead, rep, act, round_, at), frees)


def _was_misrouted(desk: Desk, lead: Lead, book: Book, handoff: Handoff) -> None:
    """Routing's fault: it is no turn of the rep's, and counted."""
    if handoff.pool is not None and handoff.pool in desk.pools and handoff.pool in book.pools:
        desk.pool(book, handoff.pool)
        desk.give_turn_back(handoff)
    metrics.count_misrouted(desk.unit, lead, handoff.pool)


async def _keep(
    unit: Unit, cause: UUID, lead: Lead, rep: str, act: Act, round_: int, at: datetime
) -> dict[str, Any]:
    """Keep an act with its answer, for whoever says it again."""
    answer = _answer(lead, act, round_, at)
    await unit.conn.execute(
        q.insert_act,
        cause,
        lead.id,
        rep,
        round_,
        act.kind.value,
        at,
        act.key,
        act.content,
        answer,
        lead.progressed_seq,
        act.proof.value,
        _contact(act),
    )
    return answer


def _contact(act: Act) -> Contact | None:
    return contact_of(act.content["result"]) if act.kind is ProgressKind.CONTACTED else None


async def _prepare(desk: Desk, lead: Lead, act: Act) -> tuple[Book, PoolChoice]:
    """Lock what the end of a round touches: the rep's pools, and for a decline the pool that goes on."""
    book = desk.shelf.at(desk.unit.now)
    if book is None or lead.handoff is None:
        raise NoRulebook
    await desk.read_members()
    desk.expect_freed(lead.handoff.rep, desk.unit.now)
    choice = choose_pool(lead, book)
    goes_on = [(book, lead, choice)] if act.kind is ProgressKind.DECLINED else []
    was = lead.handoff.pool
    is_misrouted = goes_on and act.content.get("code") == DeclineCode.WRONG_TERRITORY
    changes_turns = is_misrouted and was is not None and was in book.pools
    await desk.take_for(goes_on, also=[(book, was)] if changes_turns and was is not None else [])
    return book, choice


def _told(act: Act, desk: Desk, at: datetime) -> Act:
    """The act with the day on which the agreement has a lead wake up that nobody answered for. What is kept
    stays as it was said, so that it can be said again."""
    book = desk.shelf.at(desk.unit.now)
    if act.kind is not ProgressKind.RECYCLED or "wake_at" in act.content or book is None:
        return act
    after = book.agreements.at(desk.unit.now).sales.recycle_no_answer_after
    if after is None or act.content.get("code") != RecycleCode.NO_ANSWER:
        raise NoWakeUp
    return replace(act, content=act.content | {"wake_at": (at + after).isoformat()})


def _check_wake_up(act: Act, now: datetime) -> None:
    wake_at = act.content.get("wake_at")
    if wake_at is not None and datetime.fromisoformat(wake_at) <= now:
        raise WakeUpInThePast(wake_at)


def _note(desk: Desk, lead: Lead, act: Act, at: datetime) -> None:
    handoff = lead.handoff
    if handoff is None:
        return
    if act.kind is ProgressKind.ACCEPTED:
        handoff.accepted_at = at
    elif act.kind is ProgressKind.CONTACTED:
        handoff.contacted_at = handoff.contacted_at or at
        if contact_of(act.content["result"]) is Contact.CONVERSATION:
            handoff.talked_at = handoff.talked_at or at
    elif act.kind is ProgressKind.OUTCOME:  # nobody meets a buyer whom they have not answered
        handoff.contacted_at = handoff.contacted_at or at
        handoff.talked_at = handoff.talked_at or at
    desk.ledger.touch_handoff(handoff)


def _event(lead: Lead, act: Act, rep: str, round_: int, at: datetime) -> LeadProgressed:
    content = act.content
    is_outcome = act.kind is ProgressKind.OUTCOME
    return LeadProgressed.model_validate(
        {
            "lead_id": lead.id,
            "line": lead.line,
            "seq": 1,  # the desk numbers it
            "kind": act.kind,
            "at": at,
            "round": round_,
            "rep_id": rep,
            "channel": content.get("channel"),
            "result": None if is_outcome else content.get("result"),
            "contact": _contact(act),
            "reason": None if is_outcome else content.get("reason"),
            "code": _code(content) if is_outcome else content.get("code"),
            "duplicate_of": content.get("duplicate_of"),
            "proof": act.proof,
            "evidence": content.get("evidence"),
            "wake_at": content.get("wake_at"),
            "until": content.get("until"),
            "outcome": _outcome(content) if is_outcome else None,
            "rating": content.get("rating"),
            "is_test": lead.is_test,
        }
    )


def _code(content: Mapping[str, Any]) -> str | None:
    """Why it was lost: by its code, else by what the rep or the CRM wrote."""
    return lost_code(content.get("code") or content.get("reason")) if content["result"] == "lost" else None


def _outcome(content: Mapping[str, Any]) -> Outcome:
    said = {name: content[name] for name in ("result", "value", "reason") if name in content}
    return Outcome.model_validate(said)


_NO_AMOUNT = "no amount was said: send won again with `value`, and its revenue counts"


def _answer(lead: Lead, act: Act, round_: int, at: datetime) -> dict[str, Any]:
    mine = lead.handoff is not None and lead.handoff.round == round_
    more: dict[str, Any] = {"was_paused": True} if act.kind is ProgressKind.RESUMED else {}
    if act.content.get("result") == "won" and "value" not in act.content:
        more["note"] = _NO_AMOUNT
    return {
        "lead_id": str(lead.id),
        "round": round_,
        "act": act.kind.value,
        "at": at.isoformat(),
        "state": lead.state.value if mine or lead.is_over else "taken_back",
        **more,
    }
