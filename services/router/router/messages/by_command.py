"""How a team lead gives a lead to somebody: the command that does it."""

from uuid import UUID

from lead_events.words import TimerKind
from router.messages.facts import PromiseFacts

_WAIT_FOR_SOMEBODY = frozenset({TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE})
"""Promises whose breach leaves the buyer without an answer."""


def assigning(lead: UUID) -> str:
    """The command, in which a rep and a reason are still to be written."""
    return f'baton lead assign {lead} REP --why "..."'


def needs_a_decision(promise: PromiseFacts | None) -> bool:
    """Whether the breach of a promise waits for the team lead; of a trial nothing follows. None: it was told
    before messages named their promise."""
    return promise is None or (promise.trial is None and promise.kind in _WAIT_FOR_SOMEBODY)
