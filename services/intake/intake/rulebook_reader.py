"""Reads rulebook-published from its beginning, in no shared group, and keeps a copy beside the spool."""

import asyncio
import contextlib
from pathlib import Path

import orjson
from pydantic import ValidationError

from intake.forms import Forms
from lead_events import RulebookPublished
from lead_events.codec import Undecodable, decode
from rulebook.models import Rulebook
from rulebook.versions import Versioned
from service_kit.broker import Broker, BrokerUnavailable, ConsumerClient
from service_kit.clock import Clock
from service_kit.logs import logger
from service_kit.metrics import RULEBOOK_VERSION, RULEBOOKS_REFUSED
from service_kit.records import Record, TopicPartition

TOPIC = "rulebook-published"
_CACHED_VERSIONS = 20
_RETRY_SECONDS = 1.0
_ASK_AFTER_IDLE_ROUNDS = 20
_log = logger(__name__)


class RulebookCache:
    """The newest versions as a file, so that intake starts where the broker is away. All of it blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[RulebookPublished]:
        """What was saved; nothing when there is no file or it cannot be read."""
        try:
            saved = orjson.loads(self._path.read_bytes())
            return [RulebookPublished.model_validate(each) for each in saved]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError) as error:
            _log.warning(
                "rulebook cache cannot be read, doing without", path=str(self._path), error=str(error)[:300]
            )
            return []

    def save(self, published: list[RulebookPublished]) -> None:
        """Replace the file. Raises OSError."""
        newest = sorted(published, key=lambda each: each.version)[-_CACHED_VERSIONS:]
        draft = self._path.with_suffix(".tmp")
        draft.write_bytes(b"[" + b",".join(each.to_json() for each in newest) + b"]")
        draft.replace(self._path)


class RulebookReader:
    """A part of the service that keeps `forms` up to date."""

    name = "rulebook-reader"

    def __init__(self, broker: Broker, group: str, forms: Forms, cache: RulebookCache, clock: Clock) -> None:
        self._broker = broker
        self._group = group
        self._forms = forms
        self._cache = cache
        self._clock = clock
        self._stopping = asyncio.Event()
        self._known: dict[int, RulebookPublished] = {}
        for published in cache.load():
            self._learn(published)

    async def run(self) -> None:
        """Read until stopped; while the broker is away the versions known so far hold."""
        following = asyncio.create_task(self._follow())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    def stop(self) -> None:
        """End soon: nothing here has to be finished."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Without any rulebook no submission can be read."""
        if self._forms.is_known:
            return None
        return (
            "no rulebook: publish one with `baton rulebook publish`, or mount one and set BATON_RULEBOOK_SEED"
        )

    async def _follow(self) -> None:
        while True:
            client = self._broker.consumer(self._group, [TOPIC])
            try:
                await client.start()
                await self._read(client)
            except BrokerUnavailable as error:
                _log.info("rulebook topic cannot be read now", error=str(error))
                await self._clock.sleep(_RETRY_SECONDS)
            finally:
                await client.stop()

    async def _read(self, client: ConsumerClient) -> None:
        """Read on until the client has to be replaced: it does not get what the broker says is there."""
        positions: dict[TopicPartition, int] = {}
        generation = -1
        idle = 0
        while True:
            assignment = client.assignment()
            if not assignment.partitions:
                await self._clock.sleep(0.1)
                continue
            if assignment.generation != generation:
                generation = assignment.generation
                positions = await client.beginning_offsets(assignment.partitions)
                if not client.seek(positions):
                    continue
                idle = _ASK_AFTER_IDLE_ROUNDS
            records = await client.take(assignment.partitions, max_records=50, timeout=0.5)
            for record in records:
                self._take(record)
                positions[record.place] = record.offset + 1
            if records:
                await self._save()
            idle = 0 if records and self._forms.topic_was_read else idle + 1
            if idle >= _ASK_AFTER_IDLE_ROUNDS or not self._forms.topic_was_read:
                ends = await client.end_offsets(assignment.partitions)
                is_behind = any(positions.get(place, 0) < end for place, end in ends.items())
                if not is_behind:
                    self._forms.topic_was_read = True
                    idle = 0
                elif not records and idle > 2 * _ASK_AFTER_IDLE_ROUNDS:
                    _log.warning("rulebook reader stands still, starting anew")
                    return

    def _take(self, record: Record) -> None:
        try:
            _, event = decode(record.topic, record.headers, record.value)
        except Undecodable as error:
            RULEBOOKS_REFUSED.inc()
            _log.error("a published rulebook cannot be decoded", offset=record.offset, reason=error.reason)
            return
        if isinstance(event, RulebookPublished):
            self._learn(event)

    def _learn(self, published: RulebookPublished) -> None:
        if published.version in self._known:
            return
        try:
            rulebook = Rulebook.model_validate(published.rulebook)
        except ValidationError as error:
            RULEBOOKS_REFUSED.inc()
            _log.error(
                "a published rulebook is invalid here", version=published.version, error=str(error)[:500]
            )
            return
        self._known[published.version] = published
        RULEBOOK_VERSION.set(max(self._known))
        self._forms.add(Versioned(published.version, published.effective_from, rulebook))
        _log.info(
            "rulebook known", version=published.version, effective_from=published.effective_from.isoformat()
        )

    async def _save(self) -> None:
        try:
            await asyncio.to_thread(self._cache.save, list(self._known.values()))
        except OSError as error:
            _log.warning("rulebook cache cannot be written", error=str(error))
