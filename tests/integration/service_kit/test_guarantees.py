"""The delivery guarantee, through the running loop: each event has its effects once, whatever breaks on the
way.
"""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest

from lead_events.ids import record_id
from service_kit import failpoints
from service_kit.batch import Batch
from service_kit.broker import ConsumerClient
from service_kit.outbox import Sweeper
from service_kit.records import Outgoing
from service_kit.unit import Unit
from tests.integration.service_kit.worlds import INPUT, NAME, World, note, signal
from tests.patience import HANGS_AFTER


async def test_each_event_is_handled_and_passed_on_once(world: World) -> None:
    sent = dict(signal() for _ in range(300))
    await world.send(list(sent.values()))
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes(list(sent)))
        await world.eventually(lambda: _all_out(world, len(sent)))
    assert await world.noted() == dict.fromkeys(sent, 1)
    assert set((await world.outputs()).values()) == {1}
    assert await world.outbox_is_empty()
    hop = await world.hop()
    assert (hop.read, hop.effects, hop.repeats, hop.unaccounted) == (300, {"noted": 300}, 0, 0)


async def test_duplicates_change_nothing_in_one_batch_or_in_a_later_one(world: World) -> None:
    identity, record = signal()
    other, second = signal()
    await world.send([record, record, second])
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes([identity, other]))
        await world.send([record, record])
        await world.eventually(lambda: _read(world, 5))
    assert await world.noted() == {identity: 1, other: 1}
    hop = await world.hop()
    assert (hop.read, hop.repeats, hop.unaccounted) == (5, 3, 0)


@pytest.mark.parametrize("place", failpoints.CONSUMER)
async def test_a_crash_at_any_step_loses_and_doubles_nothing(world: World, place: str) -> None:
    sent = dict(signal() for _ in range(40))
    await world.send(list(sent.values()))
    failpoints.activate(f"{place}=crash@1")
    crashed = world.consumer()
    async with world.running(crashed) as task:
        await asyncio.wait({task}, timeout=HANGS_AFTER)
        assert task.done(), f"{place} was never reached"
    failpoints.clear()
    sweeper = Sweeper(world.database, world.runtime.publisher, every=timedelta(milliseconds=50))
    sweeping = asyncio.create_task(sweeper.run())
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes(list(sent)))
        await world.eventually(lambda: _all_out(world, len(sent)))
        await world.eventually(world.outbox_is_empty)
    sweeper.stop()
    await sweeping
    assert await world.noted() == dict.fromkeys(sent, 1)
    hop = await world.hop()
    assert (hop.effects, hop.unaccounted) == ({"noted": 40}, 0)


async def test_one_poison_record_among_two_hundred_is_the_only_dead_letter(world: World) -> None:
    good = dict(signal() for _ in range(200))
    bad, poison = signal("poison")
    records = list(good.values())
    records.insert(97, poison)
    await world.send(records)
    async with world.running(world.consumer()):
        await world.eventually(lambda: _dead(world, 1))
        await world.eventually(lambda: world.notes(list(good)))
    assert await world.noted() == dict.fromkeys(good, 1)
    (letter,) = await world.dead()
    headers = dict(letter.headers)
    assert headers["ce_id"] == headers["dl_id"] == str(bad).encode()
    assert b"this record breaks the handler" in headers["dl_reason"]
    assert letter.value == poison.value
    async with world.database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM inbox WHERE event_id = $1", bad) == 0
    hop = await world.hop()
    assert (hop.read, hop.dead_letters, hop.unaccounted) == (201, 1, 0)


async def test_rejected_undecodable_and_permanent_records_are_dead_letters_at_once(world: World) -> None:
    fine, good = signal()
    refused, rejected = signal("reject")
    never, permanent = signal("permanent")
    garbage = Outgoing(INPUT, b"k", b"{not json", good.headers[:1])
    await world.send([good, rejected, permanent, garbage])
    async with world.running(world.consumer()):
        await world.eventually(lambda: _dead(world, 3))
        await world.eventually(lambda: world.notes([fine]))
    letters = {dict(letter.headers)["dl_id"].decode(): dict(letter.headers) for letter in await world.dead()}
    assert letters[str(refused)]["dl_reason"] == b"out of domain"
    assert b"can never be handled" in letters[str(never)]["dl_reason"]
    nameless = next(h for i, h in letters.items() if i not in (str(refused), str(never)))
    place = record_id(INPUT, int(nameless["dl_partition"]), int(nameless["dl_offset"]))
    assert nameless["dl_id"] == str(place).encode()
    assert await world.noted() == {fine: 1}
    assert (await world.hop()).unaccounted == 0


