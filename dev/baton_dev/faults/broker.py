"""Kafka: records written past every service, and a spool that fills while it is away."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from aiokafka import AIOKafkaProducer

from baton_dev.faults.site import Site
from baton_dev.waiting import wait_until

HALF = 0.55
"""So full is the spool at once; ordinary posts fill the rest."""
MORE_EVERY = 20.0
"""Seconds of the rules' time between two posts more than usual."""
AT_ONCE = 16
SECONDS = 120
MOST_BYTES = 900_000
Headers = list[tuple[str, bytes]]


def publish(site: Site, topic: str, records: list[tuple[bytes, bytes, Headers]]) -> None:
    """Write records of key, value and headers to a topic, as any producer may: one batch, read whole."""

    async def send() -> None:
        address = site.stack.kafka.bootstrap
        async with AIOKafkaProducer(
            bootstrap_servers=address, acks="all", max_batch_size=MOST_BYTES
        ) as producer:
            batch = producer.create_batch()
            for key, value, headers in records:
                if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                    raise ValueError(f"{len(records)} records are more than one batch of {MOST_BYTES} bytes")
            await (await producer.send_batch(batch, topic, partition=0))

    asyncio.run(send())


@contextmanager
def spool_fills(site: Site) -> Iterator[None]:
    """Kafka is killed, and more leads come than the spool has room for."""
    site.stack.kafka.kill()
    try:
        _fill(site)
        with site.people.crowd(site.pace.seconds(MORE_EVERY)):
            yield
    finally:
        site.stack.kafka.start()


def _fill(site: Site) -> None:
    """Before anybody is told that Kafka is away: so long an outage would fill a larger spool."""

    def is_filled() -> bool:
        list(clients.map(lambda _: site.people.buy(), range(AT_ONCE)))
        used, most = (site.gauge("intake", f"baton_intake_spool_{name}") for name in ("bytes", "max_bytes"))
        return used > HALF * most

    with ThreadPoolExecutor(AT_ONCE) as clients:
        wait_until(is_filled, SECONDS, "a spool that is half full", pause=0)
