"""Dead letters: records no consumer could handle, kept on a topic of their own until somebody decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.catalog import dead_letter_name
from lead_events.ids import record_id
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.records import Headers, Outgoing, Record

WINDOW = timedelta(minutes=10)
"""The dead-letter limit counts over this time."""

_PREFIX = "dl_"
_q = load_queries("service_kit")


@dataclass(frozen=True, slots=True)
class Stop:
    """A consumer held by its dead-letter limit."""

    consumer: str
    stopped_at: datetime
    records: int
    limit: int

    def __str__(self) -> str:
        return (
            f"stopped by the dead-letter limit since {self.stopped_at.isoformat()}: {self.records} in ten "
            f"minutes, limit {self.limit}; look at them with 'baton dlq list', then "
            f"'baton dlq resume {self.consumer}'"
        )


def identity_of(record: Record) -> UUID:
    """The record's `ce_id`; one without a readable id gets the id of its place."""
    for name, value in record.headers:
        if name == "ce_id":
            try:
                return UUID(value.decode("ascii", "replace"))
            except ValueError:
                break
    return record_id(record.topic, record.partition, record.offset)


def dead_letter(record: Record, *, consumer: str, reason: str, at: datetime) -> Outgoing:
    """The record as it goes to its dead letter topic: unchanged, plus headers that say where and why."""
    about = {
        "id": str(identity_of(record)),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "consumer": consumer,
        "reason": reason[:1000],
        "time": at.isoformat(),
    }
    own = tuple((f"{_PREFIX}{name}", value.encode()) for name, value in about.items())
    return Outgoing(
        dead_letter_name(record.topic, consumer), record.key, record.value, _original(record.headers) + own
    )


def replayed(record: Record) -> Outgoing | None:
    """A dead letter as it goes back to its topic, with its old id. None when it does not say where it came
    from.
    """
    about = described(record.headers)
    if "topic" not in about:
        return None
    return Outgoing(about["topic"], record.key, record.value, _original(record.headers))


def described(headers: Headers) -> dict[str, str]:
    """What the headers of a dead letter say: id, topic, partition, offset, consumer, reason, time."""
    return {
        name.removeprefix(_PREFIX): value.decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(_PREFIX)
    }


def _original(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if not name.startswith(_PREFIX))


async def count(conn: Connection, *, consumer: str, records: int, limit: int, now: datetime) -> Stop | None:
    """Count dead letters in the batch's transaction; beyond `limit` in ten minutes the consumer stops."""
    await conn.execute(_q.count_dead_letters, consumer, now, records)
    recent: int = await conn.fetchval(_q.recent_dead_letters, consumer, now - WINDOW)
    if recent <= limit:
        return None
    await conn.execute(_q.stop_consumer, consumer, now, recent, limit)
    return Stop(consumer, now, recent, limit)


async def open_stop(conn: Connection, consumer: str) -> Stop | None:
    """The stop that holds a consumer, if any."""
    row = await conn.fetchrow(_q.open_stop, consumer)
    return Stop(consumer, row["stopped_at"], row["records"], row["over_limit"]) if row else None


async def open_stops(conn: Connection) -> list[Stop]:
    """All consumers of this store that are held."""
    rows = await conn.fetch(_q.open_stops)
    return [Stop(r["consumer"], r["stopped_at"], r["records"], r["over_limit"]) for r in rows]


async def resume(
    conn: Connection, *, consumer: str | None, by: str, reason: str, now: datetime
) -> Sequence[str]:
    """Let a held consumer (None: all) go on, and keep who said so. Returns those resumed. Needs a
    transaction.
    """
    rows = await conn.fetch(_q.resume_consumers, consumer, now, by, reason)
    names = [row["consumer"] for row in rows]
    await conn.execute(_q.clear_dead_letter_window, names)
    return names
