"""On a real Kafka: the next process reads on at the committed offset, and every lead comes once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from baton_dev.kafka import KafkaServer
from lead_events import LeadSubmitted
from lead_events.catalog import topic
from lead_events.codec import decode
from service_kit.clock import SystemClock
from service_kit.kafka import KafkaBroker
from service_kit.topics import create_topics
from tests.integration.intake.notices.vendor import Vendor, json_answer
from tests.integration.intake.notices.world import META, forms, meta_notice
from tests.integration.intake.running import (
    Harness,
    Running,
    ShiftedClock,
    eventually,
    publication,
    rulebook,
)

pytestmark = pytest.mark.stack

TOPICS = (
    "lead-submitted",
    "lead-notified",
    "lead-notified-retry-1m",
    "lead-notified-retry-1h",
    "fetch-reported",
    "rulebook-published",
)


@pytest.fixture
async def kafka(tmp_path: Path, vendor: Vendor) -> AsyncIterator[KafkaBroker]:
    server = KafkaServer(tmp_path / "kafka")
    await asyncio.to_thread(server.start)
    await create_topics(server.bootstrap, [topic(name) for name in TOPICS])
    broker = KafkaBroker(server.bootstrap)
    publisher = broker.publisher()
    await publisher.start()
    await publisher.publish([publication(1, rulebook(forms(vendor)))])
    await publisher.stop()
    yield broker
    await asyncio.to_thread(server.kill)


async def read(broker: KafkaBroker, name: str) -> list[LeadSubmitted]:
    client = broker.consumer(f"reader-{name}", [name])
    await client.start()
    found = []
    try:
        await eventually(lambda: bool(client.assignment().partitions), 30)
        places = client.assignment().partitions
        left = sum((await client.end_offsets(places)).values())
        while left > 0:
            records = await client.take(places, max_records=500, timeout=1.0)
            left -= len(records)
            found += [decode(each.topic, each.headers, each.value)[1] for each in records]
    finally:
        await client.stop()
    return [event for event in found if isinstance(event, LeadSubmitted)]


class OnTime(ShiftedClock):
    """The broker's time and ours are one: a retry is due a minute after the broker took it."""

    def now(self) -> datetime:
        return SystemClock.now(self)


def on_time(folder: Path) -> Harness:
    harness = Harness(folder)
    harness.clock = OnTime()
    return harness


async def take(intake: Running, *leads: str) -> None:
    answer = await intake.post("/v1/forms/pk_meta_001/submissions", content=meta_notice(*leads),
                               headers={"content-type": "application/json"})  # fmt: skip
    assert answer.status_code == 200, answer.text


async def test_a_process_that_is_gone_leaves_its_notices_to_the_next_one(
    kafka: KafkaBroker, vendor: Vendor, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "meta-token").write_text(vendor.token)
    leads = [str(lead) for lead in range(100, 160)]
    vendor.scripted["107"] = [json_answer(500, b"")]

    def done() -> int:
        return len({lead for lead in leads if vendor.times_asked(lead)})

    async with on_time(tmp_path / "first").start(
        broker=kafka, secrets_dir=str(secrets), fetches_at_once=2
    ) as intake:
        for start in range(0, 60, 20):
            await take(intake, *leads[start : start + 20])
        await eventually(lambda: done() >= 20, 30)
    async with on_time(tmp_path / "second").start(broker=kafka, secrets_dir=str(secrets)) as intake:
        books = intake.wiring.notices.books
        await eventually(lambda: done() == 60, 30)
        await eventually(lambda: books.waiting.get("lead-notified") == 0 and not books.in_hand, 30)
        assert books.waiting["lead-notified-retry-1m"] == 1
        assert books.unaccounted == 0
    submitted = await read(kafka, "lead-submitted")
    assert {event.key for event in submitted} == set(leads) - {"107"}
    assert len({event.submission_id for event in submitted}) == 59
    assert {event.form_id for event in submitted} == {META}
