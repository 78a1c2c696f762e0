"""What tracing costs: intake and scoring with it and without, in turn, in one run."""

import asyncio
import itertools
import os
import re
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from baton_dev.kafka import KafkaServer
from baton_dev.launch import run_once
from baton_dev.process import ManagedProcess
from baton_dev.stack import Stack
from bench import batching
from bench.batching import Drained, cpu_of
from bench.company import large_company, seed_without_limits
from bench.http_load import post, quantile, saturate
from bench.intake import CONNECTIONS, FORM, as_server
from bench.path import running
from bench.people import person_json

ROUNDS = 5
DRAINS = 3
OFF = {"OTEL_SDK_DISABLED": "true"}
ONE_IN_TEN = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Side:
    """One setting of intake, a figure a round: requests a second, seconds of processor time for each, and p99
    in seconds.
    """

    rates: list[float]
    cpus: list[float]
    p99s: list[float]

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        """The median."""
        return statistics.median(self.cpus)

    @property
    def p99(self) -> float:
        """The median."""
        return statistics.median(self.p99s)


@dataclass(frozen=True)
class TracingResult:
    """Of intake: untraced, every post traced, one in ten. Of scoring: leads a second drained."""

    off: Side
    on: Side
    one_in_ten: Side
    drained_off: list[Drained]
    drained_on: list[Drained]

    @property
    def scoring_cpu(self) -> tuple[float, float]:
        """Median seconds of scoring's processor time for a lead, untraced and traced."""
        off, on = ([each.cpu for each in side] for side in (self.drained_off, self.drained_on))
        return statistics.median(off), statistics.median(on)

    @property
    def scoring_rate(self) -> tuple[float, float]:
        """Median leads a second, untraced and traced."""
        off, on = ([each.rate for each in side] for side in (self.drained_off, self.drained_on))
        return statistics.median(off), statistics.median(on)


def ratio(some: list[float], others: list[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


def measure(seconds: float, backlog: int) -> TracingResult:
    """Rounds of `seconds` at intake; drains of `backlog` leads by scoring."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        home = Path(folder)
        off, on, one_in_ten = _intake(home / "intake", seconds)
        drained = asyncio.run(_drains(home / "whole", backlog))
    return TracingResult(off, on, one_in_ten, drained[False], drained[True])


def _intake(home: Path, seconds: float) -> list[Side]:
    home.mkdir()
    seed = seed_without_limits(home)
    kafka = KafkaServer(home / "kafka")
    kafka.start()
    try:
        return asyncio.run(_sides(home, kafka, seed, seconds))
    finally:
        kafka.stop()


async def _sides(home: Path, kafka: KafkaServer, seed: Path, seconds: float) -> list[Side]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "OTEL_"))}
    env |= {"BATON_KAFKA": kafka.bootstrap, "BATON_OPERATOR_TOKEN": "bench", "BATON_LOG_LEVEL": "warning"}
    run_once([sys.executable, "-m", "service_kit", "topics"], what="topics", log=home / "topics.log", env=env)
    async with _taking() as endpoint:
        env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "BATON_RULEBOOK_SEED": str(seed)}
        kinds = {"off": OFF, "on": {}, "one-in-ten": ONE_IN_TEN}
        servers = [
            as_server(name, ["-m", "intake"], env | more | {"BATON_DATA_DIR": str(home / name)}, home)
            for name, more in kinds.items()
        ]
        with _on_one_core(servers, kafka):
            return await _rounds(servers, seconds)


@contextmanager
def _on_one_core(servers: list[ManagedProcess], kafka: KafkaServer) -> Iterator[None]:
    """The servers share one core, each alone under load on it; everything else has the others."""
    cores = psutil.Process().cpu_affinity() or [0]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.await_answer()
            for thread in psutil.Process(server.pid).threads():
                psutil.Process(thread.id).cpu_affinity(cores[:1])
        for process in (psutil.Process(), psutil.Process(kafka.pid)):
            process.cpu_affinity(cores[1:] or cores)
        yield
    finally:
        psutil.Process().cpu_affinity(cores)
        for server in servers:
            server.stop()


async def _rounds(servers: list[ManagedProcess], seconds: float) -> list[Side]:
    numbers = itertools.count()
    sides = [Side([], [], []) for _ in servers]
    for number in range(ROUNDS + 1):
        for side, server in zip(sides, servers, strict=True):
            process = psutil.Process(server.pid)
            before = cpu_of(process)
            load = await saturate(
                server.base_url,
                lambda person: post(FORM, person_json(person)),
                seconds=seconds if number else 2.0,  # the first round warms up
                connections=CONNECTIONS,
                numbers=numbers,
            )
            if number:
                side.rates.append(load.rate)
                side.cpus.append((cpu_of(process) - before) / len(load.answers))
                side.p99s.append(quantile([answer.seconds for answer in load.answers], 0.99))
    return sides


@asynccontextmanager
async def _taking() -> AsyncIterator[str]:
    """A collector that takes everything and looks at nothing, so that it costs the bench little."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                await reader.readexactly(int(found[1]) if found else 0)
                writer.write(_TAKEN)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _drains(home: Path, backlog: int) -> dict[bool, list[Drained]]:
    """With tracing (True) and without; every lead of the backlog belongs to a trace."""
    found: dict[bool, list[Drained]] = {True: [], False: []}
    async with _taking() as endpoint:
        stack = Stack(home, large_company(), extra_env={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
        # started aside: the collector answers meanwhile
        whole = running(stack)
        await asyncio.to_thread(whole.__enter__)
        try:
            for name in ("router", "sla_monitor"):
                await asyncio.to_thread(stack.services[name].stop)
            for number in range(DRAINS * 2):
                is_on = bool(number % 2)
                env = {"OTEL_SDK_DISABLED": "false" if is_on else "true"}
                found[is_on].append(await batching.drain(stack, backlog, env, f"trace{number}"))
        finally:
            await asyncio.to_thread(whole.__exit__, None, None, None)
    return found


if __name__ == "__main__":
    print(measure(5.0, 3_000))
