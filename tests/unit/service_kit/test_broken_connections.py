"""A write to a transport that has just closed is a broken connection, whatever the event loop raises."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from service_kit.kafka_connections import SurvivingConnection
from service_kit.watchdog import STANDSTILL, Watchdog


class ClosedWriter:
    """Writes as uvloop's transport does once it is closed."""

    def write(self, data: bytes) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    def close(self) -> None:
        """Closed already."""


async def connection() -> Any:
    made = SurvivingConnection("127.0.0.1", 1, request_timeout_ms=1000)
    made._reader, made._writer = object(), ClosedWriter()
    made._read_task = asyncio.create_task(asyncio.sleep(0))
    made._versions = {MetadataRequest([]).API_KEY: (0, 0)}
    return made


async def test_a_request_on_a_closed_transport_ends_the_connection_and_not_its_sender() -> None:
    broken = await connection()
    with pytest.raises(KafkaConnectionError, match="the handler is closed"):
        broken.send(MetadataRequest([]))
    assert not broken.connected()
    with pytest.raises(KafkaConnectionError, match="No connection"):
        broken.send(MetadataRequest([]))


async def test_a_login_on_a_closed_transport_ends_the_connection_and_not_its_sender() -> None:
    broken = await connection()
    with pytest.raises(KafkaConnectionError, match="the handler is closed"):
        broken._send_sasl_token(b"token")
    assert not broken.connected()


def test_a_client_that_gets_no_answer_for_long_is_replaced() -> None:
    watchdog = Watchdog(100.0)
    assert not watchdog.judge(lag=None, now=100.0 + STANDSTILL - 1)
    assert watchdog.judge(lag=None, now=100.0 + STANDSTILL)
