"""The decision: who takes a lead now, and why each of the others does not.

In this order: the owner (`decide_for_owner`), hard rules (`eligibility.py`), who can still answer in time,
then the pool's strategy (`strategies/`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.words import HoldReason
from router.domain.agreed import NOTHING_PROMISED, Answers
from router.domain.chances import comes_first_at, next_place
from router.domain.eligibility import (
    AT_WORK_WITHOUT_PLACE,
    CODES,
    MAY_LATER,
    STANDINGS,
    Eligible,
    Kind,
    Standing,
    expected_answer,
    in_time_once_open,
    keeps_own_promise,
    room,
)
from router.domain.imports import ImportTerms, next_day_opening
from router.domain.needs import NO_NEEDS, Needs
from router.domain.pool import Pool
from router.domain.roster import Presence, Rep
from router.domain.strategies.choosers import Proposal

_MAY_LATER = bytes(CODES[standing] for standing in MAY_LATER)
OWNER_LOOK = timedelta(days=1)
"""How often a lead that waits for an owner looks again at least, whatever else has it look before."""
NOBODY_LEFT = frozenset({HoldReason.POOL_EMPTY, HoldReason.NEEDS_UNMET})
NOBODY_ELSE = NOBODY_LEFT | {HoldReason.WAITS_FOR_OWNER}
"""Why a lead is held that nobody of the pool would ever take by turn."""
_LASTING = bytes(
    CODES[standing]
    for standing in (
        Standing.INACTIVE,
        Standing.NO_WEIGHT,
        Standing.OTHER_LINE,
        Standing.OTHER_LANGUAGE,
        Standing.NO_SKILL,
        Standing.NOT_OWNER,
    )
)
_UNMET = bytes(CODES[standing] for standing in (Standing.OTHER_LANGUAGE, Standing.NO_SKILL))


@dataclass(frozen=True, slots=True)
class RoutableLead:
    """What a decision needs to know of a lead.

    `excluded`: reps who had it before, and how that ended. `since`: when it was received, from which what it
    only prefers is given up. `answers`: the working time within which the agreement has it answered.
    `value`: expected money in minor units of the company's currency.
    """

    id: UUID
    line: str
    excluded: Mapping[str, str] = field(default_factory=dict)
    terms: ImportTerms | None = None
    needs: Needs = NO_NEEDS
    since: datetime | None = None
    answers: Answers = NOTHING_PROMISED
    value: int | None = None

    def relaxes_at(self) -> datetime | None:
        """When what it prefers is given up; None if it prefers nothing."""
        needs = self.needs
        prefers = (needs.languages and needs.language_match == "preferred") or (
            needs.skills and needs.skills_match == "preferred"
        )
        return self.since + needs.relax_after if prefers and self.since is not None else None

    def kind(self, *, strict: bool) -> Kind:
        """Who may take it; `strict`: what it prefers is asked for, too."""
        asked = ("required", "preferred") if strict else ("required",)
        needs = self.needs
        return Kind(
            self.line,
            needs.languages if needs.language_match in asked else frozenset(),
            needs.skills if needs.skills_match in asked else frozenset(),
            self.terms,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rep in one decision. `owed`: what spoke for them by the pool's strategy, the larger the sooner."""

    rep: str
    standing: Standing
    open: int
    capacity: int
    weight: int
    owed: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Either `rep`, or a reason to hold. It changes nothing until the pool gives the lead by it.

    `codes` and `opens`: each rep's standing and open leads in the pool's order. `is_late`: nobody who can
    take it is expected to answer within the promise, or the owner who keeps it is not. `overruled`: whose
    turn it was, had the promise not counted. `answer_at`: when the chosen rep is expected to have answered.
    """

    pool: Pool
    rep: Rep | None
    hold_reason: HoldReason | None
    next_try_at: datetime | None
    codes: bytes
    opens: Sequence[int]
    proposal: Proposal | None = None
    is_late: bool = False
    overruled: str | None = None
    answer_at: datetime | None = None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every rep of the pool; what is owed as it was before the lead was given, so ask before that."""
        state = self.proposal.state if self.proposal is not None else None
        return tuple(
            Candidate(
                rep.id, STANDINGS[code], held, rep.capacity, rep.weight, self.pool.chooser.owed(rep.id, state)
            )
            for rep, code, held in zip(self.pool.reps.values(), self.codes, self.opens, strict=True)
        )

    @property
    def follows_the_sun(self) -> bool:
        """Whether a lead that is held may go on to another pool: nobody here is at work for it. Who is there
        and has no place will have one."""
        return self.hold_reason in (HoldReason.NOBODY_OPEN, HoldReason.POOL_EMPTY, HoldReason.NEEDS_UNMET)

    def count(self, *standings: Standing) -> int:
        """How many reps were one of these."""
        return sum(self.codes.count(CODES[standing]) for standing in standings)

    def give(self, lead: RoutableLead, now: datetime) -> None:
        """The pool gives the lead to the rep chosen."""
        if self.proposal is None:
            raise AssertionError("a decision to hold gives the lead to nobody")
        self.pool.give(self.proposal, now, value=lead.value, imported=lead.terms is not None)


