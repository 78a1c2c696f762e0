"""What this instance did with notices: read = what became of them + in hand."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

HOP = "intake-notices"


class NoticeState(StrEnum):
    """What became of a notice that was read."""

    FETCHED = "fetched"  # its lead went to scoring
    PUT_BACK = "put_back"  # it waits on a retry topic
    GIVEN_UP = "given_up"  # it went to scoring as quarantined
    DEAD_LETTERED = "dead_lettered"


@dataclass(slots=True)
class Books:
    """Counts since this process started. `waiting`: records by topic that its partitions still hold."""

    taken: int = 0
    ignored: int = 0
    read: int = 0
    in_hand: int = 0
    became: dict[NoticeState, int] = field(default_factory=lambda: dict.fromkeys(NoticeState, 0))
    waiting: dict[str, int] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """Notices read of which nothing is known; 0 unless one was lost."""
        return self.read - self.in_hand - sum(self.became.values())

    def hop(self) -> dict[str, Any]:
        """As the conservation answer shows it."""
        return {
            "hop": HOP,
            "read": self.read,
            "effects": {state.value: count for state, count in self.became.items()},
            "in_hand": self.in_hand,
            "unaccounted": self.unaccounted,
        }
