"""Where a consumer reads on, and how far it says it has read. The store decides; Kafka's offsets serve lag
only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.clock import Clock
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.made_anew import Length, Lengths
from service_kit.postgres import Database
from service_kit.queries import load_queries
from service_kit.records import Assignment, Record, TopicPartition
from service_kit.spec import ConsumerSpec, Progress

_q = load_queries("service_kit")
_log = logger(__name__)

REPORT_SECONDS = 0.2


class Positions:
    """Positions of the partitions held, in step with the store."""

    def __init__(self, database: Database, spec: ConsumerSpec, clock: Clock) -> None:
        self._database = database
        self._spec = spec
        self._clock = clock
        self._next: dict[TopicPartition, int] = {}
        self._last_time: dict[TopicPartition, datetime] = {}
        self._lengths = Lengths(clock)
        self._reported_at = float("-inf")

    def next_of(self, place: TopicPartition, otherwise: int) -> int:
        """The offset to read next; `otherwise` for a partition not held."""
        return self._next.get(place, otherwise)

    def expected(self, records: Iterable[Record]) -> list[Record]:
        """Those at or after the position of a partition held."""
        kept = [r for r in records if r.offset >= self._next.get(r.place, r.offset + 1)]
        for record in kept:
            self._last_time[record.place] = record.broker_time
        return kept

    def moved(self, positions: Mapping[TopicPartition, int]) -> None:
        """Note what a committed batch has reached."""
        self._next.update(positions)

    async def adopt(self, client: ConsumerClient, assignment: Assignment) -> dict[TopicPartition, int] | None:
        """Offsets to seek to: the store's positions, else the first record kept.

        None while a topic looks shorter than what was read of it. Raises BrokerUnavailable and what the
        store raises.
        """
        places = assignment.partitions
        stored = await stored_positions(self._database, self._spec.name)
        begins = await client.beginning_offsets(places) if places else {}
        ends = await client.end_offsets(places) if places else {}
        offsets = {place: max(stored.get(place, 0), begins[place]) for place in places}
        lengths = self._lengths.judge_all(offsets, ends)
        if Length.SHORTER in lengths.values():
            return None
        for place, length in lengths.items():
            if length is Length.MADE_ANEW:
                await self._begin_anew(place, offsets[place], ends[place], begins[place])
                offsets[place] = begins[place]
        self._next = dict(offsets)
        self._last_time = {}
        return offsets

    async def _begin_anew(self, place: TopicPartition, position: int, end: int, begin: int) -> None:
        _log.error(
            "topic is shorter than what was read of it: reading it from its start",
            consumer=self._spec.name,
            topic=place.topic,
            partition=place.partition,
            position=position,
            end=end,
        )
        async with self._database.acquire() as conn:
            await conn.execute(_q.reset_position, self._spec.name, place.topic, place.partition, begin)

    async def report(self, client: ConsumerClient, assignment: Assignment) -> None:
        """Every 200 ms tell the spec's hook how far each partition held has been read.

        At the end of a partition that is the database's time from before its end was asked; else the broker
        time of the last record settled. A partition of which nothing is known yet is left out.
        """
        hook = self._spec.on_positions
        now = self._clock.monotonic()
        if hook is None or not assignment.partitions or now - self._reported_at < REPORT_SECONDS:
            return
        self._reported_at = now
        try:
            async with self._database.acquire() as conn:
                asked_at = await self._database.clock.now(conn)
            ends = await client.end_offsets(assignment.partitions)
            if client.assignment() == assignment:
                await hook(self._progress(ends, asked_at))
        except BrokerUnavailable:
            return
        except Exception as error:
            # the next round says it again; a reader takes silence for standing still, which is the truth
            _log.warning("progress not written", consumer=self._spec.name, error=describe(error))

    def _progress(self, ends: Mapping[TopicPartition, int], asked_at: datetime) -> list[Progress]:
        progress = []
        for place, end in sorted(ends.items()):
            if self._next.get(place) == end:
                progress.append(Progress(place.topic, place.partition, asked_at))
            elif place in self._last_time:
                progress.append(Progress(place.topic, place.partition, self._last_time[place]))
        return progress


async def stored_positions(database: Database, consumer: str) -> dict[TopicPartition, int]:
    """Where a consumer reads on, as the store has it."""
    async with database.acquire() as conn:
        return positions_of(await conn.fetch(_q.select_positions, consumer))


def positions_of(rows: Sequence[Any]) -> dict[TopicPartition, int]:
    """Rows of the table `position`, of one consumer."""
    return {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
