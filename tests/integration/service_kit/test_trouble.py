"""Limits, outages, lanes and stopping, through the running loop."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lead_events import LeadSignalled, LeadSubmitted
from lead_events.codec import encode
from lead_events.submitted import Receipt
from service_kit import deadletters, failpoints, metrics
from service_kit.batch import Batch, Event
from service_kit.broker import BrokerUnavailable, PublishFailed
from service_kit.clock import SystemClock
from service_kit.errors import HandlerBroke
from service_kit.fakes import FakeConsumerClient
from service_kit.records import Outgoing, Record, TopicPartition
from service_kit.runtime import Runtime
from service_kit.spec import Progress
from service_kit.unit import Unit
from tests.integration.service_kit.worlds import AT, INPUT, NAME, OUTPUT, World, note, signal
from tests.patience import HANGS_AFTER


class HurriedClock(SystemClock):
    """Runs so many times as fast, so that half a minute of standstill passes in a test."""

    def __init__(self, times: int = 100) -> None:
        self._times = times

    def monotonic(self) -> float:
        return super().monotonic() * self._times

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._times)


async def test_beyond_the_dead_letter_limit_the_consumer_stops_until_resumed_also_after_a_restart(
    world: World,
) -> None:
    world.settings.dead_letter_limit = 3
    await world.send([signal("reject")[1] for _ in range(4)])
    first = world.consumer()
    async with world.running(first):
        await world.eventually(lambda: _held(first))
    identity, record = signal()
    await world.send([record])
    again = world.consumer()
    async with world.running(again):
        await world.eventually(lambda: _held(again))
        assert "baton dlq resume scoring" in (again.not_ready() or "")
        assert await world.noted() == {}
        async with world.database.transaction() as conn:
            resumed = await deadletters.resume(
                conn, consumer=NAME, by="ops", reason="mapping mended", now=datetime.now(UTC)
            )
        assert resumed == [NAME]
        await world.eventually(lambda: world.notes([identity]))
        assert again.not_ready() is None
    async with world.database.acquire() as conn:
        audit = await conn.fetchrow("SELECT * FROM dead_letter_stop")
    assert audit is not None
    assert (audit["resumed_by"], audit["resume_reason"], audit["records"]) == ("ops", "mapping mended", 4)


async def test_statement_timeouts_that_repeat_while_the_database_is_well_bury_only_the_guilty_record(
    fake: World,
) -> None:
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=HurriedClock())
    await fake.runtime.publisher.start()
    good = dict(signal() for _ in range(6))
    _, slow = signal("slow")

    async def time_out(batch: Batch) -> None:
        if any(getattr(event.data, "kind", "") == "slow" for event in batch.events):
            await batch.conn.execute("SET LOCAL statement_timeout = 5")
            await batch.conn.execute("SELECT pg_sleep(1)")
        await note(batch)

    await fake.send([*list(good.values())[:3], slow, *list(good.values())[3:]])
    async with fake.running(fake.consumer(time_out)):
        await fake.eventually(lambda: fake.notes(list(good)))
        await fake.eventually(lambda: _dead(fake, 1))
    assert await fake.noted() == dict.fromkeys(good, 1)
    assert len(await fake.dead()) == 1


async def test_a_handler_that_says_nothing_of_an_event_does_not_lose_it(fake: World) -> None:
    _, record = signal()

    async def silent(batch: Batch) -> None:
        return

    await fake.send([record])
    async with fake.running(fake.consumer(silent)):
        await fake.eventually(lambda: _dead(fake, 1))
    reason = dict((await fake.dead())[0].headers)["dl_reason"]
    assert HandlerBroke.__name__.encode() in reason


async def test_records_the_broker_does_not_take_in_time_wait_in_the_outbox_for_the_sweeper(
    fake: World,
) -> None:
    sent = dict(signal() for _ in range(5))
    await fake.send(list(sent.values()))

    async def broker_goes(batch: Batch) -> None:
        await note(batch)
        fake.fake.away = True

    async with fake.running(fake.consumer(broker_goes)):
        await fake.eventually(lambda: fake.notes(list(sent)))
    assert not await fake.outbox_is_empty()
    fake.fake.away = False
    sweeper = fake.runtime.sweeper()
    sweeping = asyncio.create_task(sweeper.run())
    await fake.eventually(fake.outbox_is_empty)
    sweeper.stop()
    await sweeping
    assert [r.key for r in fake.fake.records(OUTPUT)] != []
    assert set((await fake.outputs()).values()) == {1}


async def test_a_record_refused_for_good_stays_and_holds_up_no_other(fake: World) -> None:
    fake.fake.refuse("lead-merged")
    identity, _ = signal()

    async def work(unit: Unit) -> None:
        unit.emit_raw(Outgoing("lead-merged", b"k", b"{}"))
        unit.emit_raw(Outgoing(OUTPUT, str(identity).encode(), b"{}"))

    await fake.runtime.in_transaction(work)
    await fake.runtime.published()
    assert await fake.outputs() == {str(identity).encode(): 1}
    async with fake.database.acquire() as conn:
        assert [row["topic"] for row in await conn.fetch("SELECT topic FROM outbox")] == ["lead-merged"]


async def test_stopping_finishes_the_batch_commits_and_leaves_within_ten_seconds(world: World) -> None:
    identity, record = signal()
    await world.send([record])
    begun = asyncio.Event()

    async def unhurried(batch: Batch) -> None:
        begun.set()
        consumer.stop()  # asked to stop in the middle of a batch
        await note(batch)

    consumer = world.consumer(unhurried)
    task = asyncio.create_task(consumer.run())
    await asyncio.wait_for(begun.wait(), HANGS_AFTER)
    await asyncio.wait_for(task, HANGS_AFTER)
    assert await world.noted() == {identity: 1}
    await world.eventually(lambda: _one_out(world))
    assert await world.outbox_is_empty()


async def test_stopping_leaves_a_batch_that_waits_for_the_database_to_the_next_owner(fake: World) -> None:
    identity, record = signal()
    await fake.send([record])
    failpoints.activate("consumer.in_transaction=error:connection")
    consumer = fake.consumer()
    task = asyncio.create_task(consumer.run())
    await fake.eventually(
        lambda: _true(consumer.not_ready() is not None and failpoints.hits("consumer.in_transaction") > 1)
    )
    consumer.stop()
    await asyncio.wait_for(task, HANGS_AFTER)
    failpoints.clear()
    async with fake.running(fake.consumer()):
        await fake.eventually(lambda: fake.notes([identity]))
    assert await fake.noted() == {identity: 1}


async def test_the_watchdog_replaces_a_client_that_has_stalled_in_silence(fake: World) -> None:
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=HurriedClock())
    await fake.runtime.publisher.start()
    identity, record = signal()
    before = fake.fake.clients_made
    async with fake.running(fake.consumer()):
        await fake.eventually(lambda: _true(fake.fake.clients_made == before + 1))
        fake.fake.stall = True
        await fake.send([record])
        await fake.eventually(lambda: _true(fake.fake.clients_made > before + 1))
        fake.fake.stall = False
        await fake.eventually(lambda: fake.notes([identity]))
    assert await fake.noted() == {identity: 1}


async def test_no_lag_is_exported_that_was_before_the_broker_went_away(fake: World) -> None:
    metrics.LAG.clear()  # of consumers of other tests
    # a busy machine has a second and a half for a round before it counts as a standstill
    clock = HurriedClock(20)
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=clock)
    await fake.runtime.publisher.start()
    consumer = fake.consumer()

    def is_known() -> bool:
        samples = [sample for family in metrics.LAG.collect() for sample in family.samples]
        return any(sample.labels["consumer"] == consumer.spec.name for sample in samples)

    async with fake.running(consumer):
        await fake.eventually(lambda: _true(is_known()))
        fake.fake.away = True
        await fake.eventually(lambda: _true(not is_known()))
        fake.fake.away = False
        await fake.eventually(lambda: _true(is_known()))


async def test_progress_is_told_batch_or_none(world: World) -> None:
    identity, record = signal()
    seen: list[Progress] = []

    async def keep(progress: Sequence[Progress]) -> None:
        seen.extend(progress)

    started = datetime.now(UTC)
    await world.send([record])
    async with world.running(world.consumer(on_positions=keep)):
        await world.eventually(lambda: world.notes([identity]))
        seen.clear()
        places = await world.places(INPUT)
        await world.eventually(lambda: _true({p.partition for p in seen} == {p.partition for p in places}))
    assert all(p.topic == INPUT and p.read_up_to >= started - timedelta(seconds=5) for p in seen)


async def test_every_record_read_is_shown_before_repeats_are_dropped(fake: World) -> None:
    shown: list[UUID] = []
    identity, record = signal()

    async def count(batch: Batch, events: Sequence[Event]) -> None:
        shown.extend(event.id for event in events)

    await fake.send([record, record])
    async with fake.running(fake.consumer(on_read=count)):
        await fake.eventually(lambda: fake.notes([identity]))
    assert shown == [identity, identity]


async def _booked(batch: Batch, events: Sequence[Event]) -> None:
    """Keeps in the store what it is shown, as a service's books would; breaks on one kind of record."""
    for event in events:
        if isinstance(event.data, LeadSignalled) and event.data.kind == "permanent":
            await batch.conn.execute("SELECT $1::text", "a\x00")  # no text for PostgreSQL
    await batch.conn.execute("INSERT INTO booked SELECT unnest($1::uuid[])", [event.id for event in events])


