"""What a rep may do with a lead, in which state, and when an act is only a repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lead_events.words import CloseReason, ProgressKind, Proof
from router.domain.leads import Lead, LeadState
from router.domain.life import LifeAct, allows

SAME_CONTACT = timedelta(minutes=5)
"""Two equal reports of a contact without a key within this time are one."""

_CLOSING = {ProgressKind.REJECTED: CloseReason.REJECTED, ProgressKind.RECYCLED: CloseReason.RECYCLED}
_HOLDS = frozenset({ProgressKind.PAUSED, ProgressKind.RESUMED})
_CLOSING_OUTCOMES = {"won": CloseReason.WON, "lost": CloseReason.LOST}


def _closes(kind: ProgressKind, content: Mapping[str, Any]) -> CloseReason | None:
    if kind is ProgressKind.OUTCOME:
        return _CLOSING_OUTCOMES.get(content["result"])
    return _CLOSING.get(kind)


@dataclass(frozen=True, slots=True)
class Act:
    """What a rep reports. `content` holds the act's own fields as JSON, without absent ones.

    `by_machine`: a system that saw it reports it. `confirmed_by`: who let a rep decline above the number a
    week. `round`: it is of this one alone; None: of the rep's last.
    """

    kind: ProgressKind
    content: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    by_machine: bool = False
    confirmed_by: str | None = None
    round: int | None = None

    @property
    def proof(self) -> Proof:
        """Proved by a machine that names the act's id with it; everything else is somebody's word."""
        is_proved = self.by_machine and self.content.get("evidence") is not None
        return Proof.PROVED if is_proved else Proof.STATED

    claimed_at: datetime | None = None

    def counts_at(self, handed_at: datetime, now: datetime) -> datetime:
        """When it was: what a machine claims counts between the handoff and now; else now."""
        claimed = self.claimed_at
        return claimed if claimed is not None and handed_at <= claimed <= now else now

    @property
    def closes(self) -> CloseReason | None:
        """How this act ends the lead's cycle, if it does."""
        return _closes(self.kind, self.content)


@dataclass(frozen=True, slots=True)
class PastAct:
    """An act of this rep on this lead that counts."""

    kind: ProgressKind
    content: dict[str, Any]
    key: str | None
    round: int
    at: datetime
    answer: dict[str, Any]

    @property
    def closes(self) -> CloseReason | None:
        """How this act ended the lead's cycle, if it did."""
        return _closes(self.kind, self.content)


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round this rep had on this lead, ended or not; `ended_by` says how."""

    round: int
    ended_by: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proceed:
    """The act is new and allowed."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The act was done before: give the same answer, publish nothing."""

    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Correct:
    """The lead is closed, and how much it was won or lost for is put right: published, and nothing else."""


@dataclass(frozen=True, slots=True)
class NotYours:
    """The lead was never this rep's, or does not exist: the two look alike from outside."""


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key came with another act before."""


@dataclass(frozen=True, slots=True)
class WrongState:
    """The act does not fit: what the lead is, and what can be done instead."""

    state: str
    instead: str


Verdict = Proceed | Repeat | Correct | NotYours | KeyReused | WrongState


def judge(
    act: Act,
    rep: str,
    lead: Lead | None,
    past: Sequence[PastAct],
    rounds: Sequence[PastRound],
    now: datetime,
) -> Verdict:
    """Whether `rep` may do `act` now. `past` and `rounds` are this rep's on this lead, oldest first."""
    if lead is None or not rounds:
        return NotYours()
    if lead.state is LeadState.ERASED:
        return WrongState("erased with its person", "nothing more is kept about it")
    if act.kind is ProgressKind.RATED:
        return _rating(act, lead, past)
    if act.round is not None and act.round != rounds[-1].round:
        return WrongState("in another round by now", "what was asked of an earlier one is over")
    by_key = next((done for done in past if act.key is not None and done.key == act.key), None)
    if by_key is not None:
        same = by_key.kind is act.kind and by_key.content == act.content
        return Repeat(by_key.answer) if same else KeyReused()
    repeated = _repeated(act, past, rounds[-1].round, now)
    if repeated is not None:
        return Correct() if _is_another_value(act, repeated, lead) else Repeat(_again(repeated))
    if lead.handoff is None or lead.handoff.rep != rep:
        return _not_open(lead, rounds[-1])
    if act.kind is ProgressKind.DECLINED:
        return _answer_to_the_offer(act, lead)
    if act.kind is ProgressKind.RESUMED:
        return _resume(past, rounds[-1].round, now)
    return Proceed()


def _rating(act: Act, lead: Lead, past: Sequence[PastAct]) -> Verdict:
    """Whoever has or had the lead may rate it, also once it is closed; of several ratings the last holds."""
    if act.key is not None and (known := next((done for done in past if done.key == act.key), None)):
        same = known.kind is act.kind and known.content == act.content
        return Repeat(known.answer) if same else KeyReused()
    before = [done for done in past if done.kind is ProgressKind.RATED]
    if before and before[-1].content == act.content:
        return Repeat(before[-1].answer)
    if lead.state is LeadState.MERGED:
        return WrongState("merged into another lead of the same person", "rate that one if you hold it")
    return Proceed()


