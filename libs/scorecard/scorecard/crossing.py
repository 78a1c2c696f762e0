"""When time alone will move a lead: computed from the steps of what fades, never looked for."""

import heapq
from collections.abc import Iterator
from datetime import datetime

from lead_events.words import Quadrant
from rulebook.models import Scorecard
from scorecard.decay import Fading
from scorecard.score import Fades, is_high


def next_crossing(card: Scorecard, fades: Fades, quadrant: Quadrant, now: datetime) -> datetime | None:
    """The first moment after `now` at which interest becomes high or ceases to be; None: never by time."""
    is_up = quadrant in (Quadrant.PERFECT, Quadrant.CURIOUS)
    if not fades.acts:
        return None
    running = fades.at(now)
    for moment, group, change in _changes(fades, now):
        running.add(group, change)
        if is_high(card, running.total, was_high=is_up) != is_up:
            return moment
    return None


def _changes(fades: Fades, now: datetime) -> Iterator[tuple[datetime, str | None, int]]:
    """Every change of an act's points after `now`, in the order of time."""
    streams = [_of_act(number, *each, now) for number, each in enumerate(fades.acts)]
    for moment, _, group, change in heapq.merge(*streams, key=lambda each: each[:2]):
        yield moment, group, change


def _of_act(
    number: int, group: str | None, act: Fading, now: datetime
) -> Iterator[tuple[datetime, int, str | None, int]]:
    before = act.points(now)
    for moment, points in act.steps(now):
        yield moment, number, group, points - before
        before = points
