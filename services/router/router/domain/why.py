"""Decisions in plain words: one line a manager understands. Nothing about the buyer stands in them."""

from datetime import UTC, datetime

from lead_events.words import AccountStanding, CloseReason, HoldReason, Quadrant
from router.domain.accounts import IN_WORDS
from router.domain.book import COMPETITORS, CUSTOMERS, FALLBACK, ON_ERROR, PoolChoice
from router.domain.decision import Candidate, Decision, Standing
from router.domain.roster import Pool, Rep

_NOT_NOW = {
    Standing.INACTIVE: "not active",
    Standing.NO_WEIGHT: "without a share",
    Standing.OTHER_LINE: "selling another line",
    Standing.DECLINED: "having declined this lead",
    Standing.TIMED_OUT: "having let this lead wait",
    Standing.OUTSIDE_HOURS: "outside working hours",
    Standing.ABSENT: "away",
    Standing.FULL: "at capacity",
    Standing.NOT_OWNER: "not its owner",
    Standing.DAY_FULL: "with all imported leads of today",
    Standing.KEPT_FREE: "with no place for imported leads",
}

_HELD = {
    HoldReason.NOBODY_OPEN: "nobody who could take it is at work",
    HoldReason.NO_CAPACITY: "everybody at work who could take it is at capacity",
    HoldReason.POOL_EMPTY: "the pool has nobody left who may take it",
    HoldReason.QUEUE_AHEAD: "earlier leads of this pool are waiting and go first",
    HoldReason.PACED: "imported leads are handed out best first, behind live ones",
}

_CLOSED = {
    CloseReason.REJECTED: "sales rejected it",
    CloseReason.RECYCLED: "sales gave it back to nurturing",
    CloseReason.WON: "won",
    CloseReason.LOST: "lost",
    CloseReason.MERGED: "it became one with another lead",
    CloseReason.ERASED: "the person's data was erased",
    CloseReason.DO_NOT_CONTACT: "the person asked not to be contacted",
}


def why_assigned(pool: Pool, rep: Rep, decision: Decision, choice: PoolChoice) -> str:
    """Why this rep got the lead."""
    able = [c for c in decision.candidates if c.standing in (Standing.CHOSEN, Standing.AVAILABLE)]
    turn = "the only one who can take it now" if len(able) == 1 else f"next in turn of {len(able)} by weight"
    if not able:
        turn = f"owner of the account, which is {IN_WORDS[choice.standing]}"
    held = next(c.open for c in decision.candidates if c.rep == rep.id)
    parts = [f"{rep.name} of {pool.name}: {turn}, {held + 1} of {rep.capacity} leads with this one"]
    others = _others(decision.candidates)
    if others:
        parts.append(f"not considered: {others}")
    return "; ".join([*parts, _by_rule(choice)])


def why_held(pool: Pool, decision: Decision, choice: PoolChoice) -> str:
    """Why nobody got it, and when it is tried again."""
    reason = decision.hold_reason or HoldReason.POOL_EMPTY
    parts = [f"Held in {pool.name}: {_HELD[reason]}"]
    if decision.next_try_at is not None:
        parts.append(f"next try {_moment(decision.next_try_at)}")
    others = _others(decision.candidates)
    if others:
        parts.append(f"reps: {others}")
    return "; ".join([*parts, _by_rule(choice)])


def why_no_pool(line: str, *, has_rulebook: bool) -> str:
    """Why there is no pool to choose from."""
    if not has_rulebook:
        return "Held: no rulebook has reached the router yet"
    return f"Held: no rule names a pool; the rulebook has no plan for line {line}"


def why_taken_back(rep_name: str, *, declined: bool) -> str:
    """Why a round ended without the rep's own closing."""
    if declined:
        return f"Taken back from {rep_name}, who declined it"
    return f"Taken back from {rep_name}, who did not accept it within the promised time"


def why_kept_back(standing: AccountStanding) -> str:
    """Why a lead goes to no rep at all."""
    named = f"the plan names no pool for them under `{COMPETITORS}`"
    return f"For no rep: its account is {IN_WORDS[standing]}, and {named}"


def why_owner_cannot(name: str, standing: Standing) -> str:
    """Why the account's owner does not get the lead."""
    return f"its account's owner {name} cannot take it: {_NOT_NOW[standing]}"


def why_no_owner(named: str) -> str:
    """Why nobody goes before the pool."""
    return f"its account's owner {named} is no rep of the roster"


def why_left_queue(quadrant: Quadrant) -> str:
    """Why a lead that waited goes to nobody for now."""
    return f"Left the queue for nurturing: by its score it is {quadrant.value} now, and no SQL any more"


def why_closed(reason: CloseReason, rep_name: str | None) -> str:
    """Why the lead's cycle ended."""
    return f"Closed by {rep_name}: {_CLOSED[reason]}" if rep_name else f"Closed: {_CLOSED[reason]}"


def _by_rule(choice: PoolChoice) -> str:
    if choice.rule == CUSTOMERS:
        text = "its account is a customer, so the plan's pool for customers"
    elif choice.rule == COMPETITORS:
        text = "its account is a competitor, so the plan's pool for competitors"
    elif choice.rule == FALLBACK:
        text = "no rule holds, so the plan's fallback pool"
    elif choice.rule == ON_ERROR:
        text = "a rule could not be evaluated, so the plan's pool for that case"
    else:
        text = f"rule {choice.rule}" + (f" ({choice.because})" if choice.because else "")
    if choice.owner_cannot is not None:
        text = f"{choice.owner_cannot}; {text}"
    broken = ", ".join(error.rule for error in choice.errors)
    return f"{text}; rules in error: {broken}" if broken else text


def _others(candidates: tuple[Candidate, ...]) -> str:
    counts: dict[str, int] = {}
    for candidate in candidates:
        if candidate.standing in _NOT_NOW:
            word = _NOT_NOW[candidate.standing]
            counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a %Y-%m-%d %H:%M UTC")
