"""The life of an assignment as a table: which act, in which state, by whom, and what follows."""

from dataclasses import dataclass
from enum import StrEnum

from router.domain.leads import Lead, LeadState


class LifeState(StrEnum):
    """Where a lead is between scoring and its end, seen from sales."""

    NURTURING = "nurturing"
    HELD = "held"
    OFFERED = "offered"  # a rep has it and has neither accepted nor contacted anybody
    ACCEPTED = "accepted"
    CONTACTED = "contacted"  # or tried to
    OVER = "over"  # closed, merged or erased


class LifeAct(StrEnum):
    """What people do with a lead."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONTACTED = "contacted"
    REJECT = "reject"
    RECYCLE = "recycle"
    OUTCOME = "outcome"
    PAUSE = "pause"
    RESUME = "resume"
    RATE = "rating"
    ASSIGN = "assign"
    TO_POOL = "to_pool"
    LOCK = "lock"
    UNLOCK = "unlock"


class Who(StrEnum):
    """Who may do it."""

    HOLDER = "the rep who has it"
    ANY_HOLDER = "a rep who has or had it"
    LEADER = "team lead, manager, operator"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table."""

    act: LifeAct
    states: frozenset[LifeState]
    who: Who
    then: str


_WITH_REP = frozenset({LifeState.OFFERED, LifeState.ACCEPTED, LifeState.CONTACTED})

LIFE: tuple[Step, ...] = (
    Step(LifeAct.ACCEPT, _WITH_REP, Who.HOLDER, "accepted; the promise to accept is kept"),
    Step(
        LifeAct.DECLINE,
        frozenset({LifeState.OFFERED}),
        Who.HOLDER,
        "offered to another rep, or held; above the number a week it stays until the team lead decides",
    ),
    Step(LifeAct.CONTACTED, _WITH_REP, Who.HOLDER, "contacted"),
    Step(LifeAct.REJECT, _WITH_REP, Who.HOLDER, "over; wrong data and duplicates are listed for repair"),
    Step(LifeAct.RECYCLE, _WITH_REP, Who.HOLDER, "over, until it wakes up"),
    Step(LifeAct.OUTCOME, _WITH_REP, Who.HOLDER, "won and lost: over; else contacted"),
    Step(
        LifeAct.PAUSE,
        _WITH_REP,
        Who.HOLDER,
        "as it was, and promises that the agreement names with the reason stand still",
    ),
    Step(
        LifeAct.RESUME, _WITH_REP, Who.HOLDER, "as it was, and all promises run on; only while it is paused"
    ),
    Step(LifeAct.RATE, _WITH_REP | {LifeState.OVER}, Who.ANY_HOLDER, "nothing: what the rep thinks is known"),
    Step(
        LifeAct.ASSIGN,
        _WITH_REP | {LifeState.HELD, LifeState.NURTURING},
        Who.LEADER,
        "offered to the named rep; from nurturing only an SQL",
    ),
    Step(LifeAct.TO_POOL, _WITH_REP, Who.LEADER, "offered to another rep by the rules, or held"),
    Step(LifeAct.LOCK, _WITH_REP, Who.LEADER, "stays with its rep, whatever rules and promises say"),
    Step(LifeAct.UNLOCK, _WITH_REP, Who.LEADER, "rules and promises hold again"),
)
_STEPS = {step.act: step for step in LIFE}


def life_state(lead: Lead) -> LifeState:
    """Where the lead is; a stub, whose own state has not come yet, counts as nurturing."""
    if lead.is_over:
        return LifeState.OVER
    if lead.handoff is None:
        return LifeState.HELD if lead.state is LeadState.HELD else LifeState.NURTURING
    if lead.handoff.contacted_at is not None:
        return LifeState.CONTACTED
    return LifeState.ACCEPTED if lead.handoff.accepted_at is not None else LifeState.OFFERED


def allows(act: LifeAct, lead: Lead) -> bool:
    """Whether the table has this act for a lead that is as this one is."""
    return life_state(lead) in _STEPS[act].states


def table() -> str:
    """The table in Markdown, as the documentation has it."""
    order = list(LifeState)
    rows = ["| act | when the lead is | by | then |", "| --- | --- | --- | --- |"]
    for step in LIFE:
        states = ", ".join(state.value for state in order if state in step.states)
        rows.append(f"| {step.act.value} | {states} | {step.who.value} | {step.then} |")
    return "\n".join(rows)