def decide(pool: Pool, lead: RoutableLead, now: datetime, *, queue_is_waiting: bool = False) -> Decision:
    """Who of `pool` takes `lead` at `now`.

    `queue_is_waiting`: leads of this pool and kind were held before this one, so it joins them even if
    somebody could take it. A drain passes False: it brings the leads in the queue's own order.
    """
    eligible, relaxes_at = _eligible(pool, lead, now)
    if _is_for_its_owner(pool, lead):
        return _held(pool, eligible, lead, HoldReason.WAITS_FOR_OWNER, now + OWNER_LOOK)
    able = _less(eligible.able, lead.excluded)
    if not able:
        return _hold(pool, eligible, lead, now, relaxes_at)
    if queue_is_waiting:
        return _held(pool, eligible, lead, HoldReason.QUEUE_AHEAD, now)
    return _assign(pool, eligible, lead, able, now)


def _is_for_its_owner(pool: Pool, lead: RoutableLead) -> bool:
    """Whether nobody takes it by turn: the pool is of account owners, and no import names a rep of it."""
    return pool.terms.strategy == "account_owner" and (lead.terms is None or lead.terms.owner is None)


def _eligible(pool: Pool, lead: RoutableLead, now: datetime) -> tuple[Eligible, datetime | None]:
    """Who may take the lead, and until when what it prefers is asked for, too; None: it is not, or no more.

    What nobody of the pool has is not waited for.
    """
    relaxes_at = lead.relaxes_at()
    if relaxes_at is not None and now < relaxes_at:
        strict = pool.eligible(lead.kind(strict=True), now)
        if _ever(pool, strict, lead.excluded):
            return strict, relaxes_at
    return pool.eligible(lead.kind(strict=False), now), None


def _assign(
    pool: Pool, eligible: Eligible, lead: RoutableLead, able: Mapping[str, int], now: datetime
) -> Decision:
    in_time = able
    if pool.terms.deadline_aware and lead.answers.promises:
        in_time = _less(eligible.in_time(pool, lead.answers, pool.terms.answer_takes), lead.excluded)
    proposal = pool.chooser.propose(able, pool.loads, pool.everybody)
    codes = _codes(pool, eligible, lead.excluded)
    overruled = None
    if in_time and len(in_time) < len(able):
        overruled = proposal.rep if proposal.rep not in in_time else None
        proposal = pool.chooser.propose(able, pool.loads, pool.everybody, in_time)
        for name in able.keys() - in_time.keys():
            codes[pool.place(name)] = CODES[Standing.TOO_LATE]
    codes[pool.place(proposal.rep)] = CODES[Standing.CHOSEN]
    rep = pool.reps[proposal.rep]
    return Decision(
        pool,
        rep,
        None,
        None,
        bytes(codes),
        pool.opens.copy(),
        proposal,
        is_late=not in_time,
        overruled=overruled,
        answer_at=expected_answer(rep, pool.loads[rep.id], now, pool.terms.answer_takes),
    )


def _hold(
    pool: Pool, eligible: Eligible, lead: RoutableLead, now: datetime, relaxes_at: datetime | None
) -> Decision:
    if lead.excluded:
        reason, opening = _why_held(pool, _codes(pool, eligible, lead.excluded), lead, now)
    else:
        eligible.held = eligible.held or _why_held(pool, eligible.codes, lead, now)
        reason, opening = eligible.held
    if reason is HoldReason.NOBODY_OPEN and pool.terms.gives_to_first_who_opens:
        given = _first_who_opens(pool, eligible, lead, now)
        if given is not None:
            return given
    if relaxes_at is not None:
        opening = min(opening or relaxes_at, relaxes_at)
    return _held(pool, eligible, lead, reason, opening)


def _why_held(
    pool: Pool, codes: bytes | bytearray, lead: RoutableLead, now: datetime
) -> tuple[HoldReason, datetime | None]:
    """The reason, and when somebody may have a place for it, as far as hours tell."""
    later = [
        (rep, STANDINGS[code])
        for rep, code in zip(pool.reps.values(), codes, strict=True)
        if code in _MAY_LATER
    ]
    if not later:
        unmet = any(code in _UNMET for code in codes)
        return (HoldReason.NEEDS_UNMET if unmet else HoldReason.POOL_EMPTY), None
    if lead.terms is not None and all(standing is Standing.DAY_FULL for _, standing in later):
        return HoldReason.PACED, next_day_opening((rep for rep, _ in later), now)
    chances = (next_place(rep, pool.loads[rep.id], now) for rep, _ in later)
    opening = min((at for at in chances if at is not None), default=None)
    is_full = any(standing in AT_WORK_WITHOUT_PLACE for _, standing in later)
    return (HoldReason.NO_CAPACITY if is_full else HoldReason.NOBODY_OPEN), opening


