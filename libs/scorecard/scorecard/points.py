"""How points add up: caps of groups, the scale, the cut; all whole numbers, all listed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lead_events import Contribution
from lead_events.words import Dimension
from rulebook.models import Group
from scorecard.compiled import CUT, SCALE, contribution

LOWEST, HIGHEST = 0, 100
CAP = "(cap:{})"
"""Contribution that takes off what a group gives beyond its cap."""


@dataclass(slots=True)
class Sum:
    """Points by group, of which one can change at a time; `total` is the score they make."""

    groups: Mapping[str, Group]
    full: int | None
    by_group: dict[str | None, int] = field(default_factory=dict)

    def add(self, group: str | None, points: int) -> None:
        """Add points to a group, or to those that are in none."""
        self.by_group[group] = self.by_group.get(group, 0) + points

    @property
    def total(self) -> int:
        """The score, 0-100."""
        return min(max(self._scaled(self._capped()), LOWEST), HIGHEST)

    def corrections(self, dimension: Dimension) -> Iterable[Contribution]:
        """What stands between the points and the score, so that all listed add up to it exactly."""
        for name, points in self.by_group.items():
            over = self._over(name, points)
            if over:
                group = self.groups[str(name)]
                yield contribution(CAP.format(name), dimension, -over, group.reason, group=name)
        capped = self._capped()
        scaled = self._scaled(capped)
        if scaled != capped:
            yield contribution(SCALE, dimension, scaled - capped, f"{self.full} points make 100")
        if scaled != self.total:
            reason = f"a score lies within {LOWEST}-{HIGHEST}"
            yield contribution(CUT, dimension, self.total - scaled, reason)

    def _capped(self) -> int:
        return sum(points - self._over(name, points) for name, points in self.by_group.items())

    def _over(self, name: str | None, points: int) -> int:
        group = None if name is None else self.groups.get(name)
        return 0 if group is None else max(0, points - group.most)

    def _scaled(self, points: int) -> int:
        return points if self.full is None else half_even(points * HIGHEST, self.full)


def half_even(numerator: int, denominator: int) -> int:
    """Their quotient rounded to the nearest whole number, half to even; `denominator` is above zero."""
    whole, left = divmod(numerator, denominator)
    if 2 * left > denominator or (2 * left == denominator and whole % 2):
        return whole + 1
    return whole
