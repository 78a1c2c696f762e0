"""The fixtures give what they promise."""

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from baton_dev.testing import Servers


async def test_a_record_sent_to_the_stacks_kafka_is_read_back(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}orders"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"one", partition=1)
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    assert record.value == b"one"


def test_each_test_has_an_empty_database_of_its_own(database_dsn: str, stack: Servers) -> None:
    assert database_dsn != stack.postgres_dsn
    with psycopg.connect(database_dsn) as connection:
        row = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        assert row == (0,)


def test_text_functions_know_more_than_ascii(database_dsn: str) -> None:
    with psycopg.connect(database_dsn) as connection:
        assert connection.execute("select lower('ȘTEFĂNIȚĂ ÑANDÚ')").fetchone() == ("ștefăniță ñandú",)
