"""A person is erased in a running installation, and nothing of them is found in any store, topic or log."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiokafka
import aiokafka.admin
import httpx
import psycopg
import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from psycopg import sql

from baton_dev.stack import Stack
from lead_events import LeadSubmitted, Receipt
from lead_events.codec import encode
from service_kit.records import Headers
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack

QUICK = {
    "log.retention.check.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.segment.delete.delay.ms": "100",
}
"""The broker looks for what is out of time twice a second instead of every five minutes."""
SHORT = {"retention.ms": "1000", "segment.ms": "1000", "cleanup.policy": "delete"}
SUBMITTED = LeadSubmitted(
    submission_id=uuid4(),
    form_id="demo-request",
    lines=["main"],
    source="website",
    fingerprint="f",
    received_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
    fields={},
    receipt=Receipt(instance="intake-of-old", number=1),
    rulebook_version=1,
)
STORES = ("scoring", "router", "sla_monitor")


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, whose broker forgets quickly once told to."""
    stack = Stack(tmp_path / "forgetful", company_round_the_clock(), fsync=False)
    stack.kafka.settings = QUICK
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def baton(forgetful: Stack) -> Iterator[Installation]:
    installation = Installation(forgetful)
    yield installation
    installation.close()


def test_an_erased_person_is_found_nowhere(forgetful: Stack, baton: Installation) -> None:
    marks = _send_a_person(baton)
    email, phone, name = marks
    old = asyncio.run(_records(forgetful.kafka.bootstrap))
    carried = {topic for topic, value in old if email.encode() in value.lower()}
    assert carried >= {"lead-submitted", "lead-scored", "lead-submitted-scoring-dlq"}, carried
    assert email in _stores(forgetful)

    done = _operate(baton, "erase", {"email": email, "by": "dpo", "reason": "ticket 12"})
    assert done["counts"]["submissions"] == 2, "the lead, and what waited in quarantine"
    leads = [UUID(lead) for lead in done["leads"]]
    for lead in leads:
        routed = baton.eventually(
            partial(baton.ask, "router", f"/v1/leads/{lead}", or_none=True),
            lambda found: found is not None and found["state"] == "erased",
            "the router to forget",
        )
        assert routed["close_reason"] == "erased"
    submitted = next(
        value
        for topic, value in old
        if topic == "lead-submitted" and email.encode() in value and b"submission_id" in value
    )
    again = asyncio.run(_spooled(forgetful.kafka.bootstrap, submitted))
    assert baton.submission(again)["state"] == "erased", "from before the erasure: not brought back"
    assert baton.unaccounted() == 0

    asyncio.run(_shorten(forgetful.kafka.bootstrap))
    baton.eventually(
        lambda: asyncio.run(_records(forgetful.kafka.bootstrap)),
        lambda records: not any(mark.encode() in value for _, value in records for mark in marks),
        "the topics to forget",
    )
    stores = _stores(forgetful)
    assert "submissions" in stores
    for mark in (email, phone.removeprefix("+"), name.lower()):
        assert mark not in stores
    assert not list(_files_with(forgetful.home, email)), "in no log, no spool and no folder of a topic"

    back = baton.post("demo-request", somebody(email=email))
    (lead,) = baton.leads_of(back)
    assert lead not in leads, "whoever comes again by themselves is a new person"


def _send_a_person(baton: Installation) -> tuple[str, str, str]:
    """Somebody in every place there is: with a rep, in quarantine, among dead letters."""
    name = f"Quintilia{uuid4().hex[:6]}"
    buyer = somebody(email=f"quintilia-{uuid4().hex[:10]}@example.com", first_name=name, phone="+34600123987")
    (lead,) = baton.leads_of(baton.post("demo-request", buyer))
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
    hidden = baton.post("demo-request", buyer | {"fax_number": "filled by a robot"}, key=buyer["email"])
    assert baton.submission(hidden)["state"] == "quarantined"
    asyncio.run(_undecodable(baton.at["kafka"], buyer["email"]))
    baton.eventually(
        lambda: asyncio.run(_records(baton.at["kafka"])),
        lambda records: any(topic == "lead-submitted-scoring-dlq" for topic, _ in records),
        "a dead letter",
    )
    return buyer["email"], buyer["phone"], name


