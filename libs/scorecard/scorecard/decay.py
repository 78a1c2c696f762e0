"""Points that fade: an act's points halve with every half-life, and are whole numbers at any moment.

Each act is rounded by itself, half to even, so a sum of acts is a sum of listed integers. An act steps down a
point when its exact value falls through half a point more, at a moment that is computed and never looked for.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=36_500)
"""No step is awaited for longer than a century."""
LAST = datetime(9000, 1, 1, tzinfo=UTC)
"""An act of later is a clock gone wrong; its steps would lie beyond what a date can say."""


@dataclass(frozen=True, slots=True)
class Fading:
    """`full` points (any sign, already damped) at `at`, half as many each `half_life` later."""

    full: float
    at: datetime
    half_life: timedelta

    def points(self, now: datetime) -> int:
        """Whole points at `now`. An act from the future, as by a clock that is wrong, counts whole."""
        age = max(0.0, (now - self.at).total_seconds())
        return round(self.full * math.exp2(-age / self.half_life.total_seconds()))

    def steps(self, now: datetime) -> Iterator[tuple[datetime, int]]:
        """The moments after `now` at which its points change, in order, and what they are from then on."""
        if self.at > LAST:
            return
        before = self.points(now)
        sign = 1 if before > 0 else -1
        for points in range(abs(before) - 1, -1, -1):
            # |full| x 2^(-age/half_life) = points + 1/2
            age = self.half_life * math.log2(abs(self.full) / (points + 0.5))
            if age > LONGEST:
                return
            moment = max(self.at + age, now) + timedelta(microseconds=1)
            while self.points(moment) != sign * points:  # what rounding of floats and to microseconds leaves
                moment += timedelta(microseconds=1)
            yield moment, sign * points


def gone_after(points: int, half_life: timedelta) -> timedelta:
    """How long an act of so many points counts at all: from then on it rounds to nothing."""
    if points == 0:
        return timedelta()
    return min(half_life * math.log2(2 * abs(points)), LONGEST) + timedelta(microseconds=1)
