"""The consumer loop: take, settle in one transaction, publish, delete, commit offsets last."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from heapq import merge
from typing import TYPE_CHECKING

from service_kit import deadletters, metrics
from service_kit.broker import Broker, BrokerUnavailable, ConsumerClient, Publisher
from service_kit.clock import Clock, pause
from service_kit.consumer_figures import ConsumerFigures
from service_kit.errors import describe, is_transient
from service_kit.failpoints import failpoint
from service_kit.lag import LagShown
from service_kit.lanes import Choice, Lanes
from service_kit.logs import logger
from service_kit.outbox import publish_now
from service_kit.pace import Pace
from service_kit.perseverance import Abandoned, Perseverance
from service_kit.positions import Positions
from service_kit.postgres import Database
from service_kit.records import Assignment, Record, TopicPartition
from service_kit.settings import ServiceSettings
from service_kit.settle import Item, Settled, Settler
from service_kit.spec import ConsumerSpec
from service_kit.watchdog import Watchdog

if TYPE_CHECKING:
    from service_kit.tracing_spans import Tracing

_log = logger(__name__)

ROUND_SECONDS = 0.2
"""An idle round ends after this time, so that stop, progress and resume are noticed."""
COMMIT_SECONDS = 0.5
"""Offsets serve lag only; they are committed at most this often, and at the end."""
HELD_SECONDS = 1.0
"""How often a store is asked whether the dead-letter limit holds the consumer."""
WATCH_SECONDS = 5.0
YIELD_EVERY = 50
"""Records decoded between two yields to the event loop, which also carries the heartbeats."""
_UNASSIGNED = Assignment(-1, frozenset())


class Consumer:
    """Part: reads the spec's topics and carries every record to its effect or to a dead letter.

    One instance is one member of the group. A second run after `run` has returned needs a new instance.
    """

    def __init__(
        self,
        spec: ConsumerSpec,
        *,
        database: Database,
        publisher: Publisher,
        broker: Broker,
        clock: Clock,
        settings: ServiceSettings,
        tracing: "Tracing | None" = None,
    ) -> None:
        self.spec = spec
        self.name = f"consumer {spec.name}"
        self._database = database
        self._publisher = publisher
        self._broker = broker
        self._clock = clock
        self._batch_max = spec.batch_max or settings.batch_max
        self._pace = Pace((settings.gather_ms if spec.gather_ms is None else spec.gather_ms) / 1000)
        self._stopping = asyncio.Event()
        self._restart = asyncio.Event()
        self._lanes = Lanes(spec.bulk_topics)
        self._positions = Positions(database, spec, clock)
        self._watchdog = Watchdog(clock.monotonic())
        settler = Settler(
            database,
            spec,
            source=f"baton/{settings.service}",
            claim=timedelta(milliseconds=settings.outbox_claim_ms),
            dead_letter_limit=settings.dead_letter_limit,
            tracing=tracing,
        )
        self._perseverance = Perseverance(
            settler, database, clock, consumer=spec.name, stopping=self._stopping, on_settled=self._settled
        )
        self._assignment = _UNASSIGNED
        self._uncommitted: dict[TopicPartition, int] = {}
        self._committed_at = self._held_at = float("-inf")
        self._lag_shown = LagShown(spec.name)
        self._figures = ConsumerFigures(spec, clock, self._lanes)
        self._working = False
        self._silent: str | None = None
        self._held: str | None = None
        self._trouble: str | None = "not connected to Kafka yet"
        self._figures.create_series()

    # -- life ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Consume until `stop`; then finish the batch in hand, commit and leave the group."""
        while not self._stopping.is_set():
            self._restart.clear()
            client = self._broker.consumer(self.spec.group, [*self.spec.topics, *self.spec.bulk_topics])
            try:
                await client.start()
            except BrokerUnavailable as error:
                self._trouble = str(error)
                await pause(self._clock, 1.0, unless=self._stopping)
                continue
            try:
                await self._consume(client)
            finally:
                await client.stop()

    def stop(self) -> None:
        """Finish the batch in hand, commit, leave. A batch that waits to be repeated is left to the next
        owner.
        """
        self._stopping.set()

    @property
    def is_held(self) -> bool:
        """Whether it stands still at the dead-letter limit until somebody lets it go on."""
        return self._held is not None

    def not_ready(self) -> str | None:
        """Why nothing is consumed now: the limit, a store or a broker that is away."""
        return self._held or self._perseverance.waiting_for or self._trouble or self._silent

    def is_caught_up(self, ends: dict[TopicPartition, int]) -> bool:
        """Whether all these partitions are settled up to the offsets given. For tests that wait for a
        result.
        """
        return all(self._positions.next_of(place, 0) >= end for place, end in ends.items())

    async def _consume(self, client: ConsumerClient) -> None:
        self._assignment = _UNASSIGNED
        self._watchdog.moved(self._clock.monotonic())
        watch = asyncio.create_task(self._watch(client))
        try:
            while not self._stopping.is_set() and not self._restart.is_set():
                try:
                    await self._round(client)
                except BrokerUnavailable as error:
                    self._trouble = str(error)
                    # part of a batch may have been fetched already: seek anew, or it would be skipped
                    self._assignment = _UNASSIGNED
                    await pause(self._clock, ROUND_SECONDS, unless=self._stopping)
            await self._commit(client, at_most_every=0)
        except Abandoned as reason:
            _log.info("batch left to the next owner", consumer=self.spec.name, reason=str(reason))
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    # -- one round -------------------------------------------------------------------------------------------

    async def _round(self, client: ConsumerClient) -> None:
        if await self._is_held():
            await pause(self._clock, ROUND_SECONDS, unless=self._stopping)
            return
        if client.assignment() != self._assignment and not await self._adopt(client):
            await pause(self._clock, ROUND_SECONDS, unless=self._stopping)
            return
        self._trouble = None
        choice, records = await self._take(client)
        if client.assignment() != self._assignment:
            return  # fetched under an assignment that is over: the next round seeks anew
        records = self._positions.expected(records)
        self._lanes.learn(choice, records, self._clock.now())
        if records:
            await self._work(records)
        elif choice is Choice.BOTH and self.spec.bulk_topics:
            metrics.BULK_AGE.labels(self.spec.name).set(0)
        await self._commit(client, at_most_every=COMMIT_SECONDS)
        await self._positions.report(client, self._assignment)

    async def _is_held(self) -> bool:
        """Whether the dead-letter limit holds this consumer, asked of the store once a second."""
        now = self._clock.monotonic()
        if now - self._held_at >= HELD_SECONDS:
            try:
                async with self._database.acquire() as conn:
                    stop = await deadletters.open_stop(conn, self.spec.name)
            except Exception as error:
                if not is_transient(error):
                    raise
                self._trouble = f"PostgreSQL: {describe(error)}"
                self._watchdog.moved(now)
                return True
            self._held_at = now
            self._hold(str(stop) if stop else None)
        if self._held:
            self._watchdog.moved(now)
        return self._held is not None

    def _hold(self, reason: str | None) -> None:
        if reason and not self._held:
            _log.error("consumer stopped", consumer=self.spec.name, reason=reason)
        if self._held and not reason:
            _log.warning("consumer resumed", consumer=self.spec.name)
        self._held = reason
        metrics.STOPPED.labels(self.spec.name).set(1 if reason else 0)

    async def _adopt(self, client: ConsumerClient) -> bool:
        """Read on where the store says, not where Kafka says. False: not possible yet, try again."""
        assignment = client.assignment()
        try:
            offsets = await self._positions.adopt(client, assignment)
        except Exception as error:
            if is_transient(error):
                self._trouble = f"cannot read the positions: {describe(error)}"
                self._watchdog.moved(self._clock.monotonic())
                return False
            raise
        if offsets is None or client.assignment() != assignment or not client.seek(offsets):
            return False
        self._assignment = assignment
        self._uncommitted.clear()
        _log.info("assigned", consumer=self.spec.name, partitions=len(assignment.partitions))
        return True

    async def _take(self, client: ConsumerClient) -> tuple[Choice, list[Record]]:
        """A batch; see pace.py for how long records are gathered."""
        live, bulk = self._lanes.split(self._assignment.partitions)
        choice = self._lanes.choose(live, bulk, self._clock.now())
        if not live and not bulk:
            await pause(self._clock, ROUND_SECONDS, unless=self._stopping)
            return choice, []
        records = await self._fetch(client, choice, live, bulk, [], ROUND_SECONDS)
        while records and len(records) < self._batch_max:
            step = self._pace.wait(self._clock.monotonic())
            if step <= 0:
                break
            await self._clock.sleep(step)
            records += await self._fetch(client, choice, live, bulk, records, 0)
        self._pace.started(self._clock.monotonic(), len(records))
        return choice, records

    async def _fetch(
        self,
        client: ConsumerClient,
        choice: Choice,
        live: Sequence[TopicPartition],
        bulk: Sequence[TopicPartition],
        taken: Sequence[Record],
        timeout: float,
    ) -> list[Record]:
        room = self._batch_max - len(taken)
        for_bulk = self._lanes.room_for_bulk(room, taken, self._clock.now()) if bulk else 0
        if choice is Choice.BULK:
            return await client.take(bulk, max_records=for_bulk, timeout=0) if for_bulk else []
        if choice is Choice.LIVE:
            rest = self._lanes.rest(self._clock.now()).total_seconds()
            return await client.take(live, max_records=room, timeout=min(timeout, max(rest, 0.02)))
        if not live or not bulk:
            return await client.take([*live, *bulk], max_records=room, timeout=timeout)
        records = await client.take(live, max_records=room, timeout=0)
        if (for_bulk := min(for_bulk, room - len(records))) <= 0:
            return records
        if records:
            return records + await client.take(bulk, max_records=for_bulk, timeout=0)
        records = await client.take([*live, *bulk], max_records=for_bulk, timeout=timeout)
        if not records or for_bulk == room:
            return records
        more = await client.take(live, max_records=room - len(records), timeout=0)
        return list(merge(records, more, key=lambda record: record.broker_time))

    # -- a batch ---------------------------------------------------------------------------------------------

    async def _work(self, records: Sequence[Record]) -> None:
        started = self._clock.monotonic()
        self._working = True
        try:
            items = await _decode(records)
            await self._perseverance.carry(items)
        finally:
            self._working = False
            self._watchdog.moved(self._clock.monotonic())
        seconds = self._clock.monotonic() - started
        self._lanes.took(records, seconds, self._clock.now(), is_full=len(records) >= self._batch_max)
        self._figures.observe(records, started)

    async def _settled(self, settled: Settled) -> None:
        """After each commit: positions known, outbox published; dead letters counted and looked at."""
        self._positions.moved(settled.positions)
        self._uncommitted.update(settled.positions)
        self._figures.count(settled)
        if settled.row_ids:
            await publish_now(
                self._database, self._publisher, settled.row_ids, settled.outgoing, at="consumer"
            )
        if settled.stop:
            self._hold(str(settled.stop))

    async def _commit(self, client: ConsumerClient, *, at_most_every: float) -> None:
        now = self._clock.monotonic()
        if not self._uncommitted or now - self._committed_at < at_most_every:
            return
        await failpoint("consumer.before_offset_commit")
        offsets, self._uncommitted = self._uncommitted, {}
        self._committed_at = now
        await client.commit(offsets)
        await failpoint("consumer.after_offset_commit")

    # -- watching --------------------------------------------------------------------------------------------

    async def _watch(self, client: ConsumerClient) -> None:
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            lag = await self._lag(client)
            now = self._clock.monotonic()
            if self._working:
                self._watchdog.moved(now)
            elif self._watchdog.judge(lag=lag, now=now):
                _log.error("fetching stands still: Kafka client replaced", consumer=self.spec.name, lag=lag)
                metrics.RESTARTS.labels(self.spec.name).inc()
                self._restart.set()

    async def _lag(self, client: ConsumerClient) -> int | None:
        """Records waiting in partitions not paused by us, as the broker counts them; None without an
        answer.
        """
        assignment = self._assignment
        self._lag_shown.keep_only(assignment.partitions)
        if not assignment.partitions:
            return 0
        try:
            ends = await client.end_offsets(assignment.partitions)
        except Exception as error:  # away, stopping or broken: the watchdog judges a silence
            asked = f" ({error})" if isinstance(error, BrokerUnavailable) else ""
            self._silent = f"Kafka does not answer{asked}"
            self._lag_shown.keep_only(())
            return None
        self._silent = None
        _, bulk = self._lanes.split(assignment.partitions)
        paused = set(bulk) if self._lanes.paused else set()
        total = 0
        for place, end in ends.items():
            behind = max(0, end - self._positions.next_of(place, end))
            self._lag_shown.show(place, behind)
            total += 0 if place in paused else behind
        return total


async def _decode(records: Sequence[Record]) -> list[Item]:
    items = []
    for number, record in enumerate(records, start=1):
        items.append(Item.of(record))
        if number % YIELD_EVERY == 0:
            await asyncio.sleep(0)
    return items