async def test_a_replayed_dead_letter_is_processed(world: World) -> None:
    identity, record = signal("poison")
    await world.send([record])
    async with world.running(world.consumer()):
        await world.eventually(lambda: _dead(world, 1))
    _, mended = signal(identity=identity)
    await world.send([mended])
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes([identity]))
    assert await world.noted() == {identity: 1}


async def test_the_database_going_away_makes_no_dead_letter(world: World) -> None:
    sent = dict(signal() for _ in range(60))

    async def cut_once(batch: Batch) -> None:
        await note(batch)
        if not cut_once.__dict__.get("done"):
            cut_once.__dict__["done"] = True
            async with world.database.acquire() as other:
                await other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = $1 AND pid <> pg_backend_pid()",
                    world.store.schema,
                )

    await world.send(list(sent.values()))
    async with world.running(world.consumer(cut_once)):
        await world.eventually(lambda: world.notes(list(sent)))
    assert await world.noted() == dict.fromkeys(sent, 1)
    assert await world.dead() == []
    assert (await world.hop()).unaccounted == 0


async def test_a_deadlock_is_repeated_and_makes_no_dead_letter(world: World) -> None:
    identity, record = signal()
    async with world.database.acquire() as conn:
        await conn.execute("CREATE TABLE locked (id int PRIMARY KEY); INSERT INTO locked VALUES (1), (2)")
    deadlocks = 0

    async def lock_against(batch: Batch) -> None:
        nonlocal deadlocks
        await note(batch)
        if deadlocks:
            return
        async with world.database.transaction() as rival:
            await rival.execute("UPDATE locked SET id = id WHERE id = 2")
            await batch.conn.execute("UPDATE locked SET id = id WHERE id = 1")
            await rival.execute("SET LOCAL deadlock_timeout = '10s'")
            waiting = asyncio.create_task(rival.execute("UPDATE locked SET id = id WHERE id = 1"))
            try:
                await batch.conn.execute("UPDATE locked SET id = id WHERE id = 2")
            except asyncpg.DeadlockDetectedError:
                deadlocks += 1
                raise
            finally:
                waiting.cancel()
                await asyncio.wait({waiting})

    await world.send([record])
    async with world.running(world.consumer(lock_against)):
        await world.eventually(lambda: world.notes([identity]))
    assert deadlocks == 1
    assert await world.noted() == {identity: 1}
    assert await world.dead() == []


async def test_a_zombies_late_batch_changes_nothing(world: World) -> None:
    sent = dict(signal() for _ in range(10))
    await world.send(list(sent.values()))
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(batch: Batch) -> None:
        if not reached.is_set():
            reached.set()
            await go_on.wait()
        await note(batch)

    zombie, heir = world.consumer(slow), world.consumer()
    async with world.running(zombie):
        await asyncio.wait_for(reached.wait(), HANGS_AFTER)
        async with world.running(heir):
            go_on.set()
            await world.eventually(lambda: world.notes(list(sent)))
    assert await world.noted() == dict.fromkeys(sent, 1)
    hop = await world.hop()
    assert (hop.effects, hop.unaccounted) == ({"noted": 10}, 0)


async def test_the_stores_position_wins_over_kafkas_offset(world: World) -> None:
    skipped, first = signal()
    wanted, second = signal()
    await world.send([first])
    ends = await world.ends(INPUT)
    async with world.database.acquire() as conn:
        await conn.executemany(
            "UPDATE position SET next_offset = $3 WHERE topic = $1 AND partition = $2",
            [(place.topic, place.partition, offset) for place, offset in ends.items()],
        )
    await world.send([second])
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes([wanted]))
    assert await world.noted() == {wanted: 1}
    assert skipped not in await world.noted()


