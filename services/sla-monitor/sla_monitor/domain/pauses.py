"""When a round stood still, and for which reason."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lead_events.words import ProgressKind
from sla_monitor.domain.facts import Fact

Span = tuple[datetime, datetime | None]
"""Half-open; None: without an end yet."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of a round in which what the reason names stands still. `end` None: until it is resumed."""

    start: datetime
    end: datetime | None
    code: str | None

    @property
    def span(self) -> Span:
        """Its moments alone."""
        return self.start, self.end


def pauses_of(ordered: Sequence[Fact], round_: int, stops: Callable[[str | None], bool]) -> list[Pause]:
    """The pauses of a round for reasons that stop what is asked about, by their start.

    Each lasts until its own end or the first resume after it; they may overlap.
    """
    of_round = [fact for fact in ordered if fact.round == round_]
    return [*_latest_first(of_round, stops)][::-1]


def _latest_first(ordered: Sequence[Fact], stops: Callable[[str | None], bool]) -> Iterator[Pause]:
    resumed: datetime | None = None
    for fact in reversed(ordered):
        if fact.kind is ProgressKind.RESUMED:
            resumed = fact.at
        elif fact.kind is ProgressKind.PAUSED and stops(fact.detail.code):
            end = min((end for end in (fact.detail.until, resumed) if end is not None), default=None)
            if end is None or end > fact.at:
                yield Pause(fact.at, end, fact.detail.code)


def is_paused(spans: Sequence[Span], at: datetime) -> bool:
    """Whether `at` lies in one of these stretches."""
    return any(start <= at and (end is None or at < end) for start, end in spans)
