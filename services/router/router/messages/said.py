"""What a link asks for, and how an answer ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from router.messages.kinds import LinkAct
from router.messages.texts import Words


class Ended(StrEnum):
    """How an answer ended."""

    DONE = "done"
    OVER = "over"  # the lead is somebody else's, or nobody's any more
    REFUSED = "refused"  # the act does not fit the lead's state
    CHOOSE = "choose"  # something is to be chosen with it
    LATER = "later"  # not possible at this moment


@dataclass(frozen=True, slots=True)
class Said:
    """An answer's end, in the reader's language; `holder`: who has the lead now, in a sentence."""

    ended: Ended
    text: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link that was read asks `rep` for: an act on their lead, or a decision, unless it is `over`."""

    act: LinkAct
    lead: UUID
    rep: str
    who: str
    words: Words
    notify: tuple[Mapping[str, Any], ...]
    over: Said | None
    asker: tuple[Mapping[str, Any], ...] = ()
    """How the rep is told on whose wish somebody else is to decide."""
