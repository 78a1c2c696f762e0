"""Decisions in plain words: one line a manager understands. Nothing about the buyer stands in them."""

from datetime import UTC, datetime

from lead_events.words import AccountStanding, CloseReason, HoldReason, Quadrant
from router.domain.accounts import IN_WORDS
from router.domain.book import COMPETITORS, CUSTOMERS, FALLBACK, ON_ERROR, UNSPOKEN, WAITED, PoolChoice
from router.domain.decision import Decision
from router.domain.eligibility import CODES, Standing
from router.domain.owners import Belonging, Owner, Passed, Waits
from router.domain.roster import Rep

_NOT_NOW = {
    Standing.INACTIVE: "not active",
    Standing.NO_WEIGHT: "without a share",
    Standing.OTHER_LINE: "selling another line",
    Standing.OTHER_LANGUAGE: "not speaking its language",
    Standing.NO_SKILL: "without the skill it needs",
    Standing.DECLINED: "having declined this lead",
    Standing.TIMED_OUT: "having let this lead wait",
    Standing.REASSIGNED: "who had it and had to hand it on",
    Standing.OUTSIDE_HOURS: "outside working hours",
    Standing.ABSENT: "away",
    Standing.FULL: "at capacity",
    Standing.NOT_OWNER: "not its owner",
    Standing.DAY_FULL: "with all the leads of their day",
    Standing.WEEK_FULL: "with all the leads of their week",
    Standing.KEPT_FREE: "with no place for imported leads",
    Standing.TOO_LATE: "who could not answer in time",
}

