"""Where Kafka lost its topics, all that was read of them is found gone after one wait for all partitions."""

from datetime import UTC, datetime

import pytest

from service_kit.broker import BrokerUnavailable
from service_kit.clock import ManualClock
from service_kit.made_anew import SHORTER_SECONDS
from service_kit.marks import Marks
from service_kit.positions import Positions, stored_positions
from service_kit.spec import ConsumerSpec
from tests.integration.service_kit.worlds import EFFECTS, INPUT, World, note

NAMES = ("first-own", "second-own")
TOPICS = ("lead-scored", "lead-merged")
READ = 1000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, tzinfo=UTC))


async def _read_before(world: World, name: str, topic: str) -> None:
    async with world.database.acquire() as conn:
        for place in world.fake.partitions_of(topic):
            await conn.execute(
                "INSERT INTO position VALUES ($1, $2, $3, $4)", name, topic, place.partition, READ
            )


async def test_a_consumer_reads_all_partitions_from_their_start(fake: World, clock: ManualClock) -> None:
    spec = ConsumerSpec("lately", (INPUT,), note, EFFECTS)
    await _read_before(fake, spec.name, INPUT)
    positions = Positions(fake.database, spec, clock)
    client = fake.broker.consumer(spec.name, [INPUT])
    await client.start()
    dealt = client.assignment()
    assert len(dealt.partitions) > 1
    assert await positions.adopt(client, dealt) is None, "its broker may just have come back"
    clock.advance(SHORTER_SECONDS)
    assert await positions.adopt(client, dealt) == dict.fromkeys(dealt.partitions, 0)
    await client.stop()


async def test_all_that_a_service_reads_back_is_marked_anew(fake: World, clock: ManualClock) -> None:
    own = [(name, fake.fake.partitions_of(topic)) for name, topic in zip(NAMES, TOPICS, strict=True)]
    for name, topic in zip(NAMES, TOPICS, strict=True):
        await _read_before(fake, name, topic)
    marks = Marks(fake.database, clock)
    client = fake.broker.consumer("read-back", TOPICS)
    await client.start()
    with pytest.raises(BrokerUnavailable, match="read of them: lead-merged, lead-scored"):
        await marks.check(client, own)
    clock.advance(SHORTER_SECONDS)
    await marks.check(client, own)
    for name, places in own:
        assert await stored_positions(fake.database, name) == dict.fromkeys(places, 0)
    await client.stop()
