"""Reads notices and settles each: its lead is published, or the notice put back, before its offset counts.

Here alone the committed Kafka offset is the position, for intake has no store: what was published and not yet
committed is done again, and comes to the same submission id.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from intake import metrics
from intake.forms import Forms
from intake.notices.books import Books, NoticeState
from intake.notices.fetching import Fetching, Settled
from intake.notices.troubles import DELAYS
from service_kit.broker import Broker, BrokerUnavailable, ConsumerClient, Publisher, PublishFailed
from service_kit.clock import Clock, pause
from service_kit.logs import logger
from service_kit.records import Record, TopicPartition
from service_kit.watchdog import Watchdog

GROUP = "baton-intake-notices"
TOPICS = tuple(DELAYS)
ROUND_SECONDS = 0.2
LOOK_SECONDS = 5.0
"""How often the broker is asked how many notices wait."""
_log = logger(__name__)


class NoticeConsumer:
    """A part of the service. Starts to read once a form of the rulebook fetches its leads.

    `at_once`: so many notices are in hand at a time, each waiting for its vendor.
    """

    name = "notices"

    def __init__(
        self,
        broker: Broker,
        publisher: Publisher,
        forms: Forms,
        fetching: Fetching,
        books: Books,
        clock: Clock,
        *,
        at_once: int = 8,
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._forms = forms
        self._fetching = fetching
        self._books = books
        self._clock = clock
        self._at_once = at_once
        self._stopping = asyncio.Event()
        self._next: dict[TopicPartition, int] = {}
        self._due: dict[TopicPartition, datetime] = {}
        self._looked_at = float("-inf")
        self._watchdog = Watchdog(clock.monotonic())

    async def run(self) -> None:
        """Read until stopped; a broker that is away is tried again every second."""
        while not self._stopping.is_set():
            if not self._forms.has_fetching():
                await pause(self._clock, 1.0, unless=self._stopping)
                continue
            client = self._broker.consumer(GROUP, TOPICS)
            try:
                await client.start()
                await self._consume(client)
            except BrokerUnavailable as error:
                _log.info("notices cannot be read now", error=str(error))
                await pause(self._clock, 1.0, unless=self._stopping)
            finally:
                await client.stop()
        await self._fetching.close()

    def stop(self) -> None:
        """End after the notices in hand."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Never: intake takes leads whether or not others can be fetched."""
        return None

    async def _consume(self, client: ConsumerClient) -> None:
        """Until stopped, or until the client has to be replaced."""
        generation = -1
        self._watchdog.moved(self._clock.monotonic())
        while not self._stopping.is_set():
            assignment = client.assignment()
            if assignment.generation != generation:
                generation = assignment.generation
                self._next, self._due = {}, {}
            now = self._clock.now()
            ready = [place for place in assignment.partitions if self._due.get(place, now) <= now]
            if await self._look(client, sorted(assignment.partitions), ready):
                _log.warning("notices stand still: Kafka client replaced")
                return
            if not ready:
                await pause(self._clock, ROUND_SECONDS, unless=self._stopping)
                continue
            records = await client.take(ready, max_records=self._at_once, timeout=ROUND_SECONDS)
            await self._work(client, self._due_of(client, records))

    def _due_of(self, client: ConsumerClient, records: Sequence[Record]) -> list[Record]:
        """Those whose delay is over. The first of a partition that is not keeps those behind it too."""
        now = self._clock.now()
        early: dict[TopicPartition, int] = {}
        due = []
        for record in records:
            at = record.broker_time + DELAYS[record.topic]
            if record.place in early:
                continue
            if at <= now:
                due.append(record)
            else:
                early[record.place] = record.offset
                self._due[record.place] = at
        if early:
            client.seek(early)  # refused only after a new assignment, which starts from what is committed
        return due

    async def _work(self, client: ConsumerClient, records: Sequence[Record]) -> None:
        if not records:
            return
        self._books.read += len(records)
        self._books.in_hand = len(records)
        try:
            settled = await asyncio.gather(*map(self._fetching.settle, records))
            if not await self._publish(records, settled):
                self._books.read -= len(records)  # left to whoever reads them next
                return
        finally:
            self._books.in_hand = 0
        for each in settled:
            self._books.became[each.state] += 1
            metrics.NOTICES.labels(each.vendor, each.state.value).inc()
        offsets = {record.place: record.offset + 1 for record in records}
        if await client.commit(offsets):
            self._next.update(offsets)
        self._watchdog.moved(self._clock.monotonic())

    async def _publish(self, records: Sequence[Record], settled: list[Settled]) -> bool:
        """Publish what became of `records`, however long it takes; False when stopped before.

        What the broker refuses for good becomes a dead letter, in `settled` too.
        """
        open_ = list(range(len(settled)))
        while open_:
            try:
                await self._publisher.publish([settled[place].outgoing for place in open_])
            except PublishFailed as failed:
                for index, reason in failed.refused.items():
                    self._bury(records, settled, open_[index], reason)
                open_ = [place for index, place in enumerate(open_) if index not in failed.acknowledged]
                if self._stopping.is_set():
                    return False
                await pause(self._clock, 1.0, unless=self._stopping)
            else:
                return True
        return True

    def _bury(self, records: Sequence[Record], settled: list[Settled], place: int, reason: str) -> None:
        if settled[place].state is NoticeState.DEAD_LETTERED:
            _log.critical("a dead letter is refused too", offset=records[place].offset, reason=reason)
        settled[place] = self._fetching.buried(records[place], reason)

    async def _look(
        self, client: ConsumerClient, places: Sequence[TopicPartition], ready: Sequence[TopicPartition]
    ) -> bool:
        """Count what waits, every few seconds. True when records are there and none comes."""
        now = self._clock.monotonic()
        if now - self._looked_at < LOOK_SECONDS or not places:
            return False
        self._looked_at = now
        ends = await client.end_offsets(places)
        waiting = dict.fromkeys(TOPICS, 0)
        lag = 0
        for place, end in ends.items():
            if place not in self._next:
                self._next[place] = await client.committed(place) or 0
            behind = max(0, end - self._next[place])
            waiting[place.topic] += behind
            lag += behind if place in ready else 0
        self._books.waiting = waiting
        return self._watchdog.judge(lag=lag, now=now)
