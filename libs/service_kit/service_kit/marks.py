"""How far the store knows the topics that its own service writes: marks, kept as consumers' positions are."""

from collections.abc import Collection, Iterable, Mapping

from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.clock import Clock
from service_kit.lineage import StoreWentBack
from service_kit.made_anew import Length, Lengths
from service_kit.positions import positions_of
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from service_kit.records import TopicPartition

_q = load_queries("service_kit")
Own = Iterable[tuple[str, Collection[TopicPartition]]]
"""Partitions of own topics, each with the name that its mark stands under."""


class Marks:
    """The marks of one service, and what this process has noted of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._lengths = Lengths(clock)
        self._noted: dict[tuple[str, TopicPartition], int] = {}

    async def begin(self, own: Own) -> None:
        """The store lacks all that stands there, all of it or none marked so."""
        async with self._database.transaction() as conn:
            for name, places in own:
                await _advance(conn, name, dict.fromkeys(sorted(places), 0))

    async def checked(self, name: str, place: TopicPartition, mark: int, begin: int, end: int) -> int:
        """The mark of a partition from `begin` to `end`; `begin` if its topic was made anew since.

        Raises BrokerUnavailable while it may only look shorter than it is, and what the store raises.
        """
        length = self._lengths.judge(place, mark, end)
        if length is Length.SHORTER:
            raise BrokerUnavailable(f"{place.topic} is shorter than what was read of it: is it made anew?")
        if length is Length.KNOWN:
            return mark
        async with self._database.acquire() as conn:
            await conn.execute(_q.reset_position, name, place.topic, place.partition, begin)
        return begin

    async def note(self, client: ConsumerClient, own: Own) -> None:
        """The store knows all that stands there now.

        Raises StoreWentBack, BrokerUnavailable and what the store raises.
        """
        for name, places in own:
            if not places:  # told to stop before any were dealt
                continue
            ends = await client.end_offsets(places)  # before the transaction: what stands there is committed
            async with self._database.transaction() as conn:
                await self._move(conn, name, ends)
            self._noted |= {(name, place): end for place, end in ends.items()}

    async def _move(self, conn: Connection, name: str, ends: Mapping[TopicPartition, int]) -> None:
        marks = positions_of(await conn.fetch(_q.lock_positions, name))
        for place, end in ends.items():
            mark = marks.get(place, 0)
            if mark < self._noted.get((name, place), 0):
                raise StoreWentBack
            if self._lengths.judge(place, mark, end) is Length.MADE_ANEW:
                await conn.execute(_q.reset_position, name, place.topic, place.partition, end)
        await _advance(conn, name, ends)


async def _advance(conn: Connection, name: str, marks: Mapping[TopicPartition, int]) -> None:
    columns = [p.topic for p in marks], [p.partition for p in marks], list(marks.values())
    await conn.execute(_q.advance, name, *columns, [], [], [], [])
