"""The events of a running stack as they happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from lead_events import EventModel
from lead_events.codec import Undecodable, decode


class Feed:
    """Reads topics from now on, in no group, so that it takes nothing from the services."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def next_events(self, seconds: float) -> list[EventModel]:
        """Return what has come, after `seconds` at the latest; a record that is no event is left out."""
        records = await self._consumer.getmany(timeout_ms=int(seconds * 1000))
        return [
            event for batch in records.values() for record in batch if (event := _event(record)) is not None
        ]


def _event(record: Any) -> EventModel | None:
    try:
        return decode(record.topic, record.headers, record.value)[1]
    except Undecodable:
        return None


@asynccontextmanager
async def open_feed(bootstrap: str, topics: tuple[str, ...]) -> AsyncIterator[Feed]:
    """Give a feed of `topics` that starts at their ends; it may lose Kafka at any time."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer.seek_to_end()
        yield Feed(consumer)
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stop it. Without a broker it may raise an error, or the cancellation of its own tasks as if of ours."""
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping])
    if not stopping.cancelled() and (error := stopping.exception()) and not isinstance(error, KafkaError):
        raise error
