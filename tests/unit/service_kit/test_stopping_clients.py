"""Stopping an aiokafka client ends neither the part that stops it nor a cancellation meant for that part."""

import asyncio

import pytest

from service_kit.kafka import KafkaConsumerClient


class Connections:
    def __init__(self) -> None:
        self.are_closed = False

    async def close(self) -> None:
        self.are_closed = True


class Consumer:
    """Stops as aiokafka's consumer does while a request is in flight."""

    def __init__(self) -> None:
        self._client = Connections()

    async def stop(self) -> None:
        request = asyncio.create_task(asyncio.Event().wait())
        await asyncio.sleep(0)
        request.cancel()
        await request


class Waiting(Consumer):
    """Takes its time to stop."""

    async def stop(self) -> None:
        await asyncio.Event().wait()


def client(consumer: Consumer) -> KafkaConsumerClient:
    made = KafkaConsumerClient("127.0.0.1:1", "group", ["topic"], client_id="test", wait_ms=50)
    made._consumer = consumer
    return made


async def test_a_request_cancelled_by_the_client_itself_cancels_nobody_and_leaves_no_connection_open() -> (
    None
):
    consumer = Consumer()
    await client(consumer).stop()
    assert consumer._client.are_closed


async def test_a_cancellation_of_whoever_stops_the_client_is_passed_on() -> None:
    stopping = asyncio.create_task(client(Waiting()).stop())
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