def _repeated(act: Act, past: Sequence[PastAct], round_: int, now: datetime) -> PastAct | None:
    """The act of the rep's last round that this one says again.

    Accepting, declining and closing happen once a round; another outcome repeats the last one if it is equal,
    a contact if it is equal and no more than five minutes old, and so does a pause that has not been resumed.
    A resume repeats the last one while nothing was paused since.
    """
    if act.kind in _HOLDS:
        return _held_before(act, [done for done in past if done.kind in _HOLDS and done.round == round_], now)
    same = [done for done in past if done.kind is act.kind and done.round == round_]
    if not same:
        return None
    last = same[-1]
    if act.kind is ProgressKind.CONTACTED:
        is_repeat = act.key is None and last.content == act.content and now - last.at <= SAME_CONTACT
        return last if is_repeat else None
    if act.kind is ProgressKind.OUTCOME and act.closes is None:
        return last if last.content == act.content else None
    if act.kind is ProgressKind.OUTCOME:
        return last if last.closes is act.closes else None
    return last


def _again(done: PastAct) -> dict[str, Any]:
    """The same answer; only, who resumes twice ended a pause the first time alone."""
    return done.answer | {"was_paused": False} if done.kind is ProgressKind.RESUMED else done.answer


def _held_before(act: Act, holds: Sequence[PastAct], now: datetime) -> PastAct | None:
    """`holds`: pauses and resumes of the round, oldest first."""
    if not holds or holds[-1].kind is not act.kind:
        return None
    last = holds[-1]
    if act.kind is ProgressKind.RESUMED:
        return last
    is_repeat = act.key is None and last.content == act.content and now - last.at <= SAME_CONTACT
    return last if is_repeat else None


def _resume(past: Sequence[PastAct], round_: int, now: datetime) -> Verdict:
    """Only what is paused goes on."""
    running = [done for done in _since_resumed(past, round_) if _runs(done, now)]
    if running:
        return Proceed()
    return WrongState(
        "not paused: its promises run", "there is nothing to resume; see GET /v1/me/assignments"
    )


def _since_resumed(past: Sequence[PastAct], round_: int) -> list[PastAct]:
    paused: list[PastAct] = []
    for done in past:
        if done.round == round_ and done.kind is ProgressKind.PAUSED:
            paused.append(done)
        elif done.round == round_ and done.kind is ProgressKind.RESUMED:
            paused.clear()
    return paused


def _runs(paused: PastAct, now: datetime) -> bool:
    until = paused.content.get("until")
    return until is None or now < datetime.fromisoformat(until)


def _is_another_value(act: Act, before: PastAct, lead: Lead) -> bool:
    """Whether a lead that ended so is said to have ended with another amount of money."""
    if lead.state is not LeadState.CLOSED or act.kind is not ProgressKind.OUTCOME:
        return False
    value = act.content.get("value")
    return value is not None and value != before.content.get("value")


def _not_open(lead: Lead, last: PastRound) -> WrongState:
    if lead.state is LeadState.MERGED and last.round == lead.round:
        return WrongState(
            f"merged{_at(lead.closed_at)} into another lead of the same person",
            "report on that one if you hold it; see GET /v1/me/assignments",
        )
    if lead.state is LeadState.CLOSED and lead.close_reason is not None and last.round == lead.round:
        return WrongState(
            f"closed as {lead.close_reason.value}{_at(lead.closed_at)}",
            "nothing more can be reported on it; if the buyer asks again, a new lead opens",
        )
    how = {"declined": "declined by you", "timed_out": "taken back because it was not accepted in time"}
    word = how.get(last.ended_by or "", "no longer yours")
    return WrongState(f"{word}{_at(last.ended_at)}", "see GET /v1/me/assignments for the leads you hold")


def _answer_to_the_offer(act: Act, lead: Lead) -> Verdict:
    handoff = lead.handoff
    if handoff is None or allows(LifeAct.DECLINE, lead):
        return _lock_holds(lead, act) or Proceed()
    if handoff.accepted_at is not None:
        return WrongState(
            f"accepted{_at(handoff.accepted_at)}", "use reject, recycle or outcome instead of decline"
        )
    return WrongState(
        f"contacted{_at(handoff.contacted_at)}", "use reject, recycle or outcome instead of decline"
    )


def _lock_holds(lead: Lead, act: Act) -> WrongState | None:
    """A lead locked to its rep goes on only by who decides on declines."""
    if lead.locked_by is None or act.confirmed_by is not None:
        return None
    return WrongState(
        f"locked to you by {lead.locked_by}{_at(lead.locked_at)}", "ask them, or your team lead, to unlock it"
    )


def _at(at: datetime | None) -> str:
    return f" at {at.isoformat(timespec='seconds')}" if at is not None else ""