_HELD = {
    HoldReason.NOBODY_OPEN: "nobody who could take it is at work",
    HoldReason.NO_CAPACITY: "everybody at work who could take it is at capacity",
    HoldReason.POOL_EMPTY: "the pool has nobody left who may take it",
    HoldReason.QUEUE_AHEAD: "earlier leads of this pool are waiting and go first",
    HoldReason.PACED: "imported leads are handed out best first, behind live ones",
    HoldReason.WAITS_FOR_OWNER: "it waits for whom it belongs to",
    HoldReason.NEEDS_UNMET: "nobody of the pool has what it needs",
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


_HOW = {
    "weighted_round_robin": "next in turn of {able} by weight",
    "least_loaded": "with the fewest leads in hand of {able}",
    "longest_idle": "the longest without a new lead of {able}",
    "value_fair": "handed the least value so far of {able}",
}


def why_assigned(rep: Rep, decision: Decision, choice: PoolChoice, owner: Owner | None = None) -> str:
    """Why this rep got the lead; `owner`: as whose it is theirs."""
    held = decision.opens[decision.pool.place(rep.id)]
    parts = [
        f"{rep.name} of {decision.pool.name}: {_why_this_one(decision, choice, owner)}, "
        f"{held + 1} of {rep.capacity} leads with this one"
    ]
    parts += _about_time(decision)
    others = _others(decision)
    if others:
        parts.append(f"not considered: {others}")
    return "; ".join([*parts, _by_rule(choice)])


def _why_this_one(decision: Decision, choice: PoolChoice, owner: Owner | None) -> str:
    if decision.count(Standing.OPENS_FIRST):
        return "nobody is at work, and they come first"
    if owner is not None and owner.belonging is Belonging.PERSON:
        return "who knows this person from before"
    if owner is not None and owner.belonging is Belonging.NAMED_ACCOUNT:
        return "who looks after this named account"
    if decision.count(Standing.OWNER):
        known = choice.standing is not AccountStanding.NONE
        return "owner of the account" + (f", which is {IN_WORDS[choice.standing]}" if known else "")
    able = decision.count(Standing.CHOSEN, Standing.AVAILABLE)
    if able == 1:
        return "the only one who can take it now"
    return _HOW.get(decision.pool.terms.strategy, _HOW["weighted_round_robin"]).format(able=able)


def _about_time(decision: Decision) -> list[str]:
    """What the promise of an answer did to the choice."""
    if decision.is_late and decision.answer_at is not None:
        return [f"a late answer is expected, at {_moment(decision.answer_at)}: nobody can give one in time"]
    if decision.overruled is not None:
        name = decision.pool.reps[decision.overruled].name
        return [f"it was the turn of {name}, who could not answer in time"]
    return []


def why_held(decision: Decision, choice: PoolChoice) -> str:
    """Why nobody got it, and when it is tried again."""
    reason = decision.hold_reason or HoldReason.POOL_EMPTY
    parts = [f"Held in {decision.pool.name}: {_HELD[reason]}"]
    if decision.next_try_at is not None:
        parts.append(f"next try {_moment(decision.next_try_at)}")
    others = _others(decision)
    if others:
        parts.append(f"reps: {others}")
    return "; ".join([*parts, _by_rule(choice)])


def why_no_pool(line: str, *, has_rulebook: bool) -> str:
    """Why there is no pool to choose from."""
    if not has_rulebook:
        return "Held: no rulebook has reached the router yet"
    return f"Held: no rule names a pool; the rulebook has no plan for line {line}"


def why_taken_back(rep_name: str, ended_by: Standing) -> str:
    """Why a round ended without the rep's own closing."""
    return f"Taken back from {rep_name}, {_TAKEN_BACK[ended_by]}"


_TAKEN_BACK = {
    Standing.DECLINED: "who declined it",
    Standing.TIMED_OUT: "who did not accept it within the promised time",
    Standing.REASSIGNED: "who is to hand it on",
}


def why_kept_back(standing: AccountStanding) -> str:
    """Why a lead goes to no rep at all."""
    named = f"the plan names no pool for them under `{COMPETITORS}`"
    return f"For no rep: its account is {IN_WORDS[standing]}, and {named}"


def why_passed(passed: Passed) -> str:
    """Why an owner does not get the lead."""
    owner, rep, standing = passed.owner, passed.rep, passed.standing
    if rep is None or standing is None:
        return f"{_OWNS[owner.belonging]} {owner.named} is no rep of the roster"
    return f"{_OWNS[owner.belonging]} {rep.name} cannot take it: {_NOT_NOW[standing]}"


def why_waits(waits: Waits, owner: Owner) -> str:
    """Why a lead waits although others could take it."""
    return (
        f"Held for {waits.rep.name}, {_WHOSE[owner.belonging]}, now {_NOT_NOW[waits.standing]};"
        f" next try {_moment(waits.look_at)}"
    )


_OWNS = {
    Belonging.PERSON: "the rep who knows the person,",
    Belonging.ACCOUNT: "its account's owner",
    Belonging.NAMED_ACCOUNT: "who looks after its account,",
}
_WHOSE = {
    Belonging.PERSON: "who knows the person",
    Belonging.ACCOUNT: "owner of its account",
    Belonging.NAMED_ACCOUNT: "who looks after its account",
}


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
    elif choice.rule == UNSPOKEN:
        text = "nobody of the pool first chosen speaks its language, so the plan's pool for that"
    elif choice.rule == WAITED:
        text = "it waited in this pool"
    elif choice.rule == FALLBACK:
        text = "no rule holds, so the plan's fallback pool"
    elif choice.rule == ON_ERROR:
        text = "a rule could not be evaluated, so the plan's pool for that case"
    else:
        text = f"rule {choice.rule}" + (f" ({choice.because})" if choice.because else "")
        named = choice.territory is not None and choice.territory not in (choice.because or "")
        text += f", territory {choice.territory}" if named else ""
    if choice.waited_since is not None:
        text = f"waited since {_moment(choice.waited_since)}; {text}"
    if choice.owner_cannot is not None:
        text = f"{choice.owner_cannot}; {text}"
    broken = ", ".join(error.rule for error in choice.errors)
    return f"{text}; rules in error: {broken}" if broken else text


def _others(decision: Decision) -> str:
    counts = {word: decision.codes.count(CODES[standing]) for standing, word in _NOT_NOW.items()}
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()) if count)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a %Y-%m-%d %H:%M UTC")
