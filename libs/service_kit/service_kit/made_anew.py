"""Topics that are shorter than what was read of them: made anew, or reported too short for a moment."""

from collections.abc import Iterable, Mapping
from enum import Enum

from service_kit.clock import Clock
from service_kit.records import TopicPartition

SHORTER_SECONDS = 15.0
"""A topic must stay shorter than what was read of it for this long before it counts as made anew: a broker
that has just come back may report its high watermark too low for a moment."""


class Length(Enum):
    """A partition beside the position up to which it was read."""

    KNOWN = "known"  # it reaches as far, or farther
    SHORTER = "shorter"  # perhaps for a moment: ask again
    MADE_ANEW = "made_anew"  # for so long that what was read is not there any more


class Lengths:
    """Judges partitions again and again, and remembers since when one is too short."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shorter_since: dict[TopicPartition, float] = {}

    def judge(self, place: TopicPartition, position: int, end: int) -> Length:
        """What a partition that ends at `end` is, of which all before `position` was read."""
        if position <= end:
            self._shorter_since.pop(place, None)
            return Length.KNOWN
        now = self._clock.monotonic()
        is_over = now - self._shorter_since.setdefault(place, now) >= SHORTER_SECONDS
        return Length.MADE_ANEW if is_over else Length.SHORTER

    def judge_all(
        self, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, Length]:
        """Each of `positions`. All that were made anew count as such at the same time: a topic has dozens."""
        return {place: self.judge(place, position, ends[place]) for place, position in positions.items()}


def too_short(places: Iterable[TopicPartition]) -> str:
    """A sentence about partitions that are SHORTER."""
    topics = ", ".join(sorted({place.topic for place in places}))
    return f"shorter than what was read of them: {topics}; were they made anew?"
