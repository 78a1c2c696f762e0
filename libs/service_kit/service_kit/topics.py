"""Topics as the catalogue wants them: created, widened, configured; never removed, never narrowed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiokafka.admin
import aiokafka.errors

from lead_events.catalog import Topic, dead_letter_topics, topics
from service_kit.broker import BrokerUnavailable
from service_kit.kafka_access import KafkaAccess
from service_kit.kafka_connections import use_surviving_connections
from service_kit.topic_copies import TooFewCopies

_CONNECT_SECONDS = 30.0


async def create_topics(
    bootstrap: str,
    catalog: Sequence[Topic] | None = None,
    *,
    replication: int = -1,
    min_in_sync: int | None = None,
    access: KafkaAccess | None = None,
) -> list[str]:
    """Bring a cluster's topics to the catalogue (default: all of Baton's, dead letters included).

    Safe to repeat and to run from several places at once. Partitions are added, never removed; settings of
    topics that exist are set again. `replication` -1 and `min_in_sync` None take the cluster's defaults.
    Returns what was created or changed. Raises BrokerUnavailable, or TooFewCopies once the rest is done.
    """
    wanted = [*topics(), *dead_letter_topics()] if catalog is None else list(catalog)
    use_surviving_connections()
    access = access or KafkaAccess()
    admin = aiokafka.admin.AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=30_000, **access.options()
    )
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await admin.start()
    except (aiokafka.errors.KafkaError, TimeoutError, OSError) as error:
        await admin.close()
        why = access.trouble or error
        raise BrokerUnavailable(f"Kafka does not answer at {bootstrap}: {why}") from error
    try:
        return await _bring(admin, wanted, replication, min_in_sync)
    finally:
        await admin.close()


async def _bring(admin: Any, wanted: Sequence[Topic], replication: int, min_in_sync: int | None) -> list[str]:
    copies = {} if min_in_sync is None else {"min.insync.replicas": str(min_in_sync)}
    existing = set(await admin.list_topics())
    missing = [topic for topic in wanted if topic.name not in existing]
    changed = []
    if missing:
        answer = await admin.create_topics(
            [
                aiokafka.admin.NewTopic(
                    topic.name,
                    topic.partitions,
                    replication,
                    # aiokafka 0.14 wants an assignment, be it empty, exactly where one number is the default
                    replica_assignments={} if replication == -1 else None,
                    topic_configs=topic.kafka_config() | copies,
                )
                for topic in missing
            ]
        )
        _check(answer)
        changed += [f"{topic.name}: created" for topic in missing]
    present = [topic for topic in wanted if topic.name in existing]
    if present:
        changed += await _widen(admin, present)
        await admin.alter_configs(
            [
                aiokafka.admin.config_resource.ConfigResource(
                    aiokafka.admin.config_resource.ConfigResourceType.TOPIC,
                    topic.name,
                    topic.kafka_config() | copies,
                )
                for topic in present
            ]
        )
        await _require_copies(admin, present, replication)
    return changed


async def _require_copies(admin: Any, present: Sequence[Topic], wanted: int) -> None:
    described = await admin.describe_topics([topic.name for topic in present])
    found = {
        each["topic"]: min(len(partition["replicas"]) for partition in each["partitions"])
        for each in described
    }
    if few := {name: copies for name, copies in found.items() if copies < wanted}:
        raise TooFewCopies(few, wanted)


async def _widen(admin: Any, present: Sequence[Topic]) -> list[str]:
    described = await admin.describe_topics([topic.name for topic in present])
    count = {found["topic"]: len(found["partitions"]) for found in described}
    narrow = {topic.name: topic.partitions for topic in present if count[topic.name] < topic.partitions}
    if narrow:
        await admin.create_partitions(
            {name: aiokafka.admin.NewPartitions(total) for name, total in narrow.items()}
        )
    return [f"{name}: {count[name]} to {total} partitions" for name, total in narrow.items()]


def _check(answer: Any) -> None:
    for found in answer.topic_errors:
        name, code = found[0], found[1]
        error = aiokafka.errors.for_code(code)
        if error not in (aiokafka.errors.NoError, aiokafka.errors.TopicAlreadyExistsError):
            detail = found[2] if len(found) > 2 and found[2] else error.__name__
            raise RuntimeError(f"topic {name} cannot be created: {detail}")
