"""Live and bulk: imports never stand in front of a live buyer, and are never starved."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum

from service_kit.records import Record, TopicPartition

LIVE_LAG = timedelta(milliseconds=250)
"""Beyond this age of the live lane's records the bulk lane waits."""
BULK_SHARE = 20
"""While it waits, one batch in so many is its own."""
BULK_SECONDS = 0.05
"""So long bulk records may keep a batch busy while live ones come: whoever comes meanwhile waits as long. For
the same time again the next ones wait, so that live records find a processor free."""
BULK_AT_LEAST = 10
"""Bulk records of a batch, however slow they are."""
LIVE_LATELY = timedelta(seconds=10)
"""Without a live record for so long there is nobody to wait: a batch is filled with bulk ones."""
LONGEST_REST = timedelta(seconds=1)
"""A clock that was set back, or a batch that waited for a server, makes bulk rest no longer."""
_WEIGHT = 0.2


class Choice(Enum):
    """Which lanes the next batch reads."""

    BOTH = "both"  # live first, bulk fills the batch up
    LIVE = "live"  # bulk waits
    BULK = "bulk"  # its one batch in twenty


class Lanes:
    """Chooses the lanes of each batch, and how many bulk records it holds, from the batches before."""

    def __init__(self, bulk_topics: Collection[str]) -> None:
        self._bulk_topics = frozenset(bulk_topics)
        self._lagging = False
        self._since_bulk = 0
        self._live_at: datetime | None = None
        self._bulk_from = datetime.min.replace(tzinfo=UTC)
        self._seconds_each = BULK_SECONDS / 100

    @property
    def paused(self) -> bool:
        """Whether the bulk lane waits."""
        return self._lagging

    def split(self, assigned: Iterable[TopicPartition]) -> tuple[list[TopicPartition], list[TopicPartition]]:
        """Partitions of the live and of the bulk lane."""
        live, bulk = list[TopicPartition](), list[TopicPartition]()
        for place in sorted(assigned):
            (bulk if place.topic in self._bulk_topics else live).append(place)
        return live, bulk

    def choose(
        self, live: Collection[TopicPartition], bulk: Collection[TopicPartition], now: datetime
    ) -> Choice:
        """The lanes of the next batch."""
        if not live or not bulk:
            return Choice.BOTH
        if not self._lagging:
            rests = now < self._bulk_from <= now + LONGEST_REST and self._is_in_use(now)
            return Choice.LIVE if rests else Choice.BOTH
        if self._since_bulk >= BULK_SHARE - 1:
            return Choice.BULK
        return Choice.LIVE

    def room_for_bulk(self, room: int, taken: Iterable[Record], now: datetime) -> int:
        """How many bulk records a batch with `room` left may still take, having `taken` these."""
        if not self._is_in_use(now):
            return room
        most = max(BULK_AT_LEAST, int(BULK_SECONDS / self._seconds_each))
        return max(0, min(room, most - self._bulk_in(taken)))

    def took(self, records: Collection[Record], seconds: float, now: datetime) -> None:
        """Note how long a batch has taken."""
        each = seconds / len(records)
        self._seconds_each += _WEIGHT * (each - self._seconds_each)
        if bulk := self._bulk_in(records):
            self._bulk_from = now + min(timedelta(seconds=bulk * each), LONGEST_REST)

    def learn(self, choice: Choice, records: Iterable[Record], now: datetime) -> None:
        """Note a batch: without old live records, or with none at all, the live lane is not behind."""
        if choice is Choice.BULK:
            self._since_bulk = 0
            return
        newest = max((r.broker_time for r in records if r.topic not in self._bulk_topics), default=None)
        if newest is not None:
            self._live_at = now
        self._lagging = newest is not None and now - newest > LIVE_LAG
        self._since_bulk = self._since_bulk + 1 if self._lagging else 0

    def _is_in_use(self, now: datetime) -> bool:
        return self._live_at is not None and timedelta() <= now - self._live_at <= LIVE_LATELY

    def _bulk_in(self, records: Iterable[Record]) -> int:
        return sum(record.topic in self._bulk_topics for record in records)

    def oldest_bulk(self, records: Iterable[Record], now: datetime) -> float | None:
        """Age in seconds of the oldest bulk record of a batch."""
        times = [r.broker_time for r in records if r.topic in self._bulk_topics]
        return max(0.0, (now - min(times)).total_seconds()) if times else None
