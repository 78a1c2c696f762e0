"""What the router refuses, each with the one HTTP answer it maps to in the API."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID


class Refused(Exception):
    """The caller has to do something else."""


class LeadNotYours(Refused):
    """The lead is not, and never was, this rep's: answered as if it did not exist."""

    def __init__(self, lead: UUID) -> None:
        super().__init__(f"no lead {lead} among yours; GET /v1/me/assignments lists them")


class NeverHadIt(Refused):
    """The rep never had the lead, or nobody has: check the ids."""

    def __init__(self, lead: UUID, rep: str | None) -> None:
        whom = f"rep {rep!r} has never had" if rep is not None else "nobody has ever had"
        super().__init__(f"{whom} a lead {lead}; GET /v1/leads/{lead} says who had it")


class UnknownLead(Refused):
    """No event about this lead has reached the router: check the id."""

    def __init__(self, lead: UUID) -> None:
        super().__init__(f"no lead {lead} is known here; lead ids are in scoring's GET /v1/leads")


class UnknownRep(Refused):
    """The roster has no such rep: choose one of GET /v1/reps."""

    def __init__(self, rep: str) -> None:
        super().__init__(f"no rep {rep!r} is in the roster; GET /v1/reps lists them")


class RosterInvalid(Refused):
    """The roster cannot be so: write in `field` what the message says."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class UnknownTeam(Refused):
    """There is no such team: choose one of GET /v1/teams."""

    def __init__(self, team: str) -> None:
        super().__init__(f"there is no team {team!r}; GET /v1/teams lists them")


class WrongLeadState(Refused):
    """The act does not fit the state the lead is in."""

    def __init__(self, act: str, state: str, instead: str) -> None:
        super().__init__(f"{act} does not fit: the lead is {state}; {instead}")
        self.state = state
        self.instead = instead


class LeadChangedHands(Refused):
    """Somebody was faster: the lead is not where the caller saw it."""

    def __init__(self, rep: str | None, since: datetime | None, round_: int) -> None:
        has = (
            f"{rep} has it since {since.isoformat(timespec='seconds')}" if rep and since else "nobody has it"
        )
        super().__init__(
            f"the lead changed hands meanwhile: {has}, round {round_} now; look at it, and order again"
            " if it is still wanted"
        )
        self.rep = rep
        self.since = since
        self.round = round_


class LeadLocked(Refused):
    """Another locked the lead to its rep."""

    def __init__(self, by: str, since: datetime | None) -> None:
        when = f" at {since.isoformat(timespec='seconds')}" if since is not None else ""
        super().__init__(f"{by} locked the lead to its rep{when}; ask them, or send force to go over it")


class RepCannotHave(Refused):
    """The named rep cannot take this lead."""


class UnknownItem(Refused):
    """There is no such entry in a list: look it up again."""

    def __init__(self, what: str, identity: UUID, where: str) -> None:
        super().__init__(f"no {what} {identity} is known; {where} lists those that wait")


class AlreadyDecided(Refused):
    """Another decided otherwise before."""


class OwnDecline(Refused):
    """Another than the rep who asks decides."""

    def __init__(self) -> None:
        super().__init__(
            "nobody decides on their own decline; ask another team lead, a manager or an operator to decide"
        )


class KeyUsedForAnotherAct(Refused):
    """The Idempotency-Key came before with another act: send a new one."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key!r} was used for another act on this lead; send a new key")


class NoRulebook(Refused):
    """No rulebook has reached the router: try again after the first publication."""

    def __init__(self) -> None:
        super().__init__("no rulebook has reached the router yet; publish one, then send the act again")


class UnknownPause(Refused):
    """A lead is paused for a reason that the agreement names."""

    def __init__(self, code: str, agreed: Sequence[str]) -> None:
        instead = f"write one of: {', '.join(agreed)}" if agreed else "it lets no lead be paused"
        super().__init__(f"code {code!r} is no reason to pause in the agreement of this lead; {instead}")


class PauseEnd(Refused):
    """A pause ends at a moment to come, within a year, or when it is resumed."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem}; write a moment to come within a year, as 2030-01-31T09:00:00+01:00, or leave it out"
        )


class NoSuchDuplicate(Refused):
    """The lead that another is said to duplicate is not one: name it, or name none."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"duplicate_of: {problem}; write the other lead's id or its person's e-mail, or leave it out"
        )


class NoWakeUp(Refused):
    """A recycled lead needs a day on which it wakes up."""

    def __init__(self) -> None:
        super().__init__(
            "write wake_at, as 2030-01-31T09:00:00+01:00; only for code no_answer may an agreement name it"
            " (recycle_no_answer_after)"
        )


class WakeUpInThePast(Refused):
    """A recycled lead is to wake up later than now."""

    def __init__(self, wake_at: str) -> None:
        super().__init__(
            f"wake_at {wake_at} has passed; write a moment to come, as 2030-01-31T09:00:00+01:00"
        )