async def test_an_offset_committed_too_early_loses_nothing(world: World) -> None:
    sent = dict(signal() for _ in range(20))
    await world.send(list(sent.values()))
    places = await world.places(INPUT)
    early = world.broker.consumer(f"baton-{NAME}", [INPUT])
    await early.start()
    await world.eventually(lambda: _holds(early, len(places)))
    assert await early.commit(await early.end_offsets(places))
    await early.stop()
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes(list(sent)))
    assert await world.noted() == dict.fromkeys(sent, 1)


async def test_partitions_dealt_anew_in_the_middle_of_a_batch_lose_and_double_nothing(fake: World) -> None:
    sent = dict(signal() for _ in range(30))
    await fake.send(list(sent.values()))
    dealt = 0

    async def rebalanced(batch: Batch) -> None:
        nonlocal dealt
        if dealt < 3:
            dealt += 1
            fake.fake.rebalance(f"baton-{NAME}")
        await note(batch)

    async with fake.running(fake.consumer(rebalanced, batch_max=7)):
        await fake.eventually(lambda: fake.notes(list(sent)))
    assert dealt == 3
    assert await fake.noted() == dict.fromkeys(sent, 1)
    assert (await fake.hop()).unaccounted == 0


async def test_offsets_are_committed_last_and_show_the_lag(world: World) -> None:
    identity, record = signal()
    await world.send([record])
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes([identity]))
    watcher = world.broker.consumer(f"baton-{NAME}", [INPUT])
    await watcher.start()
    try:
        places = await world.places(INPUT)
        ends = await watcher.end_offsets(places)
        committed = [await watcher.committed(place) for place in places]
        assert any(
            offset is not None and offset == ends[p] for offset, p in zip(committed, places, strict=True)
        )
    finally:
        await watcher.stop()


async def test_an_event_id_of_another_day_is_another_row_of_the_inbox(world: World) -> None:
    identity, record = signal(identity=uuid4())
    await world.send([record])
    async with world.running(world.consumer()):
        await world.eventually(lambda: world.notes([identity]))
    async with world.database.acquire() as conn:
        row = await conn.fetchrow("SELECT day, consumer FROM inbox WHERE event_id = $1", identity)
    assert row is not None
    assert (str(row["day"]), row["consumer"]) == ("2026-11-25", NAME)


async def _holds(client: ConsumerClient, number: int) -> bool:
    return len([place for place in client.assignment().partitions if place.topic == INPUT]) == number


async def _all_out(world: World, number: int) -> bool:
    return len(await world.outputs()) == number


async def _read(world: World, number: int) -> bool:
    return (await world.hop()).read >= number


async def _dead(world: World, number: int) -> bool:
    return len(await world.dead()) >= number


async def test_calls_after_a_commit_are_made_once_and_never_for_what_was_rolled_back(fake: World) -> None:
    sent = dict(signal() for _ in range(20))
    told: list[UUID] = []

    async def tell(batch: Batch) -> None:
        await note(batch)
        for event in batch.events:
            batch.after_commit(partial(told.append, event.id))
        batch.after_commit(partial(told.remove, uuid4()))  # fails: the effects stand all the same

    failpoints.activate("consumer.before_commit=error:deadlock@1,consumer.after_commit=error:connection@1")
    try:
        await fake.send(list(sent.values()))
        async with fake.running(fake.consumer(tell)):
            await fake.eventually(lambda: fake.notes(list(sent)))
            await fake.eventually(lambda: _read(fake, len(sent)))
    finally:
        failpoints.clear()
    assert sorted(told) == sorted(sent)
    assert await fake.noted() == dict.fromkeys(sent, 1)


async def test_a_unit_repeated_after_a_deadlock_makes_its_calls_once(fake: World) -> None:
    told: list[int] = []

    async def work(unit: Unit) -> None:
        unit.after_commit(partial(told.append, 1))

    failpoints.activate("unit.before_commit=error:deadlock@1")
    try:
        await fake.runtime.in_transaction(work)
    finally:
        failpoints.clear()
    assert told == [1]