def _operate(baton: Installation, act: str, order: dict[str, str]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    url = f"{baton.at['scoring']}/v1/persons/{act}"
    answer = httpx.post(url, json=order, headers=headers, timeout=20, trust_env=False)
    assert answer.is_success, answer.text
    return dict(answer.json())


def _stores(stack: Stack) -> str:
    """Every row of every table of the three stores, in lower case."""
    found: list[str] = []
    with psycopg.connect(_dsn(stack)) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = ANY(%s) AND c.relkind = 'r'",
            [list(STORES)],
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
            found += [table, *(row[0] for row in connection.execute(query).fetchall())]
            hidden = connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = %s AND table_name = %s AND data_type = 'bytea'",
                [schema, table],
            ).fetchall()
            for (column,) in hidden:
                query = sql.SQL("SELECT {} FROM {}").format(
                    sql.Identifier(column), sql.Identifier(schema, table)
                )
                rows = connection.execute(query).fetchall()
                found += [bytes(row[0]).decode("utf-8", "replace") for row in rows if row[0] is not None]
    return "\n".join(found).lower()


def _dsn(stack: Stack) -> str:
    base, _, _ = stack.postgres.dsn.rpartition("/")
    return f"{base}/baton"


def _files_with(home: Path, text: str) -> Iterator[Path]:
    """Files of logs, spools and topics that hold a text; PostgreSQL's own files are asked by its tables."""
    for path in home.rglob("*"):
        if path.is_file() and "postgres" not in path.relative_to(home).parts and _holds(path, text):
            yield path


def _holds(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes().lower()
    except FileNotFoundError:
        return False


async def _admin(bootstrap: str, work: Callable[[Any], Any]) -> Any:
    admin = aiokafka.admin.AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return await work(admin)
    finally:
        await admin.close()


async def _shorten(bootstrap: str) -> None:
    async def work(admin: Any) -> None:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, SHORT) for name in names])

    await _admin(bootstrap, work)


async def _records(bootstrap: str) -> list[tuple[str, bytes]]:
    """Everything that is on any topic now, values and keys."""
    names = await _admin(bootstrap, lambda admin: admin.list_topics())
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [
            aiokafka.TopicPartition(name, number)
            for name in names
            if not name.startswith("__")
            for number in consumer.partitions_for_topic(name) or await _partitions(consumer, name)
        ]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)
        found: list[tuple[str, bytes]] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                found += [(place.topic, (each.key or b"") + b"\n" + (each.value or b"")) for each in records]
        return found
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> set[int]:
    await consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return set(consumer.partitions_for_topic(topic) or ())


async def _produce(bootstrap: str, value: bytes, headers: Headers) -> None:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait("lead-submitted", value, key=b"k", headers=list(headers))
    finally:
        await producer.stop()


async def _undecodable(bootstrap: str, email: str) -> None:
    event = SUBMITTED.model_copy(update={"submission_id": uuid4()})
    headers, _ = _encoded(event)
    await _produce(bootstrap, f'{{"email": "{email}", "and": "nothing else"}}'.encode(), headers)


async def _spooled(bootstrap: str, record: bytes) -> UUID:
    """The submission once more, under another id, as the spool of another pod might hold it."""
    event = LeadSubmitted.model_validate_json(record.partition(b"\n")[2])
    receipt = Receipt(instance="intake-of-old", number=1)
    again = event.model_copy(update={"submission_id": uuid4(), "receipt": receipt})
    headers, value = _encoded(again)
    await _produce(bootstrap, value, headers)
    return again.submission_id


def _encoded(event: LeadSubmitted) -> tuple[Headers, bytes]:
    identity = event.submission_id
    headers, value = encode(
        event,
        id=identity,
        source="baton/intake",
        time=event.received_at,
        subject=str(identity),
        topic="lead-submitted",
    )
    return tuple(headers), value
