"""Outgoing records wait in the store until the broker has acknowledged them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from lead_events.catalog import dead_letter_topics, topics
from service_kit import metrics
from service_kit.broker import Publisher, PublishFailed
from service_kit.clock import Clock, SystemClock, pause
from service_kit.errors import Fault, classify, describe
from service_kit.failpoints import failpoint
from service_kit.logs import logger
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from service_kit.records import Headers, Outgoing

_q = load_queries("service_kit")
_log = logger(__name__)


def pack_headers(headers: Headers) -> bytes:
    """Headers as the outbox stores them: JSON pairs, values as Latin-1, so that any byte survives."""
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def unpack_headers(stored: bytes) -> Headers:
    """The reverse of `pack_headers`."""
    return tuple((name, value.encode("latin-1")) for name, value in orjson.loads(stored))


async def insert(conn: Connection, records: Sequence[Outgoing], *, claimed_until: datetime) -> list[int]:
    """Store records in order, left to the caller's process until `claimed_until`. Returns the row ids."""
    rows = await conn.fetch(
        _q.insert_outbox,
        [record.topic for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [pack_headers(record.headers) for record in records],
        claimed_until,
    )
    return [row["id"] for row in rows]


async def publish_now(
    database: Database, publisher: Publisher, ids: Sequence[int], records: Sequence[Outgoing], *, at: str
) -> bool:
    """Publish committed outbox rows and delete those acknowledged. False when some are left to the sweeper.

    Never raises for a broker or a store that is away: what is committed is safe. `at` names the caller's
    failpoints.
    """
    failed: PublishFailed | None = None
    done = list(ids)
    try:
        await publisher.publish(records)
    except PublishFailed as error:
        failed = error
        done = [row for place, row in enumerate(ids) if place in error.acknowledged]
    await failpoint(f"{at}.after_publish")
    try:
        if done:
            async with database.acquire() as conn:
                await conn.execute(_q.delete_outbox, done)
    except Exception as error:
        _log.warning(
            "published records stay in the outbox and will be published again", error=describe(error)
        )
        return False
    await failpoint(f"{at}.after_delete")
    if failed is None:
        return True
    _report(failed, records)
    return False


def _report(failed: PublishFailed, records: Sequence[Outgoing]) -> None:
    for place, reason in failed.refused.items():
        metrics.OUTBOX_REFUSED.labels(topic=records[place].topic).inc()
        _log.error("the broker refuses an outgoing record", topic=records[place].topic, reason=reason)
    _log.warning("outgoing records left to the sweeper", reason=str(failed))


def known_series(service: str) -> None:
    """Topics that a service may send to read zero before the broker refuses the first record: those it
    writes, and those it reads, to which dead letters are sent back.
    """
    for topic in (*topics(), *dead_letter_topics()):
        if any(f"{loop}-".startswith(f"{service}-") for loop in (*topic.producers, *topic.consumers)):
            metrics.OUTBOX_REFUSED.labels(topic=topic.name)


class Sweeper:
    """Publishes what a crash or an outage left in the outbox, in order of the rows' ids. Any number may
    run.
    """

    name = "sweeper"

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        *,
        every: timedelta = timedelta(seconds=1),
        claim: timedelta = timedelta(seconds=15),
        batch: int = 500,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._every = every.total_seconds()
        self._claim = claim
        self._batch = batch
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Sweep until stopped."""
        while not self._stopping.is_set():
            try:
                swept = await self.sweep()
            except Exception as error:
                if classify(error) is Fault.UNKNOWN:
                    _log.error("sweeping failed", error=describe(error))
                swept = 0
            if swept < self._batch:
                await pause(self._clock, self._every, unless=self._stopping)

    async def sweep(self) -> int:
        """Take one batch of expired rows and publish it. Returns how many were published."""
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            rows = await conn.fetch(_q.claim_outbox, now, now + self._claim, self._batch)
        if not rows:
            return 0
        await failpoint("sweeper.after_claim")
        records = [Outgoing(r["topic"], r["key"], r["value"], unpack_headers(r["headers"])) for r in rows]
        complete = await publish_now(
            self._database, self._publisher, [r["id"] for r in rows], records, at="sweeper"
        )
        metrics.OUTBOX_SWEPT.inc(len(rows))
        return len(rows) if complete else 0

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Never: what waits in the outbox is safe."""
        return None
