"""What a desk holds while it has the locks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from router.domain.roster import Pool
from router.domain.turns import Turns


@dataclass(slots=True)
class LockedPool:
    """A pool's row while its lock is held. `version` is the rulebook version its reps were last chosen by."""

    pool: Pool
    drain_due: bool
    next_opening: datetime | None
    turns_before: Turns
    version: int = 0

    def record(self) -> Mapping[str, object]:
        """As the decision record keeps it."""
        opening = self.next_opening.isoformat() if self.next_opening is not None else None
        return {"drain_due": self.drain_due, "next_opening": opening, "reps": len(self.pool.reps)}


@dataclass(frozen=True, slots=True)
class Member:
    """Who a rep is to a pool."""

    id: str
    team: str
    email: str