@pytest.mark.parametrize(
    ("kind", "is_booked"),
    [("poison", True), ("reject", True), ("permanent", False)],
    ids=["tried and buried", "rejected by its handler", "breaks the books as well"],
)
async def test_a_dead_letter_is_shown_once_and_never_stops_the_others(
    fake: World, kind: str, is_booked: bool
) -> None:
    async with fake.database.acquire() as conn:
        await conn.execute("CREATE TABLE booked (event_id uuid NOT NULL)")
    (bad, broken), (good, sound), (later, last) = signal(kind), signal(), signal()
    await fake.send([broken, sound])
    async with fake.running(fake.consumer(on_read=_booked)):
        await fake.eventually(lambda: fake.notes([good]))
        await fake.eventually(lambda: _buried(fake))
        await fake.send([last])
        await fake.eventually(lambda: fake.notes([later]))
    async with fake.database.acquire() as conn:
        booked = Counter(row["event_id"] for row in await conn.fetch("SELECT event_id FROM booked"))
    assert booked == Counter([good, later, *([bad] if is_booked else [])])
    assert (await fake.hop()).unaccounted == 0


async def _buried(world: World) -> bool:
    return len(await world.dead()) == 1


async def test_a_unit_of_work_is_repeated_after_a_deadlock_and_published_once(world: World) -> None:
    failpoints.activate("unit.before_commit=error:deadlock@1")
    identity = uuid4()

    async def work(unit: Unit) -> str:
        unit.emit_raw(Outgoing(OUTPUT, str(identity).encode(), b"{}"))
        return "done"

    assert await world.runtime.in_transaction(work) == "done"
    await world.runtime.published()
    await world.eventually(lambda: _one_out(world))
    assert await world.outputs() == {str(identity).encode(): 1}
    assert await world.outbox_is_empty()


