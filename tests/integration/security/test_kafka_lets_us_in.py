"""A broker that asks for TLS, a certificate or a login gets it; where it does not, we say what to set."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lead_events.catalog import topic
from service_kit.broker import BrokerUnavailable, PublishFailed
from service_kit.connection_settings import ConnectionSettings
from service_kit.kafka import KafkaBroker, KafkaConsumerClient
from service_kit.kafka_access import KafkaAccess
from service_kit.records import Outgoing, TopicPartition
from service_kit.topics import create_topics
from tests.integration.security.conftest import Guarded
from tests.integration.security.servers import PASSWORD, USER
from tests.patience import HANGS_AFTER

pytestmark = pytest.mark.stack
TOPIC = "lead-submitted"


def settings(guarded: Guarded, listener: str, **chosen: Any) -> ConnectionSettings:
    security = {"LOGIN": "SASL_SSL", "ENDED": "SASL_SSL", "MUTUAL": "SSL", "CLEAR": "SASL_PLAINTEXT"}
    given: dict[str, Any] = {
        "kafka": guarded.at[listener],
        "kafka_security": security.get(listener, "PLAINTEXT"),
        "kafka_ca_file": guarded.papers.authority.file,
    }
    given |= {"kafka_user": USER, "kafka_password": PASSWORD} if listener != "MUTUAL" else {}
    return ConnectionSettings(**{k: v for k, v in (given | chosen).items() if v is not None})


def broker_of(chosen: ConnectionSettings) -> KafkaBroker:
    return KafkaBroker(chosen.kafka, publish_deadline=5, access=KafkaAccess(chosen))


def record() -> Outgoing:
    return Outgoing(TOPIC, uuid.uuid4().bytes, b"{}", ())


async def read_one(broker: KafkaBroker) -> int:
    """Records that one reader of the topic gets, and the end that the broker names."""
    client = broker.consumer(f"reader-{uuid.uuid4()}", [TOPIC])
    await client.start()
    try:
        async with asyncio.timeout(HANGS_AFTER):
            found = await _assigned(client)
            assert await client.take(found, max_records=10, timeout=10)
            return sum((await client.end_offsets(found)).values())
    finally:
        await client.stop()


async def _assigned(client: KafkaConsumerClient) -> frozenset[TopicPartition]:
    while not client.assignment().partitions:  # noqa: ASYNC110 - the client has no event for it
        await asyncio.sleep(0.05)
    return client.assignment().partitions


WAYS_IN: list[tuple[str, str, dict[str, Any]]] = [
    ("TLS and SCRAM, as a company's own Kafka", "LOGIN", {}),
    ("TLS and PLAIN, as clouds have it", "LOGIN", {"kafka_sasl_mechanism": "plain"}),
    ("a login without TLS, inside one machine", "CLEAR", {}),
    ("a certificate of our own, as Strimzi has it", "MUTUAL", {"own": "client"}),
]


@pytest.mark.parametrize(("listener", "more"), [way[1:] for way in WAYS_IN], ids=[way[0] for way in WAYS_IN])
async def test_topics_are_made_written_and_read(kafka: Guarded, listener: str, more: dict[str, Any]) -> None:
    chosen = settings(kafka, listener, **_with_certificate(kafka, more))
    await create_topics(chosen.kafka, [topic(TOPIC)], access=KafkaAccess(chosen))
    broker = broker_of(chosen)
    publisher = broker.publisher()
    await publisher.start()
    try:
        await publisher.publish([record()])
    finally:
        await publisher.stop()
    assert await read_one(broker) >= 1
    assert broker.trouble is None


def _with_certificate(kafka: Guarded, more: dict[str, Any]) -> dict[str, Any]:
    own = {"client": kafka.papers.client, "ended": kafka.papers.ended_client}.get(more.get("own", ""))
    rest = {name: value for name, value in more.items() if name != "own"}
    return rest | ({"kafka_certificate_file": own.certificate, "kafka_key_file": own.key} if own else {})


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "a wrong password",
        "LOGIN",
        {"kafka_password": "wrong-horse"},
        "does not take user or password: correct BATON_KAFKA_USER and BATON_KAFKA_PASSWORD",
    ),
    (
        "a wrong password of PLAIN",
        "LOGIN",
        {"kafka_password": "wrong-horse", "kafka_sasl_mechanism": "PLAIN"},
        "BATON_KAFKA_PASSWORD",
    ),
    ("an unknown user", "LOGIN", {"kafka_user": "nobody"}, "correct BATON_KAFKA_USER"),
    (
        "a mechanism that is off",
        "LOGIN",
        {"kafka_sasl_mechanism": "SCRAM-SHA-256"},
        "set BATON_KAFKA_SASL_MECHANISM",
    ),
    ("another authority", "LOGIN", {"ca": "stranger"}, "set BATON_KAFKA_CA_FILE"),
    ("no authority at all", "LOGIN", {"kafka_ca_file": None}, "set BATON_KAFKA_CA_FILE"),
    (
        "a file that is not there",
        "LOGIN",
        {"kafka_ca_file": Path("/nowhere/ca.pem")},
        "BATON_KAFKA_CA_FILE: /nowhere/ca.pem cannot be used",
    ),
    ("a certificate that has ended", "ENDED", {}, "has expired: renew it on the server"),
    ("plaintext on a TLS port", "LOGIN", {"kafka_security": "PLAINTEXT"}, "set BATON_KAFKA_SECURITY"),
    ("TLS without a login", "LOGIN", {"kafka_security": "SSL"}, "set BATON_KAFKA_SECURITY"),
    ("TLS on a plaintext port", "PLAIN", {"kafka_security": "SASL_SSL"}, "does not speak TLS"),
    ("no login where one is asked for", "CLEAR", {"kafka_security": "PLAINTEXT"}, "set BATON_KAFKA_SECURITY"),
    (
        "no certificate where one is asked for",
        "MUTUAL",
        {},
        "set BATON_KAFKA_CERTIFICATE_FILE and BATON_KAFKA_KEY_FILE",
    ),
    ("our certificate has ended", "MUTUAL", {"own": "ended"}, "set BATON_KAFKA_CERTIFICATE_FILE"),
    ("a port where nobody is", "LOGIN", {"kafka": "127.0.0.1:1"}, "nothing listens there"),
]


@pytest.mark.parametrize(
    ("listener", "more", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_who_is_not_let_in_is_told_once_what_to_set(
    kafka: Guarded, listener: str, more: dict[str, Any], said: str
) -> None:
    given = _with_certificate(kafka, more)
    if given.pop("ca", None):
        given["kafka_ca_file"] = kafka.papers.stranger.file
    chosen = settings(kafka, listener, **given)
    broker = broker_of(chosen)
    with capture_logs() as logged:
        for client in (broker.publisher(), broker.publisher(), broker.consumer("group", [TOPIC])):
            with pytest.raises(BrokerUnavailable, match="Kafka does not answer") as refused:
                await client.start()
            assert said in str(refused.value)
        with pytest.raises(BrokerUnavailable) as refused:
            await create_topics(chosen.kafka, [topic(TOPIC)], access=KafkaAccess(chosen))
        assert said in str(refused.value)
    entries = [entry for entry in logged if entry["event"] == "Kafka cannot be used"]
    assert len(entries) == 2, "one of the broker's clients, one of the topics' own"
    assert said in entries[0]["reason"]
    assert said in (broker.trouble or "")
    assert "horse" not in str(logged), "no password in any entry"


async def test_a_password_replaced_in_its_file_holds_for_the_next_connection(
    kafka: Guarded, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("not yet\n")
    chosen = settings(kafka, "LOGIN", kafka_password=None, kafka_password_file=file)
    await create_topics(kafka.at["PLAIN"], [topic(TOPIC)])
    broker = broker_of(chosen)
    publisher = broker.publisher()
    with pytest.raises(BrokerUnavailable, match="BATON_KAFKA_PASSWORD_FILE"):
        await publisher.start()
    file.write_text(f"{PASSWORD}\n")
    with capture_logs() as logged:
        await publisher.start()
        await publisher.publish([record()])
    assert [entry["event"] for entry in logged] == ["Kafka answers again"]
    await publisher.stop()


async def test_a_running_client_takes_a_new_password_when_its_connections_are_made_anew(
    kafka: Guarded, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    chosen = settings(kafka, "LOGIN", kafka_password=None, kafka_password_file=file)
    await create_topics(kafka.at["PLAIN"], [topic(TOPIC)])
    publisher = broker_of(chosen).publisher()
    await publisher.start()
    await publisher.publish([record()])
    producer: Any = publisher._producer
    file.write_text("wrong-horse")
    await _hang_up(producer)
    with pytest.raises(PublishFailed):
        await publisher.publish([record()])
    file.write_text(PASSWORD)
    await publisher.publish([record()])
    await publisher.stop()


async def _hang_up(producer: Any) -> None:
    for connection in list(producer.client._conns.values()):
        connection.close()


async def test_end_offsets_tell_why_there_are_none(kafka: Guarded) -> None:
    await create_topics(kafka.at["PLAIN"], [topic(TOPIC)])
    chosen = settings(kafka, "LOGIN")
    client = broker_of(chosen).consumer(f"reader-{uuid.uuid4()}", [TOPIC])
    await client.start()
    try:
        ends = await client.end_offsets([TopicPartition(TOPIC, 0)])
        assert ends[TopicPartition(TOPIC, 0)] >= 0
    finally:
        await client.stop()
