"""The embedded broker keeps what it acknowledged and tells plainly what keeps it from starting."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from baton_dev.errors import DiskFullError, NoJavaError, PartFailedError, PortTakenError
from baton_dev.java import find_java
from baton_dev.kafka import KafkaServer


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    yield server
    server.stop()


async def _send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic, value)
    await producer.stop()


async def _read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    values = [(await consumer.getone()).value for _ in range(count)]
    await consumer.stop()
    return values


async def test_a_killed_broker_comes_back_on_its_port_with_every_acknowledged_record(
    kafka: KafkaServer,
) -> None:
    values = [b"%d" % number for number in range(50)]
    await _send(kafka.bootstrap, "kept", values)
    before = kafka.bootstrap
    kafka.kill()
    assert not kafka.is_alive()
    kafka.start()
    assert kafka.bootstrap == before
    assert await _read(kafka.bootstrap, "kept", 50) == values


async def test_an_orderly_stop_keeps_data_and_port(kafka: KafkaServer) -> None:
    await _send(kafka.bootstrap, "kept", [b"one"])
    before = kafka.bootstrap
    kafka.stop()
    kafka.start()
    assert (kafka.bootstrap, await _read(kafka.bootstrap, "kept", 1)) == (before, [b"one"])


async def test_a_topic_nobody_created_is_refused_instead_of_made(kafka: KafkaServer) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    described = await admin.describe_topics(["never-created"])
    await admin.close()
    assert described[0]["error_code"] == UnknownTopicOrPartitionError.errno


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            PortTakenError, match=rf"port {port} .*Stop that process, or delete .*ports\.json"
        ):
            KafkaServer(tmp_path, port=port).start()


def test_a_broker_that_cannot_start_is_named_with_the_end_of_its_log(kafka: KafkaServer) -> None:
    kafka.stop()
    (kafka.data_dir / "logs" / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=x\n")
    with pytest.raises(
        PartFailedError, match=r"(?s)Kafka ended with exit 1\. The end of .*kafka\.log:\n.*Stored node id 7"
    ):
        kafka.start()


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3 * 1024 * 1024}))
    with pytest.raises(DiskFullError, match=r"Kafka needs 512 MiB of free disk and .* has 3 MiB left"):
        KafkaServer(tmp_path).start()


def test_a_machine_without_java_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    find_java.cache_clear()
    monkeypatch.setenv("BATON_JAVA", "/nowhere/java")
    with pytest.raises(NoJavaError, match=r"Java 17 or newer .*/nowhere/java \(does not run\).*make install"):
        find_java()
    find_java.cache_clear()
