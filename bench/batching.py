"""The batched consumer beside one that takes a message a transaction: scoring draining a backlog."""

import asyncio
import itertools
import time
from dataclasses import dataclass

import aiokafka
import psutil

from baton_dev.stack import Stack
from bench.http_load import post, saturate
from bench.path import FORM, ends
from bench.people import person_json


@dataclass(frozen=True)
class BatchingResult:
    """Leads a second that scoring drains."""

    batched: float
    one_by_one: float

    @property
    def ratio(self) -> float:
        """How much batching gains."""
        return self.batched / self.one_by_one


async def measure(stack: Stack, *, backlog: int, backlog_one_by_one: int) -> BatchingResult:
    """Fill the topic with scoring stopped, then time it from its first to its last lead-scored."""
    for name in ("router", "sla_monitor"):
        stack.services[name].stop()
    batched = await drain(stack, backlog, {"BATON_BATCH_MAX": "500"}, "batched")
    single = await drain(
        stack, backlog_one_by_one, {"BATON_BATCH_MAX": "1", "BATON_GATHER_MS": "0"}, "single"
    )
    return BatchingResult(batched.rate, single.rate)


@dataclass(frozen=True)
class Drained:
    """Leads a second that scoring scored of a backlog, and seconds of its own processor time for each."""

    rate: float
    cpu: float


async def drain(stack: Stack, backlog: int, env: dict[str, str], prefix: str) -> Drained:
    """Fill the topic with scoring stopped, then start it with `env` and time it to its last lead-scored."""
    scoring = stack.services["scoring"]
    scoring.stop()
    await _fill(stack, backlog, prefix)
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=stack.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        before = await ends(consumer, "lead-scored")
        scoring.env |= env
        scoring.start()
        return await _rate(consumer, before, backlog, psutil.Process(scoring.pid))
    finally:
        await consumer.stop()


async def _fill(stack: Stack, backlog: int, prefix: str) -> None:
    url = stack.services["intake"].base_url
    numbers = itertools.count()
    filled = 0
    while filled < backlog:
        load = await saturate(
            url,
            lambda number: post(FORM, person_json(number, prefix=prefix)),
            seconds=1,
            connections=64,
            numbers=numbers,
        )
        filled += sum(answer.status == 202 for answer in load.answers)


async def _rate(
    consumer: aiokafka.AIOKafkaConsumer, before: int, wanted: int, scoring: psutil.Process
) -> Drained:
    first: tuple[float, int, float] | None = None
    until = time.monotonic() + 180
    while time.monotonic() < until:
        done, now = await ends(consumer, "lead-scored") - before, time.monotonic()
        if done and first is None:
            first = (now, done, cpu_of(scoring))
        if done >= wanted and first is not None and done > first[1]:
            leads = done - first[1]
            return Drained(leads / (now - first[0]), (cpu_of(scoring) - first[2]) / leads)
        await asyncio.sleep(0.02)
    raise TimeoutError("scoring did not drain its backlog within three minutes")


def cpu_of(process: psutil.Process) -> float:
    """Seconds of processor time so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