async def test_the_bulk_lane_waits_while_the_live_lane_lags_but_is_never_starved(fake: World) -> None:
    order: list[str] = []

    class Late(SystemClock):
        """Says it is two seconds later than the broker believes."""

        def now(self) -> datetime:
            return super().now() + timedelta(seconds=2)

    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=Late())
    await fake.runtime.publisher.start()
    await fake.send([_submission("lead-imported") for _ in range(40)])
    await fake.send([_submission("lead-submitted") for _ in range(60)])

    async def remember(batch: Batch) -> None:
        for event in batch.events:
            order.append(event.topic)
            batch.effect(event, "noted")

    consumer = fake.consumer(
        remember, topics=["lead-submitted"], bulk_topics=["lead-imported"], batch_max=2, gather_ms=0
    )
    async with fake.running(consumer):
        await fake.eventually(lambda: _true(len(order) == 100))
    while_live = order[: len(order) - order[::-1].index("lead-submitted")]
    assert while_live.count("lead-submitted") == 60
    assert 1 <= while_live.count("lead-imported") <= 6


async def test_a_store_that_is_not_migrated_yet_makes_no_dead_letter(fake: World) -> None:
    async with fake.database.acquire() as conn:
        await conn.execute("ALTER TABLE noted RENAME TO later")
    identity, record = signal()
    await fake.send([record])
    consumer = fake.consumer()
    async with fake.running(consumer):
        await fake.eventually(lambda: _true("noted" in (consumer.not_ready() or "")))
        async with fake.database.acquire() as conn:
            await conn.execute("ALTER TABLE later RENAME TO noted")
        await fake.eventually(lambda: fake.notes([identity]))
    assert await fake.dead() == []


