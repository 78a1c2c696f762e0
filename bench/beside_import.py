"""How live leads fare while a file is imported: their time to the assignment with and without, in one run."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiokafka
import httpx

from baton_dev.stack import Stack
from bench import path
from bench.imports import FORM, HEADER, lines
from bench.path import PathResult

RATE = 50.0
"""Live leads a second: what leaves an import room on the same two cores."""
ROWS_A_SECOND = 400
"""More than come through, so that the file is still under way when the last live lead is posted."""
ROUNDS = 3
PATIENCE = 300.0
REST = 3.0
"""Seconds without a decision after which none is to come."""


@dataclass(frozen=True)
class Round:
    """Live leads alone and then beside an import, of which `rows` were scored while they were posted."""

    alone: PathResult
    beside: PathResult
    rows: int
    is_under_way: bool


@dataclass(frozen=True)
class Waits:
    """From the post to the assignment, seconds: the medians of several loads."""

    p50: float
    p99: float

    @classmethod
    def of(cls, loads: Sequence[PathResult]) -> "Waits":
        """The medians."""
        return cls(*(statistics.median(getattr(load, name) for load in loads) for name in ("p50", "p99")))


@dataclass(frozen=True)
class BesideResult:
    """Rounds in turn, since a machine's speed wanders; what is told is the median of them."""

    rounds: list[Round]
    seconds: float

    @property
    def ratio(self) -> float:
        """How many times longer the slowest hundredth of live leads waits for its rep beside an import."""
        return statistics.median(one.beside.p99 / one.alone.p99 for one in self.rounds)

    @property
    def alone(self) -> "Waits":
        """Without an import."""
        return Waits.of([one.alone for one in self.rounds])

    @property
    def beside(self) -> "Waits":
        """Beside one."""
        return Waits.of([one.beside for one in self.rounds])

    @property
    def rows_a_second(self) -> float:
        """What of the import came through meanwhile."""
        return statistics.median(one.rows for one in self.rounds) / self.seconds

    @property
    def is_under_way(self) -> bool:
        """Whether no file came to its end before the last live lead was posted."""
        return all(one.is_under_way for one in self.rounds)


async def measure(stack: Stack, *, seconds: float) -> BesideResult:
    """In each round live leads for `seconds` alone, then beside a file whose leads are routed at once."""
    return BesideResult([await _round(stack, number, seconds) for number in range(ROUNDS)], seconds)


async def _round(stack: Stack, number: int, seconds: float) -> Round:
    alone = await path.drive(stack, rate=RATE, seconds=seconds, prefix=f"alone{number}")
    at = stack.services["intake"].base_url
    headers = {"Authorization": f"Bearer {stack.secrets.operator_token}"}
    rows = int(ROWS_A_SECOND * seconds)
    body = (HEADER + "".join(lines(rows, first=number * rows))).encode()
    order = {"form": FORM, "file": f"bench-{number}.csv", "mode": "now"}
    async with _counting(stack, "lead-scored-bulk") as scored, _counting(stack, "lead-routed") as routed:
        before = await scored()
        async with httpx.AsyncClient(base_url=at, headers=headers, trust_env=False, timeout=60) as intake:
            (await intake.post("/v1/imports", params=order, content=body)).raise_for_status()
        beside = await path.drive(stack, rate=RATE, seconds=seconds, prefix=f"beside{number}")
        through = await scored() - before
        async with asyncio.timeout(PATIENCE):
            while await scored() - before < rows:  # noqa: ASYNC110 the broker tells nobody
                await asyncio.sleep(0.5)
            await _at_rest(routed)
    return Round(alone, beside, through, through < rows)


async def _at_rest(routed: Callable[[], Awaitable[int]]) -> None:
    """Wait until the leads of the file are with their reps: the next live leads are to be alone."""
    before = -1
    while (now := await routed()) != before:
        before = now
        await asyncio.sleep(REST)


@asynccontextmanager
async def _counting(stack: Stack, topic: str) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """How many records a topic has."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=stack.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        yield partial(path.ends, consumer, topic)
    finally:
        await consumer.stop()
