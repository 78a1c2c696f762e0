"""How honest clients fare while others send what no form sends: times with and without, in one run.

Intake has one core of its own; who measures shares the other with the broker and, behind both, the abuse.
"""

import asyncio
import contextlib
import gzip
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from baton_dev.kafka import KafkaServer
from baton_dev.launch import run_once
from baton_dev.process import ManagedProcess
from bench.company import seed_without_limits
from bench.http_load import at_rate, post, quantile
from bench.intake import FORM, as_server
from bench.people import person_json

RATE = 100.0
"""Honest posts a second."""
SLOW_CONNECTIONS = 500
LARGE_BODIES = 4
"""Senders of 10 MB bodies at the same time, each one after another."""
PATIENCE = 1.0
"""Seconds between two bytes of a slow sender."""
SETTLING = 3.0
"""Seconds until every slow connection is open: the abuse is what goes on, not its first moment."""
ROUNDS = 3
_MB = 2**20


@dataclass(frozen=True)
class AbuseResult:
    """Times from the scheduled moment to the 202, seconds, and how many times longer honest clients wait.

    Each is the median of the rounds. Memory in bytes at its highest.
    """

    calm_p99: float
    abused_p99: float
    ratio: float
    refused_honest: int
    rss: int


def measure(seconds: float) -> AbuseResult:
    """In each round honest clients for `seconds` alone, then for as long beside the abuse."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        home = Path(folder)
        kafka = KafkaServer(home / "kafka")
        kafka.start()
        env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        env |= {"BATON_KAFKA": kafka.bootstrap, "BATON_OPERATOR_TOKEN": "bench", "BATON_LOG_LEVEL": "error"}
        env |= {"BATON_DATA_DIR": str(home), "BATON_RULEBOOK_SEED": str(seed_without_limits(home))}
        topics = [sys.executable, "-m", "service_kit", "topics"]
        run_once(topics, what="topics", log=home / "topics.log", env=env)
        intake = as_server("intake", ["-m", "intake"], env, home)
        try:
            intake.start()
            intake.await_answer()
            return asyncio.run(_beside(intake, seconds))
        finally:
            intake.stop()
            kafka.stop()


async def _beside(intake: ManagedProcess, seconds: float) -> AbuseResult:
    process = psutil.Process(intake.pid)
    cores = process.cpu_affinity() or [0]
    process.cpu_affinity(cores[:1])
    psutil.Process().cpu_affinity(cores[1:] or cores)
    numbers = itertools.count()
    await _honest(intake.base_url, 2.0, numbers)  # warm-up
    watching = asyncio.create_task(_highest_rss(process))
    calm, abused, refused = [], [], 0
    for _ in range(ROUNDS):
        calm.append((await _honest(intake.base_url, seconds, numbers))[0])
        async with _abuse(intake.base_url):
            await asyncio.sleep(SETTLING)
            p99, not_taken = await _honest(intake.base_url, seconds, numbers)
        abused.append(p99)
        refused += not_taken
    watching.cancel()
    ratio = statistics.median(one / other for one, other in zip(abused, calm, strict=True))
    return AbuseResult(statistics.median(calm), statistics.median(abused), ratio, refused, await watching)


async def _highest_rss(process: psutil.Process) -> int:
    highest = 0
    try:
        while True:
            highest = max(highest, process.memory_info().rss)
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return highest


async def _honest(url: str, seconds: float, numbers: "itertools.count[int]") -> tuple[float, int]:
    load = await at_rate(
        url,
        lambda number: post(FORM, person_json(number)),
        rate=RATE,
        seconds=seconds,
        numbers=numbers,
        connections=64,
    )
    good = [answer.seconds for answer in load.answers if answer.status == 202]
    return quantile(good, 0.99), len(load.answers) - len(good) + load.failed


@contextlib.asynccontextmanager
async def _abuse(url: str) -> AsyncIterator[None]:
    """The abuse in a process of its own that gives way to who measures: only intake is to be slowed down."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.abuse", url)
    psutil.Process(process.pid).nice(19)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def attack(url: str) -> None:
    """Send what no form sends, until cancelled."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 80)
    deep = b'{"email":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    bomb = gzip.compress(b"\0" * (50 * _MB))
    attacks: list[Callable[[], Awaitable[None]]] = [
        *(lambda: _send(host, port, _head(10 * _MB), b"x" * (10 * _MB)),) * LARGE_BODIES,
        lambda: _send(host, port, _head(None), _chunked(b"x" * (10 * _MB))),
        lambda: _send(host, port, _head(len(deep)), deep),
        lambda: _send(host, port, _head(len(bomb), "Content-Encoding: gzip\r\n"), bomb),
    ]
    slow: list[Callable[[], Awaitable[None]]] = [lambda: _slow(host, port)] * SLOW_CONNECTIONS
    await asyncio.gather(*map(_again_and_again, [*attacks, *slow]))


async def _again_and_again(one: Callable[[], Awaitable[None]]) -> None:
    while True:
        with contextlib.suppress(OSError):
            await one()
        await asyncio.sleep(0.05)


def _head(length: int | None, more: str = "") -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    first = f"POST {FORM} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    return f"{first}{more}{size}\r\n\r\n".encode()


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


async def _send(host: str, port: int, head: bytes, body: bytes) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(head)
        for start in range(0, len(body), 65_536):
            writer.write(body[start : start + 65_536])
            await writer.drain()
        await reader.read(64)
    finally:
        writer.close()


async def _slow(host: str, port: int) -> None:
    """One byte after another, for as long as the server has patience."""
    _, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_head(60_000))
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(PATIENCE)
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(attack(sys.argv[1]))
