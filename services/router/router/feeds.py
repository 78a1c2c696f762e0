"""The part that keeps absences as subscribed feeds tell them. It keeps and logs spans of time only."""

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from router import metrics
from router.feed_fetch import FeedFailed, FeedFetcher, Fetched, Known
from router.handlers.reps import RepHandler
from router.store import Row, q
from service_kit.logs import logger
from service_kit.parts import Periodic
from service_kit.runtime import Runtime
from service_kit.secrets import SecretMissing, Secrets
from service_kit.unit import Unit

_log = logger(__name__)

LOOK_EVERY, READ_EVERY = timedelta(seconds=15), timedelta(minutes=10)
AT_ONCE = 4
READING_SECONDS = 30.0
"""For reading one file, in a process of its own."""


class Feeds:
    """Reads each feed every READ_EVERY; one instance does it for all."""

    def __init__(
        self,
        runtime: Runtime,
        reps: RepHandler,
        secrets: Secrets,
        fetcher: FeedFetcher,
        wake: Callable[[], None],
    ) -> None:
        self._runtime = runtime
        self._reps = reps
        self._secrets = secrets
        self._fetcher = fetcher
        self._wake = wake

    async def look(self) -> None:
        """Read all that are due; what one of them raises stops no other."""
        async with self._runtime.database.acquire() as conn:
            now = await self._runtime.database.clock.now(conn)
            due = await conn.fetch(q.due_feeds, now, 100)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(row: Row) -> None:
            async with places:
                await self._read(row, now)

        raised = await asyncio.gather(*map(one, due), return_exceptions=True)
        await self._count()
        for each in raised:
            if isinstance(each, BaseException):
                raise each

    def part(self) -> Periodic:
        """To run beside the others."""
        return Periodic(
            "absence feeds",
            every=LOOK_EVERY,
            work=self.look,
            only_one=True,
            database=self._runtime.database,
            on_loss=metrics.FEEDS.clear,
            clock=self._runtime.clock,
        )

    async def _read(self, row: Row, now: datetime) -> None:
        try:
            url = self._secrets.one(row["feed"])
            source = _source(url, row["tz"], now)
            is_known = source == row["source"]
            fetched = await self._fetcher.fetch(
                url, Known(row["etag"], row["modified"]) if is_known else Known()
            )
            if fetched.content is None or (is_known and fetched.digest == row["digest"]):
                outcome = "same"
                await self._execute(q.feed_same, row, now + READ_EVERY, now)
            else:
                outcome = "new"
                told = await read_apart(fetched.content, row["tz"], now)
                await self._runtime.in_transaction(
                    self._reps.hear_feed(row["rep_id"], row["feed"], _note(row, fetched, source, told, now))
                )
                self._wake()
        except (SecretMissing, FeedFailed) as error:
            outcome = "failed"
            _log.warning("a feed of absences fails", rep=row["rep_id"], feed=row["feed"], why=str(error))
            await self._execute(q.feed_failed, row, now + READ_EVERY, now, str(error))
        metrics.FEED_READS.labels(outcome=outcome).inc()

    async def _execute(self, query: str, row: Row, *more: object) -> None:
        async with self._runtime.database.transaction() as conn:
            await conn.execute(query, row["rep_id"], row["feed"], *more)

    async def _count(self) -> None:
        async with self._runtime.database.acquire() as conn:
            found = (await conn.fetch(q.failing_feeds))[0]
        metrics.FEEDS.labels(state="failing").set(found["failing"])
        metrics.FEEDS.labels(state="well").set(found["feeds"] - found["failing"])


async def read_apart(
    content: bytes, tz: str, now: datetime, *, seconds: float = READING_SECONDS
) -> dict[str, Any]:
    """`spans` and `unread` of a feed, read in a process of its own.

    Raises FeedFailed for a file that is no calendar of absences, or takes more time or memory than one may.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "router.feed_reader", tz, now.isoformat()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            told, _ = await process.communicate(content)
    except TimeoutError:
        raise FeedFailed("it takes too long to read") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise FeedFailed("it takes more time or memory to read than a calendar may")
    answer: dict[str, Any] = orjson.loads(told)
    if "problem" in answer:
        raise FeedFailed(answer["problem"])
    return answer


def _note(
    row: Row, fetched: Fetched, source: bytes, told: dict[str, Any], now: datetime
) -> Callable[[Unit], Awaitable[Any]]:
    async def note(unit: Unit) -> None:
        await unit.conn.execute(
            q.feed_read,
            row["rep_id"],
            row["feed"],
            told["spans"],
            fetched.known.etag,
            fetched.known.modified,
            source,
            fetched.digest,
            now + READ_EVERY,
            now,
            told["unread"],
        )

    return note


def _source(url: str, tz: str, now: datetime) -> bytes:
    """Each local day a feed is read anew, since the days it is read for move on; and in another time zone,
    where its whole days are others."""
    today = now.astimezone(ZoneInfo(tz)).date()
    return hashlib.sha256(f"{today} {tz} {url}".encode()).digest()
