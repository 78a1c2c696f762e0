"""What the router refuses, as problems: one status each, decided here."""

from collections.abc import Iterator
from contextlib import contextmanager

from router.errors import (
    AlreadyDecided,
    KeyUsedForAnotherAct,
    LeadChangedHands,
    LeadLocked,
    LeadNotYours,
    NeverHadIt,
    NoRulebook,
    NoSuchDuplicate,
    NoWakeUp,
    OwnDecline,
    PauseEnd,
    Refused,
    RepCannotHave,
    RosterInvalid,
    UnknownItem,
    UnknownLead,
    UnknownPause,
    UnknownRep,
    UnknownTeam,
    WakeUpInThePast,
    WrongLeadState,
)
from service_kit.problems import Problem
from worktime import CalendarError

_ANSWERS: dict[type[Refused], tuple[int, str]] = {
    LeadNotYours: (404, "No such lead"),
    NeverHadIt: (404, "No such lead"),
    UnknownLead: (404, "No such lead"),
    UnknownRep: (404, "No such rep"),
    UnknownTeam: (404, "No such team"),
    UnknownItem: (404, "No such entry"),
    LeadLocked: (409, "The lead is locked"),
    RepCannotHave: (409, "The rep cannot have it"),
    AlreadyDecided: (409, "It is decided"),
    OwnDecline: (403, "Your own decline"),
    KeyUsedForAnotherAct: (422, "The key was used before"),
    WakeUpInThePast: (422, "The wake-up date has passed"),
    NoWakeUp: (422, "No wake-up date"),
    UnknownPause: (422, "No agreed reason to pause"),
    PauseEnd: (422, "The pause cannot end so"),
    NoSuchDuplicate: (422, "No such lead to be a duplicate of"),
    NoRulebook: (503, "No rulebook yet"),
}


@contextmanager
def refusals_as_problems() -> Iterator[None]:
    """Turn what handlers refuse into the caller's answer."""
    try:
        yield
    except WrongLeadState as error:
        raise Problem(
            409, "The lead is in another state", str(error), state=error.state, instead=error.instead
        ) from error
    except LeadChangedHands as error:
        since = error.since.isoformat() if error.since is not None else None
        raise Problem(
            409, "The lead changed hands", str(error), has=error.rep, since=since, round=error.round
        ) from error
    except RosterInvalid as error:
        raise Problem(422, "The roster cannot be so", str(error), field=error.field) from error
    except Refused as error:
        status, title = _ANSWERS[type(error)]
        raise Problem(status, title, str(error)) from error
    except CalendarError as error:
        raise Problem(422, "These hours cannot be worked", str(error), field=error.key) from error
