"""The defaults of the Kafka library lose data; ours say each setting that matters themselves."""

from typing import Any

import aiokafka
import pytest

from service_kit.kafka import KafkaConsumerClient, KafkaPublisher


class Asked(Exception):
    """The library was asked for a client with these settings."""


async def _settings(
    client: KafkaPublisher | KafkaConsumerClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> Any:
    def ask(**settings: Any) -> None:
        raise Asked(settings)

    monkeypatch.setattr(aiokafka, name, ask)
    with pytest.raises(Asked) as asked:
        await client.start()
    return asked.value.args[0]


async def test_no_default_that_loses_data_is_left_to_the_client_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = KafkaPublisher("127.0.0.1:1")
    writes = await _settings(publisher, "AIOKafkaProducer", monkeypatch)
    assert (writes["acks"], writes["enable_idempotence"]) == ("all", False)
    consumer = KafkaConsumerClient("127.0.0.1:1", "group", ["topic"], client_id="test", wait_ms=100)
    reads = await _settings(consumer, "AIOKafkaConsumer", monkeypatch)
    assert (reads["enable_auto_commit"], reads["auto_offset_reset"]) == (False, "earliest")
