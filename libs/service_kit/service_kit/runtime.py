"""What the parts of one service share."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from service_kit.auth_gate import Gate
from service_kit.auth_remote import directory_of
from service_kit.broker import Broker, Publisher
from service_kit.clock import Clock, SystemClock
from service_kit.consumer import Consumer
from service_kit.errors import describe, is_transient
from service_kit.failpoints import failpoint
from service_kit.kafka import KafkaBroker
from service_kit.kafka_access import KafkaAccess
from service_kit.logs import logger
from service_kit.outbox import Sweeper, publish_now
from service_kit.postgres import Database
from service_kit.settings import ServiceSettings
from service_kit.spec import ConsumerSpec
from service_kit.tracing import tracing_of
from service_kit.unit import Unit

if TYPE_CHECKING:
    from service_kit.tracing_spans import Tracing

T = TypeVar("T")
_log = logger(__name__)

ATTEMPTS = 5
"""So often a unit of work is tried before its caller hears of a transient error."""


class Runtime:
    """Settings, store, broker and clock of one service, and how to do something in one transaction.

    Built without touching the network. A test passes a FakeBroker, a manual clock, a database of its own.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        broker: Broker,
        database: Database | None = None,
        clock: Clock | None = None,
        tracing: "Tracing | None" = None,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.broker = broker
        self.tracing = tracing
        """None while tracing is off."""
        self.publisher: Publisher = _publisher(broker, tracing)
        self.source = f"baton/{settings.service}"
        self.gate = Gate(settings, directory_of(settings))
        """Who gets in; the service that gives out tokens puts its own here before it makes routes."""
        self._database = database
        self._publishing: set[asyncio.Task[bool]] = set()

    @classmethod
    def of(cls, settings: ServiceSettings, *, needs_database: bool = True) -> "Runtime":
        """The production parts. Raises ValueError when a DSN is needed and not set, and
        TracingMisconfigured.
        """
        database = None
        if needs_database:
            settings.require_dsn()
            database = Database(
                settings.require_dsn,
                schema=settings.store_schema,
                application_name=f"baton-{settings.service}",
                max_size=settings.pool_size,
                statement_timeout_ms=settings.statement_timeout_ms,
                lock_timeout_ms=settings.lock_timeout_ms,
            )
        broker = KafkaBroker(
            settings.kafka,
            client_id=f"baton-{settings.service}-{settings.instance}",
            publish_deadline=settings.publish_deadline_ms / 1000,
            access=KafkaAccess(settings),
        )
        tracing = tracing_of(settings.service, settings.instance, settings.release)
        return cls(settings, broker=broker, database=database, tracing=tracing)

    @property
    def has_database(self) -> bool:
        """Whether this service has a store."""
        return self._database is not None

    @property
    def database(self) -> Database:
        """The store. Raises RuntimeError in a service that has none."""
        if self._database is None:
            raise RuntimeError(
                f"{self.settings.service} has no database: call create_app with needs_database=True"
            )
        return self._database

    def consumer(self, spec: ConsumerSpec) -> Consumer:
        """The consumer of a spec, with this service's parts."""
        return Consumer(
            spec,
            database=self.database,
            publisher=self.publisher,
            broker=self.broker,
            clock=self.clock,
            settings=self.settings,
            tracing=self.tracing,
        )

    def sweeper(self) -> Sweeper:
        """The sweeper of this service's outbox; `create_app` adds it by itself."""
        return Sweeper(self.database, self.publisher, claim=self.claim, clock=self.clock)

    @property
    def claim(self) -> timedelta:
        """How long what a process has committed is left to it to publish."""
        return timedelta(milliseconds=self.settings.outbox_claim_ms)

    async def in_transaction(
        self, work: Callable[[Unit], Awaitable[T]], also: Callable[[Unit], Awaitable[None]] | None = None
    ) -> T:
        """Do `work`, and then `also`, in one transaction and publish what was emitted soon after the commit.

        Transient errors repeat it, up to five times, with back-off outside any transaction: `work` must be
        safe to call again. Returns after the commit, not after the acknowledgement; the sweeper covers a
        crash in between.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(work, also)
            except Exception as error:
                if attempt == ATTEMPTS or not is_transient(error):
                    raise
                _log.info("unit of work repeated", attempt=attempt, error=describe(error))
            await self.clock.sleep(0.05 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
        raise AssertionError("unreachable")

    async def _attempt(
        self, work: Callable[[Unit], Awaitable[T]], also: Callable[[Unit], Awaitable[None]] | None
    ) -> T:
        async with self.database.transaction() as conn:
            clock = self.database.clock
            unit = Unit(
                conn, now=await clock.now(conn), clock=clock, source=self.source, tracing=self.tracing
            )
            result = await work(unit)
            if also is not None:
                await also(unit)
            rows = await unit.write_outbox(self.claim)
            await failpoint("unit.before_commit")
        unit.committed()
        await failpoint("unit.after_commit")
        if rows:
            task = asyncio.create_task(
                publish_now(self.database, self.publisher, rows, unit.outgoing, at="unit")
            )
            self._publishing.add(task)
            task.add_done_callback(self._publishing.discard)
        return result

    async def published(self) -> None:
        """Wait until what units emitted so far has been published or left to the sweeper."""
        if self._publishing:
            await asyncio.gather(*self._publishing, return_exceptions=True)

    async def open(self) -> None:
        """Open the pool; connects nothing yet."""
        if self._database is not None:
            await self._database.open()

    async def close(self) -> None:
        """Let publications in flight end, then close broker and pool."""
        await self.published()
        await self.publisher.stop()
        if self._database is not None:
            await self._database.close()

    async def close_tracing(self) -> None:
        """Send the last spans, within two seconds."""
        if self.tracing is not None:
            await self.tracing.close()


def _publisher(broker: Broker, tracing: "Tracing | None") -> Publisher:
    if tracing is None:
        return broker.publisher()
    from service_kit.tracing_publisher import TracedPublisher

    return TracedPublisher(broker.publisher(), tracing)
