"""The numbers that intake instances give to what they accept: which have arrived, and which are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lead_events.words import NOTICE_RUN

GRACE = timedelta(seconds=30)
"""A number is missing for good when a higher one arrived and the instance was heard again this much later.

All in broker time, and counted only as far as every partition has been read.
"""
GRACE_OF_NOTICES = timedelta(days=11)
"""The same for numbers of vendors' notices: their leads are fetched for up to ten days."""
HIGHEST_NUMBER = 2**62
"""A number beyond it was not counted by any intake and is left out of the books."""

Span = tuple[int, int]
"""First number, and the one after the last."""


def spans(numbers: Iterable[int]) -> list[Span]:
    """The numbers as spans, in order, none touching another."""
    found: list[Span] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def missing(arrived: Iterable[Span], up_to: int) -> list[Span]:
    """The gaps of 1..up_to (included) in spans given in order."""
    gaps: list[Span] = []
    expected = 1
    for first, after in arrived:
        if first > expected:
            gaps.append((expected, min(first, up_to + 1)))
        expected = max(expected, after)
        if expected > up_to:
            return gaps
    gaps.append((expected, up_to + 1))
    return gaps


def size(found: Iterable[Span]) -> int:
    """How many numbers the spans hold."""
    return sum(after - first for first, after in found)


@dataclass(frozen=True, slots=True)
class Heard:
    """How far an instance was heard.

    Numbers up to `settled` are followed by a higher one and by further news at least GRACE later, all of it
    read; `sampled` is the next to become so.
    """

    highest: int
    last_at: datetime
    settled: int
    sampled: int
    sampled_at: datetime

    def hear(
        self, highest: int, at: datetime, read_up_to: datetime | None, grace: timedelta = GRACE
    ) -> "Heard":
        """Having read numbers up to `highest`, the latest taken by the broker at `at`.

        `read_up_to`: everything the broker took before has been read; None when that is not known yet.
        """
        highest, last = max(self.highest, highest), max(self.last_at, at)
        if read_up_to is None or min(last, read_up_to) - self.sampled_at < grace:
            return Heard(highest, last, self.settled, self.sampled, self.sampled_at)
        return Heard(highest, last, self.sampled, highest, last)


def grace_of(instance: str) -> timedelta:
    """How long a missing number of that instance may still arrive."""
    return GRACE_OF_NOTICES if instance.endswith(NOTICE_RUN) else GRACE


def first_heard(highest: int, at: datetime) -> Heard:
    """An instance's first numbers."""
    return Heard(highest, at, 0, highest, at)


@dataclass(frozen=True, slots=True)
class Account:
    """The books of one instance: accepted = arrived + unaccounted + unknown.

    `unaccounted` numbers are lost unless proven otherwise. `unknown` ones were still open when the instance
    was last heard: on their way, void and not yet reported so, or gone with a process that never answered.
    """

    instance: str
    highest: int
    arrived: int
    unaccounted: int
    unknown: int


def account(instance: str, arrived: list[Span], heard: Heard) -> Account:
    """Sort the missing numbers of an instance."""
    gaps = missing(arrived, heard.highest)
    settled = size(missing(arrived, heard.settled)) if heard.settled else 0
    return Account(instance, heard.highest, heard.highest - size(gaps), settled, size(gaps) - settled)
