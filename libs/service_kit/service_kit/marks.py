"""How far the store knows the topics that its own service writes: marks, kept as consumers' positions are."""

from collections.abc import Collection, Iterable, Mapping

from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.clock import Clock
from service_kit.lineage import StoreWentBack
from service_kit.made_anew import Length, Lengths, too_short
from service_kit.positions import positions_of, stored_positions
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

    async def check(self, client: ConsumerClient, own: Own) -> None:
        """Mark the topics that were made anew since at their beginning.

        Raises BrokerUnavailable while one may only look shorter than it is, and what the store raises.
        """
        judged: dict[tuple[str, TopicPartition], Length] = {}
        for name, places in own:
            stored = await stored_positions(self._database, name)
            marks = {place: stored[place] for place in places if place in stored}
            lengths = self._lengths.judge_all(marks, await client.end_offsets(list(marks)) if marks else {})
            judged |= {(name, place): length for place, length in lengths.items()}
        if shorter := [place for (_, place), length in judged.items() if length is Length.SHORTER]:
            raise BrokerUnavailable(too_short(shorter))
        anew = [each for each, length in judged.items() if length is Length.MADE_ANEW]
        begins = await client.beginning_offsets([place for _, place in anew]) if anew else {}
        async with self._database.transaction() as conn:
            for name, place in anew:
                await conn.execute(_q.reset_position, name, place.topic, place.partition, begins[place])

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
