"""A Kafka client that lives for one question about dead letters and commits nothing."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import uuid4

from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.runtime import Runtime

T = TypeVar("T")
LOOKS = 50
"""Tenths of a second that an assignment may take."""


async def ask(
    runtime: Runtime, topics: Sequence[str], question: Callable[[ConsumerClient], Awaitable[T]]
) -> T:
    """The answer of `question`, given a client that may read `topics`.

    Raises BrokerUnavailable, also where no partition is dealt to it in time: nothing is known then.
    """
    client = runtime.broker.consumer(f"baton-dead-letters-{uuid4()}", topics)
    try:
        await client.start()
        for _ in range(LOOKS):
            if client.assignment().partitions:
                break
            await runtime.clock.sleep(0.1)
        else:
            raise BrokerUnavailable("no partition of the dead letters was dealt to who asks")
        return await question(client)
    finally:
        await client.stop()
