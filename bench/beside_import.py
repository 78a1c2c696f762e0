"""How live leads fare while a file is imported: their time to the assignment with and without, in one run."""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import aiokafka
import httpx

from baton_dev.stack import Stack
from bench import path
from bench.imports import FORM, HEADER, lines
from bench.path import PathResult

RATE = 50.0
"""Live leads a second: what leaves an import room on the same two cores."""
ROWS_A_SECOND = 1_000
"""More than an import gets through, so that the file is still under way when the last live lead is posted."""
ROUNDS = 3
AT_REST = 3.0
"""Seconds without a new score: then a file is through. Decisions never end, as timers run out."""
PATIENCE = 300.0


@dataclass(frozen=True)
class Round:
    """Live leads alone and then beside an import, of which `rows` were published while they were posted."""

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
        """What the import published meanwhile."""
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
    async with httpx.AsyncClient(base_url=at, headers=headers, trust_env=False, timeout=60) as intake:
        rows = int(ROWS_A_SECOND * seconds)
        body = (HEADER + "".join(lines(rows, first=number * rows))).encode()
        order = {"form": FORM, "file": f"bench-{number}.csv", "mode": "now"}
        answer = (await intake.post("/v1/imports", params=order, content=body)).raise_for_status()
        place = f"/v1/imports/{answer.json()['import_id']}"
        beside = await path.drive(stack, rate=RATE, seconds=seconds, prefix=f"beside{number}")
        told = (await intake.get(place)).raise_for_status().json()
    await _rest(stack)
    return Round(alone, beside, told["published"], told["state"] == "reading")


async def _rest(stack: Stack) -> None:
    """Wait until the file of a round is through."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=stack.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE):
            decided = [-1]
            while len(decided) < 2 or decided[-1] != decided[-2]:
                await asyncio.sleep(AT_REST)
                decided.append(await path.ends(consumer, "lead-scored-bulk"))
    finally:
        await consumer.stop()
