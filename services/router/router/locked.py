"""What a desk holds while it has the locks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from router.domain.pool import Pool
from router.memory import Memory


@dataclass(slots=True)
class LockedPool:
    """A pool's row while its lock is held. `pool` has the reps that `version` of the rulebook puts in it."""

    id: str
    drain_due: bool
    next_opening: datetime | None
    memory: Memory
    pool: Pool | None = None
    version: int = 0

    def plan_opening(self, at: datetime | None, now: datetime) -> None:
        """A lead waits that may find somebody then."""
        if at is not None and at > now:
            self.next_opening = min(self.next_opening or at, at)

    def record(self) -> Mapping[str, object]:
        """As the decision record keeps it."""
        opening = self.next_opening.isoformat() if self.next_opening is not None else None
        reps = len(self.pool.reps) if self.pool is not None else 0
        return {"drain_due": self.drain_due, "next_opening": opening, "reps": reps}


@dataclass(frozen=True, slots=True)
class Member:
    """Who a rep is to a pool."""

    id: str
    team: str
    email: str
    is_active: bool = True
