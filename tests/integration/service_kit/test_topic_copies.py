"""How many copies topics have: asked for where they are made, kept when the job runs again."""

from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from lead_events.catalog import topic
from service_kit.topic_copies import TooFewCopies
from service_kit.topics import create_topics

pytestmark = pytest.mark.stack


async def test_the_least_in_sync_is_set_and_stays_when_topics_are_brought_up_to_date(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    wanted = topic("lead-submitted").model_copy(update={"name": f"{topic_prefix}copied", "partitions": 1})
    for _ in ("made", "made again"):
        await create_topics(kafka_bootstrap, [wanted], replication=1, min_in_sync=2)
        assert await _config(kafka_bootstrap, wanted.name, "min.insync.replicas") == "2"


async def test_topics_with_fewer_copies_than_asked_for_are_named(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    wanted = topic("lead-submitted").model_copy(update={"name": f"{topic_prefix}thin", "partitions": 1})
    await create_topics(kafka_bootstrap, [wanted])
    with pytest.raises(TooFewCopies, match=rf"{wanted.name} \(1\)"):
        await create_topics(kafka_bootstrap, [wanted], replication=3)


async def _config(bootstrap: str, name: str, key: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answers: list[Any] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    finally:
        await admin.close()
    entries = {entry[0]: str(entry[1]) for entry in answers[0].resources[0][4]}
    return entries[key]
