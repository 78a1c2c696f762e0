"""What a store that was restored has forgotten is read from the topics before the service does anything.

A service writes its own topics only after the commit of what they tell. So all that stands on them before
their ends were asked for is in the store, and noting these ends now and then marks, without reading, up to
where store and topics agree. A store restored to an earlier moment has an older mark: what lies beyond it
happened, was told to others, and is not in the store.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.clock import pause
from service_kit.errors import describe, is_transient
from service_kit.lineage import Lineage, StoreWentBack
from service_kit.logs import logger
from service_kit.made_anew import too_short
from service_kit.marks import Marks
from service_kit.outbox import publish_now
from service_kit.perseverance import Abandoned, Perseverance
from service_kit.positions import stored_positions
from service_kit.problems import problem_response
from service_kit.queries import load_queries
from service_kit.records import TopicPartition
from service_kit.runtime import Runtime
from service_kit.settle import EFFECT, Item, Settled, Settler
from service_kit.spec import ConsumerSpec

_q = load_queries("service_kit")
_log = logger(__name__)

MARK_SECONDS = 5.0
"""So often the ends of own topics are noted; a store that was left for long reads so much again at most."""
WAIT_SECONDS = 0.05
DEALT_SECONDS = 30.0
"""So long one client waits for partitions: within WHOLE_SECONDS an open store has to be known whole again."""
HELD_REQUEST_SECONDS = 10.0
"""A request that comes before the service is open is held so long, then answered 503."""
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/servez", "/metrics"})


@dataclass(frozen=True, slots=True)
class Stage:
    """Topics that the handler of `spec` takes in, all of them before the next stage begins.

    `is_own`: the service itself writes them, and no consumer of it reads them; they are marked. Else they are
    read ahead for the consumer of this spec, from its positions, which move as if it had read them itself.
    """

    spec: ConsumerSpec
    topics: tuple[str, ...]
    is_own: bool = False

    def among(self, places: Collection[TopicPartition]) -> list[TopicPartition]:
        """Those of its topics."""
        return [each for each in places if each.topic in self.topics]


class ReadBack:
    """Part that runs first: no other part starts and no request is answered before it opens.

    A store that a service knew whole within the last minute was left for a restart only: it opens at once,
    with Kafka or without.
    """

    name = "read back"

    def __init__(self, runtime: Runtime, stages: Sequence[Stage]) -> None:
        self._runtime = runtime
        self._clock = runtime.clock
        self._stages = stages
        self._topics = sorted({topic for stage in stages for topic in stage.topics})
        self._stopping = asyncio.Event()
        self._opened = asyncio.Event()
        self._has_begun = False
        self._is_open = False
        self._marks = Marks(runtime.database, runtime.clock)
        self._lineage = Lineage(runtime.database)
        self._trouble: str | None = "the topics were not read back yet"
        self._counts: Counter[str] = Counter()

    @property
    def holds(self) -> bool:
        """Whether requests have to wait: since the start of the service, until it is open. An application
        that was never started, as tests ask it, holds nothing.
        """
        return self._has_begun and not self._is_open

    @property
    def is_open(self) -> bool:
        """Whether the store is known to lack nothing."""
        return self._is_open

    def begin(self) -> None:
        """Hold requests from now on: the service starts."""
        self._has_begun = True

    async def opens(self) -> bool:
        """Wait until the service may work; False when it is stopped before."""
        await self._opened.wait()
        return not self._stopping.is_set()

    async def run(self) -> None:
        """Read back what the store lacks, open, then mark until stopped. Raises StoreWentBack."""
        while not self._stopping.is_set():
            group = f"baton-{self._runtime.settings.service}-read-back-{uuid4().hex[:12]}"
            client = self._runtime.broker.consumer(group, self._topics)
            try:
                await self._look()
                await client.start()
                await self._with(client)
            except Abandoned:
                return
            except StoreWentBack:
                await self._lineage.shut()
                raise
            except Exception as error:
                if not is_transient(error):
                    raise
                if not self._is_open:
                    self._trouble = f"cannot read back: {describe(error)}"
                await pause(self._clock, 1.0, unless=self._stopping)
            finally:
                await client.stop()

    def stop(self) -> None:
        """End after the batch in hand; whoever waits for the opening waits no more."""
        self._stopping.set()
        self._opened.set()

    def not_ready(self) -> str | None:
        """Why the service does not work yet."""
        return None if self._is_open else self._trouble

    async def _look(self) -> None:
        """Open where the store was merely left for a moment; once open, say that it still lacks nothing."""
        if self._is_open:
            await self._lineage.keep()
        elif not self._lineage.has_begun and await self._lineage.begin():
            self._open()

    def _open(self) -> None:
        self._trouble = None
        self._is_open = True
        self._opened.set()
        _log.info("read back", **{name.replace(" ", "_"): n for name, n in self._counts.items()})

    async def _with(self, client: ConsumerClient) -> None:
        if not self._is_open:
            await self._read_all(client, await self._places(client))
        while not self._stopping.is_set():
            await self._lineage.keep()
            await self._marks.note(client, self._own(await self._places(client)))
            await pause(self._clock, MARK_SECONDS, unless=self._stopping)

    async def _read_all(self, client: ConsumerClient, places: Collection[TopicPartition]) -> None:
        if await self._is_store_empty():
            await self._marks.begin(self._own(places))
        await self._marks.check(client, self._own(places))
        for stage in self._stages:
            await self._read(client, stage, stage.among(places))
        if not self._stopping.is_set():
            await self._lineage.keep()
            await self._marks.note(client, self._own(places))  # also where it is stopped at once
            self._open()

    async def _places(self, client: ConsumerClient) -> list[TopicPartition]:
        """All partitions: nobody else is in this group. Raises BrokerUnavailable where they are not dealt."""
        until = self._clock.monotonic() + DEALT_SECONDS
        while not self._stopping.is_set():
            dealt = client.assignment().partitions
            missing = set(self._topics) - {place.topic for place in dealt}
            if not missing:
                return sorted(dealt)
            self._trouble = f"waits for the topics {', '.join(sorted(missing))}: create them"
            if self._clock.monotonic() >= until:
                raise BrokerUnavailable(self._trouble)
            await pause(self._clock, WAIT_SECONDS, unless=self._stopping)
        return []

    async def _read(self, client: ConsumerClient, stage: Stage, places: Collection[TopicPartition]) -> None:
        if not places:
            return
        ends = await client.end_offsets(places)
        starts = await self._starts(client, stage, ends)
        left = {place: starts[place] for place in places if starts[place] < ends[place]}
        generation = client.assignment().generation
        if left and not client.seek(left):
            raise BrokerUnavailable("the partitions were dealt anew")
        carrier = self._carrier(stage.spec)
        while left and not self._stopping.is_set():
            if client.assignment().generation != generation:
                raise BrokerUnavailable("the partitions were dealt anew")
            size = self._runtime.settings.batch_max
            found = await client.take(list(left), max_records=size, timeout=0.2)
            records = [each for each in found if left.get(each.place, each.offset + 1) <= each.offset]
            await carrier.carry([Item.of(each) for each in records if each.offset < ends[each.place]])
            for each in records:
                left[each.place] = each.offset + 1
            left = {place: offset for place, offset in left.items() if offset < ends[place]}

    async def _starts(
        self, client: ConsumerClient, stage: Stage, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Where reading begins. Own topics that were never marked have nothing that the store lacks."""
        begins = await client.beginning_offsets(list(ends))
        stored = await stored_positions(self._runtime.database, stage.spec.name)
        if stage.is_own and not stored.keys() & ends.keys():
            return dict(ends)
        starts = {}
        for place, end in ends.items():
            position, begin = stored.get(place, begins[place]), begins[place]
            if stage.is_own:
                _require_reached(place, position, end)
            _report_deleted(place, position, begin)
            starts[place] = max(position, begin)
        return starts

    async def _is_store_empty(self) -> bool:
        """Nothing was ever read into it, so it lacks all that its topics hold: it is new, or one was lost
        without any backup.
        """
        async with self._runtime.database.acquire() as conn:
            return bool(await conn.fetchval(_q.is_store_empty))

    def _own(self, places: Collection[TopicPartition]) -> list[tuple[str, list[TopicPartition]]]:
        return [(stage.spec.name, stage.among(places)) for stage in self._stages if stage.is_own]

    def _carrier(self, spec: ConsumerSpec) -> Perseverance:
        settings = self._runtime.settings
        database = self._runtime.database
        settler = Settler(
            database,
            spec,
            source=self._runtime.source,
            claim=self._runtime.claim,
            dead_letter_limit=settings.dead_letter_limit,
        )
        return Perseverance(
            settler,
            database,
            self._clock,
            consumer=spec.name,
            stopping=self._stopping,
            on_settled=self._settled,
        )

    async def _settled(self, settled: Settled) -> None:
        for (_, kind), records in settled.counts.items():
            if kind.startswith(EFFECT):
                self._counts[kind.removeprefix(EFFECT)] += records
        for record, reason in settled.dead:
            _log.error("not read back", topic=record.topic, offset=record.offset, reason=reason)
        if settled.row_ids:
            publisher = self._runtime.publisher
            await publish_now(
                self._runtime.database, publisher, settled.row_ids, settled.outgoing, at="read_back"
            )


def _require_reached(place: TopicPartition, mark: int, end: int) -> None:
    """All marks were checked just now: a topic that is shorter by now is so for a moment."""
    if mark > end:
        raise BrokerUnavailable(too_short([place]))


def _report_deleted(place: TopicPartition, position: int, begin: int) -> None:
    if position < begin:
        _log.error(
            "older than the topic: what was deleted from it cannot be read back",
            topic=place.topic,
            partition=place.partition,
            records=begin - position,
        )


class HeldUntilOpen:
    """ASGI middleware: a request waits until the service is open, at most HELD_REQUEST_SECONDS, else hears
    503. Probes and metrics are answered at once.
    """

    def __init__(self, app: Any, *, gate: ReadBack) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand one request on once the service is open."""
        if scope["type"] != "http" or not self._gate.holds or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELD_REQUEST_SECONDS):
                await self._gate.opens()
        if not self._gate.is_open:
            why = self._gate.not_ready() or "starting"
            detail = f"not open yet, {why}: ask again soon"
            answer = problem_response(503, "Service Unavailable", detail, headers={"Retry-After": "2"})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
