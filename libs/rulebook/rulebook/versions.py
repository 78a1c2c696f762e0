"""The versions of a rulebook over time. Everybody chooses by event time, so all pods switch together."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulebook.models import Rulebook

NOTICE = timedelta(seconds=30)
"""A later version takes effect this long after its publication at the earliest, so that every pod has it by
then."""


class NoRulebookYet(LookupError):
    """No version is known: answer 503, or wait for the first publication."""


class TakesEffectTooSoon(ValueError):
    """The asked moment is less than 30 seconds ahead: choose a later one, or none for the earliest
    possible."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """One version and the moment from which it decides."""

    version: int
    effective_from: datetime
    rulebook: Rulebook


class History:
    """All known versions. Immutable; `with_version` gives a new one."""

    __slots__ = ("_starts", "_versions")

    def __init__(self, versions: Iterable[Versioned] = ()) -> None:
        by_number = {versioned.version: versioned for versioned in versions}
        self._versions = sorted(by_number.values(), key=lambda each: (each.effective_from, each.version))
        self._starts = [each.effective_from for each in self._versions]

    def at(self, time: datetime) -> Versioned:
        """The version in force at `time`: the one that took effect last, of two at once the later published.

        Before all of them the first published version holds. Raises NoRulebookYet when there is none.
        """
        if not self._versions:
            raise NoRulebookYet("no rulebook is published yet; publish one with `baton rulebook publish`")
        place = bisect_right(self._starts, time)
        return self._versions[place - 1] if place else min(self._versions, key=lambda each: each.version)

    def newest(self) -> Versioned:
        """The version published last, in force or not. Raises NoRulebookYet."""
        if not self._versions:
            raise NoRulebookYet("no rulebook is published yet; publish one with `baton rulebook publish`")
        return max(self._versions, key=lambda each: each.version)

    def between(self, after: datetime, until: datetime) -> list[Versioned]:
        """The versions that came into force after a moment and by another, in that order."""
        return self._versions[bisect_right(self._starts, after) : bisect_right(self._starts, until)]

    def __iter__(self) -> Iterator[Versioned]:
        return iter(self._versions)

    def with_version(self, versioned: Versioned) -> "History":
        """This history and one more version; a version known already stays as it was."""
        return self if versioned.version in self else History([*self._versions, versioned])

    def __contains__(self, version: object) -> bool:
        return any(each.version == version for each in self._versions)

    def __len__(self) -> int:
        return len(self._versions)


def effective_moment(asked: datetime | None, *, now: datetime, is_first: bool) -> datetime:
    """When a version published `now` takes effect; the first holds from the beginning of time whatever is
    asked.

    Raises TakesEffectTooSoon for a moment less than NOTICE ahead.
    """
    earliest = now + NOTICE
    if is_first or asked is None:
        return now if is_first else earliest
    if asked < earliest:
        raise TakesEffectTooSoon(
            f"effective_from {asked.isoformat()} is too soon; "
            f"write {earliest.isoformat()} or later, or leave it out"
        )
    return asked