def _first_who_opens(pool: Pool, eligible: Eligible, lead: RoutableLead, now: datetime) -> Decision | None:
    """Nobody is at work: whoever comes first, of those with a place and not away, finds it on their desk; of
    those who can answer in time, where the pool asks for that and there are any."""
    codes = _codes(pool, eligible, lead.excluded)
    openings = _openings(pool, codes, lead, now)
    if not openings:
        return None
    in_time = set(openings)
    if pool.terms.deadline_aware and lead.answers.promises:
        usual = pool.terms.answer_takes
        in_time = in_time_once_open(pool.reps.values(), pool.loads, openings, now, lead.answers, usual)
    proposal = usually = _who_opens_first(pool, openings)
    if in_time and len(in_time) < len(openings):
        for name in openings.keys() - in_time:
            codes[pool.place(name)] = CODES[Standing.TOO_LATE]
        proposal = _who_opens_first(pool, {name: openings[name] for name in in_time})
    codes[pool.place(proposal.rep)] = CODES[Standing.OPENS_FIRST]
    rep = pool.reps[proposal.rep]
    return Decision(
        pool,
        rep,
        None,
        None,
        bytes(codes),
        pool.opens.copy(),
        proposal,
        is_late=not in_time,
        overruled=usually.rep if in_time and usually.rep not in in_time else None,
        answer_at=expected_answer(rep, pool.loads[rep.id], openings[rep.id], pool.terms.answer_takes),
    )


def _openings(pool: Pool, codes: bytes | bytearray, lead: RoutableLead, now: datetime) -> dict[str, datetime]:
    """When those who are only outside their hours, and have a place, come to work."""
    found = {
        rep.id: comes_first_at(rep, now)
        for rep, code in zip(pool.reps.values(), codes, strict=True)
        if code == CODES[Standing.OUTSIDE_HOURS]
        and room(rep, pool.loads[rep.id], lead.terms) is Standing.AVAILABLE
    }
    return {name: at for name, at in found.items() if at is not None}


def _who_opens_first(pool: Pool, openings: Mapping[str, datetime]) -> Proposal:
    """Of several who open first together, whose turn it is."""
    first = min(openings.values())
    able = {name: rep.weight for name, rep in pool.reps.items() if openings.get(name) == first}
    return pool.chooser.propose(able, pool.loads, pool.everybody)


def _held(
    pool: Pool, eligible: Eligible, lead: RoutableLead, reason: HoldReason, next_try_at: datetime | None
) -> Decision:
    codes = _codes(pool, eligible, lead.excluded)
    return Decision(pool, None, reason, next_try_at, bytes(codes), pool.opens.copy())


def wait_in_lane(pool: Pool, lead: RoutableLead, now: datetime) -> Decision:
    """An imported lead on arrival: it waits, and those who wait are handed out best first."""
    return _held(pool, pool.eligible(lead.kind(strict=True), now), lead, HoldReason.PACED, None)


def _ever(pool: Pool, eligible: Eligible, excluded: Mapping[str, str]) -> bool:
    """Whether somebody may take a lead of the kind, now or later."""
    return any(code in _MAY_LATER for code in _codes(pool, eligible, excluded))


def _less(able: Mapping[str, int], excluded: Mapping[str, str]) -> Mapping[str, int]:
    """The mapping itself where nobody is taken out, so that it is known for the same."""
    if not excluded or not any(name in able for name in excluded):
        return able
    return {name: weight for name, weight in able.items() if name not in excluded}


def _codes(pool: Pool, eligible: Eligible, excluded: Mapping[str, str]) -> bytearray:
    codes = bytearray(eligible.codes)
    for name, how in excluded.items():
        if name in pool.reps and codes[pool.place(name)] not in _LASTING:
            codes[pool.place(name)] = CODES[Standing(how)]
    return codes


def decide_for_owner(owner: Rep, pool: Pool, lead: RoutableLead, now: datetime) -> Decision | Standing:
    """The owner of the lead's person or account takes it, of the pool or not, whatever their share and
    whoever's turn it is; else what keeps them from it. It counts for their capacity and changes no turn.
    Where the pool asks who can answer in time, a late answer of theirs is foretold and changes nothing."""
    keeps = _keeps_owner(owner, pool, lead, now)
    if keeps is not None:
        return keeps
    load = pool.loads[owner.id]
    mine = Pool(pool.id, pool.name, {owner.id: owner}, pool.loads)
    usual, asks = pool.terms.answer_takes, pool.terms.deadline_aware and lead.answers.promises
    return Decision(
        mine,
        owner,
        None,
        None,
        bytes([CODES[Standing.OWNER]]),
        [load.open],
        is_late=asks and not keeps_own_promise(owner, load, now, lead.answers, usual),
        answer_at=expected_answer(owner, load, now, usual),
    )


def _keeps_owner(owner: Rep, pool: Pool, lead: RoutableLead, now: datetime) -> Standing | None:
    if not owner.is_active:
        return Standing.INACTIVE
    if lead.line not in owner.lines:
        return Standing.OTHER_LINE
    if owner.id in lead.excluded:
        return Standing(lead.excluded[owner.id])
    presence = owner.presence(now)
    if presence is not Presence.OPEN:
        return Standing(presence.value)
    found = room(owner, pool.loads[owner.id], lead.terms)
    return found if found is not Standing.AVAILABLE else None
