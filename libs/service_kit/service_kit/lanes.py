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
"""So long bulk records may keep a batch busy while live ones come: whoever comes meanwhile waits as long. The
fixed cost of a batch does not count, live records alone would wait for it too. For as long as bulk kept the
batch busy the next bulk records wait, so that live ones find a processor free."""
BULK_AT_LEAST = 10
"""Bulk records of a batch, however slow they are."""
LIVE_LATELY = timedelta(seconds=10)
"""Without a live record for so long there is nobody to wait: a batch is filled with bulk ones."""
BULK_GATHERED = timedelta(milliseconds=250)
"""So long bulk is gathered where less of it came than a batch has room for: a file that is read slowly would
otherwise be taken row by row, at the cost of a batch for each, and keep the machine from reading on."""
BULK_MANY = 100
"""So many of a batch are many, whatever room it has."""
LONGEST_REST = timedelta(seconds=1)
"""A clock that was set back, or a batch that waited for a server, makes bulk rest no longer."""
_WEIGHT = 0.5
_MOST_SURPRISE = 3
"""A batch that takes so many times more than expected has waited for a server: the rest tells nothing."""
_FALL = 0.25
"""A batch lowers the cost of a record by this part at most, so that chance never makes room for seconds."""
_LOWEST_EACH = BULK_SECONDS / 1000
"""Seconds. Any lower, and even a full batch would hold too small a part of a room to raise it again."""


class BatchCost:
    """What batches cost, in seconds: `fixed` for the transactions of each, and `each` record on top.

    Learnt by normalised least mean squares (Widrow and Hoff's rule): half of what a batch took beyond what
    was expected goes to the two in the ratio 1 to x², x being its records in rooms, and a room what is
    thought to take BULK_SECONDS. So small batches teach `fixed` and full ones `each`, and batches of one size
    get their sum right. No room stays far too small: a full one always holds enough to teach `each`, and
    chance weighs against BULK_SECONDS, not against the few records. Live and bulk records are taken to cost
    the same.
    """

    def __init__(self) -> None:
        self.fixed = 0.0
        self.each = BULK_SECONDS / 100

    @property
    def room(self) -> int:
        """How many records take BULK_SECONDS, the transactions not counted."""
        return int(BULK_SECONDS / self.each)

    def learn(self, records: int, seconds: float) -> None:
        """Note what a batch of one record or more took."""
        expected = self.fixed + self.each * records
        surprise = min(seconds - expected, _MOST_SURPRISE * max(expected, BULK_SECONDS))
        rooms = records * self.each / BULK_SECONDS
        step = _WEIGHT * surprise / (1 + rooms**2)
        change = step * rooms / BULK_SECONDS
        self.fixed = max(0.0, self.fixed + step)
        self.each *= 1 + min(1.0, max(-_FALL * min(1.0, rooms) ** 2, change))
        self.each = max(_LOWEST_EACH, self.each)

    def part_of(self, bulk: int, records: int) -> float:
        """Share of a batch's time that its bulk records took: all of it, transactions too, without others."""
        return 1.0 if bulk == records else self.each * bulk / (self.fixed + self.each * records)


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
        self._bulk_from = self._gathers_until = datetime.min.replace(tzinfo=UTC)
        self._cost = BatchCost()

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
            return Choice.LIVE if self.rest(now) else Choice.BOTH
        if self._since_bulk >= BULK_SHARE - 1:
            return Choice.BULK
        return Choice.LIVE

    def rest(self, now: datetime) -> timedelta:
        """How long bulk still rests, or is gathered."""
        until = max(self._bulk_from, self._gathers_until) if self._is_in_use(now) else self._gathers_until
        rest = until - now
        return rest if timedelta() < rest <= LONGEST_REST else timedelta()

    def room_for_bulk(self, room: int, taken: Iterable[Record], now: datetime) -> int:
        """How many bulk records a batch with `room` left may still take, having `taken` these."""
        if not self._is_in_use(now):
            return room
        return max(0, min(room, self._most_bulk - self._bulk_in(taken)))

    def took(
        self, records: Collection[Record], seconds: float, now: datetime, *, is_full: bool = False
    ) -> None:
        """Note how long a batch has taken. `is_full`: it had room for no more records, bulk or live."""
        self._cost.learn(len(records), seconds)
        if bulk := self._bulk_in(records):
            busy = timedelta(seconds=seconds * self._cost.part_of(bulk, len(records)))
            self._bulk_from = now + min(busy, LONGEST_REST)
            if not is_full and bulk < min(self._most_bulk, BULK_MANY):
                self._gathers_until = now + BULK_GATHERED

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

    @property
    def _most_bulk(self) -> int:
        return max(BULK_AT_LEAST, self._cost.room)

    def _is_in_use(self, now: datetime) -> bool:
        return self._live_at is not None and timedelta() <= now - self._live_at <= LIVE_LATELY

    def _bulk_in(self, records: Iterable[Record]) -> int:
        return sum(record.topic in self._bulk_topics for record in records)

    def oldest_bulk(self, records: Iterable[Record], now: datetime) -> float | None:
        """Age in seconds of the oldest bulk record of a batch."""
        times = [r.broker_time for r in records if r.topic in self._bulk_topics]
        return max(0.0, (now - min(times)).total_seconds()) if times else None