async def test_a_topic_made_anew_is_read_from_its_start(fake: World) -> None:
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=HurriedClock())
    await fake.runtime.publisher.start()
    async with fake.database.acquire() as conn:
        await conn.execute("UPDATE position SET next_offset = 1000 WHERE topic = $1", INPUT)
    identity, record = signal()
    await fake.send([record])
    async with fake.running(fake.consumer()):
        await fake.eventually(lambda: fake.notes([identity]))
    async with fake.database.acquire() as conn:
        assert await conn.fetchval("SELECT max(next_offset) FROM position WHERE topic = $1", INPUT) == 1


class _Stumbling(FakeConsumerClient):
    """Fails once, on the second of the two questions that make up a batch."""

    stumbles = 1

    async def take(
        self, partitions: Collection[TopicPartition], *, max_records: int, timeout: float
    ) -> list[Record]:
        if all(place.topic == "lead-imported" for place in partitions) and self.stumbles:
            self.stumbles -= 1
            raise BrokerUnavailable("lost while fetching")
        return await super().take(partitions, max_records=max_records, timeout=timeout)


async def test_a_fetch_that_fails_halfway_skips_nothing(fake: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake.fake, "consumer", lambda group, topics: _Stumbling(fake.fake, group, topics))
    await fake.send([_submission("lead-submitted"), _submission("lead-imported")])
    handled: list[str] = []

    async def remember(batch: Batch) -> None:
        for event in batch.events:
            handled.append(event.topic)
            batch.effect(event, "noted")

    consumer = fake.consumer(remember, topics=["lead-submitted"], bulk_topics=["lead-imported"])
    async with fake.running(consumer):
        await fake.eventually(lambda: _true(len(handled) == 2))
    assert sorted(handled) == ["lead-imported", "lead-submitted"]


class _DealtWhileFetching(FakeConsumerClient):
    """The group is dealt anew while the first batch is fetched, from offsets committed too early."""

    dealt = False

    async def take(
        self, partitions: Collection[TopicPartition], *, max_records: int, timeout: float
    ) -> list[Record]:
        if not self.dealt:
            self.dealt = True
            self._broker.rebalance(self.group)
        return await super().take(partitions, max_records=max_records, timeout=timeout)


async def test_what_was_fetched_under_another_assignment_is_discarded(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        fake.fake, "consumer", lambda group, topics: _DealtWhileFetching(fake.fake, group, topics)
    )
    sent = dict(signal() for _ in range(10))
    for record in sent.values():
        fake.fake.append(record, partition=0)
    fake.fake.committed_of(f"baton-{NAME}")[TopicPartition(INPUT, 0)] = 5
    async with fake.running(fake.consumer()):
        await fake.eventually(lambda: fake.notes(list(sent)))
    assert await fake.noted() == dict.fromkeys(sent, 1)


async def test_a_publisher_that_was_never_connected_says_so_at_once(world: World) -> None:
    publisher = world.broker.publisher()
    with pytest.raises(PublishFailed) as failed:
        await publisher.publish([signal()[1]])
    assert failed.value.acknowledged == frozenset()


def _submission(topic: str) -> Outgoing:
    identity = uuid4()
    event = LeadSubmitted(
        submission_id=identity,
        form_id="demo",
        lines=["main"],
        source="web",
        fingerprint="f",
        received_at=AT,
        fields={},
        receipt=Receipt(instance="a", number=1),
        rulebook_version=1,
    )
    headers, value = encode(event, id=identity, source="test", time=AT, subject="x", topic=topic)
    return Outgoing(topic, str(identity).encode(), value, tuple(headers))


async def _held(consumer: Any) -> bool:
    return "dead-letter limit" in (consumer.not_ready() or "")


async def _dead(world: World, number: int) -> bool:
    return len(await world.dead()) >= number


async def _one_out(world: World) -> bool:
    return len(await world.outputs()) == 1


async def _true(value: bool) -> bool:
    return value
