"""One attempt at a batch: one PostgreSQL transaction, all of it or nothing."""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from service_kit import deadletters
from service_kit.batch import Batch, Event, read_event
from service_kit.deadletters import Stop, dead_letter
from service_kit.errors import Permanent, describe, is_transient
from service_kit.failpoints import failpoint
from service_kit.logs import logger
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from service_kit.records import Outgoing, Record, TopicPartition
from service_kit.spec import ConsumerSpec

if TYPE_CHECKING:
    from service_kit.tracing_batches import Processing
    from service_kit.tracing_spans import Tracing

_q = load_queries("service_kit")
_log = logger(__name__)

REPEATS = "repeats"
DEAD_LETTERS = "dead_letters"
READ = "read"
EFFECT = "effect:"


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a batch: its event, or why it is none."""

    record: Record
    event: Event | None
    reason: str | None = None

    @classmethod
    def of(cls, record: Record) -> "Item":
        """A record decoded, or what is wrong with it."""
        try:
            return cls(record, read_event(record))
        except Permanent as error:
            return cls(record, None, str(error))


@dataclass(slots=True)
class Settled:
    """What a committed attempt leaves to do, and what it counted."""

    row_ids: list[int]
    outgoing: Sequence[Outgoing]
    positions: dict[TopicPartition, int]
    counts: Counter[tuple[TopicPartition, str]]
    dead: list[tuple[Record, str]] = field(default_factory=list)
    stop: Stop | None = None


class Settler:
    """Settles batches of one consumer: inbox, effects, outbox, position and counts in one transaction."""

    def __init__(
        self,
        database: Database,
        spec: ConsumerSpec,
        *,
        source: str,
        claim: timedelta,
        dead_letter_limit: int,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._database = database
        self._spec = spec
        self._source = source
        self._claim = claim
        self._limit = dead_letter_limit
        self._tracing = tracing

    async def settle(self, items: Sequence[Item]) -> Settled:
        """Commit the effects of all items. Raises what broke; then nothing has happened."""
        if self._tracing is None:
            return await self._settle(items, None)
        from service_kit.tracing_batches import Processing

        processing = Processing(self._tracing, self._spec)
        try:
            return await self._settle(items, processing)
        except BaseException as error:
            processing.fail(error)
            raise

    async def _settle(self, items: Sequence[Item], processing: "Processing | None") -> Settled:
        await failpoint("consumer.before_transaction")
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            fresh = await self._take(conn, items)
            if processing is not None:
                processing.begin(fresh)
            batch = self._batch(conn, now, fresh, processing)
            await failpoint("consumer.in_transaction")
            if fresh:
                with processing.current() if processing is not None else nullcontext():
                    await self._spec.handler(batch)
                batch.check_complete()
            if self._spec.on_read is not None:
                await self._spec.on_read(batch, [item.event for item in items if item.event is not None])
            if batch.rejected:
                await self._give_back(conn, batch)
            settled = await self._close(batch, items, fresh)
            await failpoint("consumer.before_commit")
        batch.committed()
        if processing is not None:
            processing.end(batch.effects, batch.rejected)
        await failpoint("consumer.after_commit")
        return settled

    async def bury(self, item: Item, reason: str) -> Settled:
        """Commit one record as a dead letter, without its handler; `on_read` is shown it all the same.

        What the record breaks in `on_read` too is left undone, or it would never be out of the way.
        """
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            batch = self._batch(conn, now, [])
            if item.event is not None:
                await self._show(batch, item.event)
            settled = await self._close(batch, [Item(item.record, None, reason)], [])
        batch.committed()
        return settled

    async def _show(self, batch: Batch, event: Event) -> None:
        if self._spec.on_read is None:
            return
        try:
            async with batch.conn.transaction():  # a savepoint: the burial goes on without it
                await self._spec.on_read(batch, [event])
        except Exception as error:
            if is_transient(error):
                raise
            _log.error("a dead letter is not in the books", event_id=str(event.id), error=describe(error))

    def _batch(
        self,
        conn: Connection,
        now: datetime,
        events: Sequence[Event],
        processing: "Processing | None" = None,
    ) -> Batch:
        return Batch(
            conn,
            now=now,
            clock=self._database.clock,
            source=self._source,
            events=events,
            kinds=self._spec.effects,
            tracing=self._tracing,
            processing=processing,
        )

    async def _take(self, conn: Connection, items: Sequence[Item]) -> list[Event]:
        """The events not taken before, in order of arrival, the first record of each id."""
        first: dict[UUID, Event] = {}
        for item in items:
            if item.event is not None:
                first.setdefault(item.event.id, item.event)
        if not first:
            return []
        ordered = sorted(first.values(), key=lambda event: (event.day, event.id.bytes))
        rows = await conn.fetch(
            _q.insert_inbox, self._spec.name, [e.day for e in ordered], [e.id for e in ordered]
        )
        if len(rows) == len(first):
            return list(first.values())
        new = {row["event_id"] for row in rows}
        return [event for identity, event in first.items() if identity in new]

    async def _give_back(self, conn: Connection, batch: Batch) -> None:
        rejected = [event for event in batch.events if event.id in batch.rejected]
        await conn.execute(
            _q.delete_inbox, self._spec.name, [e.day for e in rejected], [e.id for e in rejected]
        )

    async def _close(self, batch: Batch, items: Sequence[Item], fresh: Sequence[Event]) -> Settled:
        """Count, bury what is dead, store what goes out, move the positions."""
        counts, dead = self._account(batch, items, fresh)
        stop = None
        for record, reason in dead:
            batch.emit_raw(dead_letter(record, consumer=self._spec.name, reason=reason, at=batch.now))
        if dead:
            stop = await deadletters.count(
                batch.conn, consumer=self._spec.name, records=len(dead), limit=self._limit, now=batch.now
            )
        row_ids = await batch.write_outbox(self._claim)
        positions = {item.record.place: item.record.offset + 1 for item in items}
        await self._advance(batch.conn, positions, counts)
        return Settled(row_ids, batch.outgoing, positions, counts, dead, stop)

    def _account(
        self, batch: Batch, items: Sequence[Item], fresh: Sequence[Event]
    ) -> tuple[Counter[tuple[TopicPartition, str]], list[tuple[Record, str]]]:
        """Read = effects by kind + repeats + dead letters, for each partition."""
        # by identity: of two records with one id, only the one that was handled carries the effect
        handled = {id(event) for event in fresh}
        counts: Counter[tuple[TopicPartition, str]] = Counter()
        dead: list[tuple[Record, str]] = []
        for item in items:
            place = item.record.place
            counts[place, READ] += 1
            reason = item.reason
            if item.event is not None and id(item.event) not in handled:
                counts[place, REPEATS] += 1
                continue
            if item.event is not None:
                reason = batch.rejected.get(item.event.id)
            if item.event is None or reason is not None:
                counts[place, DEAD_LETTERS] += 1
                dead.append((item.record, reason or "undecodable"))
            else:
                counts[place, EFFECT + batch.effects[item.event.id]] += 1
        return counts, dead

    async def _advance(
        self,
        conn: Connection,
        positions: dict[TopicPartition, int],
        counts: Counter[tuple[TopicPartition, str]],
    ) -> None:
        # sorted, so that two pods that hold one partition for a moment lock its rows in one order
        places = sorted(positions)
        counted = sorted(counts)
        await conn.execute(
            _q.advance,
            self._spec.name,
            [place.topic for place in places],
            [place.partition for place in places],
            [positions[place] for place in places],
            [place.topic for place, _ in counted],
            [place.partition for place, _ in counted],
            [kind for _, kind in counted],
            [counts[key] for key in counted],
        )
