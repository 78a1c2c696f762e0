"""Everything the stores and topics say at one moment of rest, read past all services."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import aiokafka
import orjson
import psycopg

from lead_events.catalog import dead_letter_name

Place = tuple[str, int]
"""Topic and partition."""

READS: Mapping[str, tuple[str, ...]] = {
    "scoring": ("lead-submitted", "lead-imported", "lead-routed", "lead-progressed"),
    "router": (
        "lead-scored",
        "lead-scored-bulk",
        "lead-merged",
        "sla-warned",
        "sla-breached",
        "sla-reminded",
        "sla-withdrawn",
    ),
    "sla-monitor": ("lead-scored", "lead-scored-bulk", "lead-merged", "lead-routed", "lead-progressed"),
}
"""Whose topics about leads are whose, by consumer."""
TOPICS = tuple(sorted({topic for topics in READS.values() for topic in topics}))
ERASURES = "person-erased"
AT_REST: Mapping[str, tuple[str, ...]] = {
    consumer: topics if consumer == "scoring" else (*topics, ERASURES) for consumer, topics in READS.items()
}
"""What has to be read before an installation is at rest: erasures too, which are about no lead."""
SCHEMAS = {"scoring": "scoring", "router": "router", "sla-monitor": "sla_monitor"}


@dataclass(frozen=True, slots=True)
class Said:
    """One record of a topic: the event's id and its content as JSON."""

    id: UUID
    about: dict[str, Any]


@dataclass(slots=True)
class Books:
    """Rows as the stores hold them, by what identifies them, and records as the topics hold them."""

    submissions: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    scored_leads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    routed_leads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    timed_leads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    reps: list[dict[str, Any]] = field(default_factory=list)
    act_keys: Counter[str] = field(default_factory=Counter)
    asked_declines: Counter[UUID] = field(default_factory=Counter)
    """Declines that wait for a team lead's word, by lead."""
    timer_news: set[UUID] = field(default_factory=set)
    firings: list[dict[str, Any]] = field(default_factory=list)
    facts: Counter[UUID] = field(default_factory=Counter)
    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Events each consumer says it has handled, by consumer and topic."""
    dead_letters: Counter[str] = field(default_factory=Counter)
    """Records on dead letter topics, by topic."""
    said: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))


_TABLES: Mapping[str, LiteralString] = {
    "submissions": "select id, state, lead_ids from scoring.submissions",
    "scored_leads": "select id, state, seq, submissions, line, merged_into from scoring.leads",
    "routed_leads": "select id, state, round, scored_seq, routed_seq, progressed_seq from router.leads",
    "timed_leads": "select id, scored_seq, router_facts, next_seq from sla_monitor.leads",
}
_LISTS: Mapping[str, LiteralString] = {
    "assignments": "select lead_id, round, rep_id, ended_at is null as is_open from router.assignments",
    "reps": "select id, open, capacity from router.reps",
    "firings": "select timer_id, level, event_id from sla_monitor.firings",
}
_EFFECTS: LiteralString = """
    select consumer, topic, sum(records)::bigint as records from {schema}.hop_counts
    where kind like 'effect:%' group by consumer, topic
"""


async def read_books(dsn: str, bootstrap: str) -> Books:
    """Read everything; `dsn` must be allowed to read all schemas."""
    books = Books()
    with psycopg.connect(dsn, row_factory=psycopg.rows.dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for name, query in _TABLES.items():
            setattr(books, name, {row["id"]: row for row in connection.execute(query)})
        for name, query in _LISTS.items():
            setattr(books, name, connection.execute(query).fetchall())
        rows = connection.execute("select key from router.acts where key is not null")
        books.act_keys = Counter(row["key"] for row in rows)
        rows = connection.execute("select lead_id from router.asked_declines")
        books.asked_declines = Counter(row["lead_id"] for row in rows)
        books.timer_news = {row["id"] for row in connection.execute("select id from router.timer_news")}
        books.facts = Counter(
            row["lead_id"]
            for row in connection.execute(
                "select lead_id from sla_monitor.facts where producer = 'baton/router'"
            )
        )
        for schema in SCHEMAS.values():
            for row in connection.execute(_EFFECTS.replace("{schema}", schema)):
                books.effects[row["consumer"], row["topic"]] += int(row["records"])
    await _read_topics(bootstrap, books)
    return books


async def _read_topics(bootstrap: str, books: Books) -> None:
    dead = [dead_letter_name(topic, consumer) for consumer, topics in READS.items() for topic in topics]
    async for topic, record in _records(bootstrap, [*TOPICS, *dead]):
        if topic not in TOPICS:
            books.dead_letters[topic] += 1
            continue
        identity = next(value for name, value in record.headers if name == "ce_id")
        books.said[topic].append(Said(UUID(identity.decode()), orjson.loads(record.value)))


async def _records(bootstrap: str, topics: Iterable[str]) -> Any:
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [
            aiokafka.TopicPartition(topic, number)
            for topic in topics
            for number in (consumer.partitions_for_topic(topic) or await _partitions(consumer, topic))
        ]
        ends = await consumer.end_offsets(places)
        left = {place for place, end in ends.items() if end > 0}
        consumer.assign(list(left))
        await consumer.seek_to_beginning()
        while left:
            for place, records in (await consumer.getmany(timeout_ms=1000, max_records=5000)).items():
                for record in records:
                    if record.offset < ends[place]:
                        yield place.topic, record
            for place in list(left):
                if await consumer.position(place) >= ends[place]:
                    left.discard(place)
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> set[int]:
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()


async def ends_of(bootstrap: str) -> dict[Place, int]:
    """Offsets after the last record of every partition about leads, and of erasures."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [
            aiokafka.TopicPartition(topic, number)
            for topic in (*TOPICS, ERASURES)
            for number in (consumer.partitions_for_topic(topic) or await _partitions(consumer, topic))
        ]
        found = await consumer.end_offsets(places)
        return {(place.topic, place.partition): end for place, end in found.items()}
    finally:
        await consumer.stop()


def waiting(dsn: str, ends: Mapping[Place, int], *, with_timers: bool) -> dict[str, int]:
    """What the stores still have to do: records unread, outbox rows, promises that run. Empty: at rest."""
    left: Counter[str] = Counter()
    with psycopg.connect(dsn) as connection:
        for consumer, schema in SCHEMAS.items():
            query: LiteralString = "select topic, partition, next_offset from {schema}.position"
            rows = connection.execute(query.replace("{schema}", schema)).fetchall()
            read = {(topic, partition): offset for topic, partition, offset in rows}
            left[f"unread by {consumer}"] = sum(
                max(0, end - read.get(place, 0))
                for place, end in ends.items()
                if place[0] in AT_REST[consumer]
            )
            outbox: LiteralString = "select count(*) from {schema}.outbox"
            left[f"outbox of {consumer}"] = _count(connection, outbox.replace("{schema}", schema))
        left["drains due"] = _count(connection, "select count(*) from router.pools where drain_due")
        if with_timers:
            running: LiteralString = (
                "select count(*) from sla_monitor.timers where state = 'pending' and next_at is not null"
            )
            left["running promises"] = _count(connection, running)
    return {what: count for what, count in left.items() if count}


def _count(connection: psycopg.Connection[Any], query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
