"""Intake beside the bare handler: both with one core of their own, in turn, in the same run."""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiokafka.admin
import psutil

from baton_dev.kafka import KafkaServer
from baton_dev.launch import run_once
from baton_dev.ports import choose_port
from baton_dev.process import ManagedProcess
from bench.company import seed_without_limits
from bench.http_load import Load, post, quantile, saturate
from bench.people import person_json

FORM = "/v1/forms/aurora-demo-request/submissions"
ROUNDS = 5
CONNECTIONS = 64


@dataclass(frozen=True)
class IntakeResult:
    """Medians over the rounds."""

    bare_rate: float
    intake_rate: float
    ratio: float
    intake_p99: float


def measure(seconds: float) -> IntakeResult:
    """Alternate rounds of `seconds` each; the ratio is the median of the rounds' ratios."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        home = Path(folder)
        seed = seed_without_limits(home)
        kafka = KafkaServer(home / "kafka")
        kafka.start()
        try:
            return asyncio.run(_against(home, kafka, seed, seconds))
        finally:
            kafka.stop()


async def _against(home: Path, kafka: KafkaServer, seed: Path, seconds: float) -> IntakeResult:
    env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    env |= {"BATON_KAFKA": kafka.bootstrap, "BATON_OPERATOR_TOKEN": "bench", "BATON_LOG_LEVEL": "warning"}
    run_once([sys.executable, "-m", "service_kit", "topics"], what="topics", log=home / "topics.log", env=env)
    await _bare_topic(kafka.bootstrap)
    intake_env = env | {"BATON_DATA_DIR": str(home), "BATON_RULEBOOK_SEED": str(seed)}
    bare = as_server("bare", ["-m", "bench.bare_intake"], env, home)
    intake = as_server("intake", ["-m", "intake"], intake_env, home)
    cores = psutil.Process().cpu_affinity() or [0]
    try:
        for server in (bare, intake):
            server.start()
            server.await_answer()
            psutil.Process(server.pid).cpu_affinity(cores[:1])
        for process in (psutil.Process(), psutil.Process(kafka.pid)):
            process.cpu_affinity(cores[1:] or cores)
        return await _rounds(bare.base_url, intake.base_url, seconds)
    finally:
        psutil.Process().cpu_affinity(cores)
        bare.stop()
        intake.stop()


def as_server(name: str, argv: list[str], env: dict[str, str], home: Path) -> ManagedProcess:
    """A server of this repository on a port of its own, not started yet."""
    port = choose_port()
    return ManagedProcess(
        name,
        [sys.executable, *argv],
        env=env | {"BATON_HTTP_PORT": str(port)},
        log_path=home / f"{name}.log",
        base_url=f"http://127.0.0.1:{port}",
    )


async def _bare_topic(bootstrap: str) -> None:
    admin = aiokafka.admin.AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([aiokafka.admin.NewTopic("bench-bare", 6, 1)])
    finally:
        await admin.close()


async def _rounds(bare: str, intake: str, seconds: float) -> IntakeResult:
    numbers = itertools.count()

    async def load(url: str, path: str, length: float) -> Load:
        make: Callable[[int], bytes] = lambda number: post(path, person_json(number))  # noqa: E731
        return await saturate(url, make, seconds=length, connections=CONNECTIONS, numbers=numbers)

    for url, path in ((bare, "/submit"), (intake, FORM)):
        await load(url, path, 2.0)  # warm-up
    bare_rates, intake_rates, slow = [], [], []
    for _ in range(ROUNDS):
        bare_rates.append((await load(bare, "/submit", seconds)).rate)
        answered = await load(intake, FORM, seconds)
        intake_rates.append(answered.rate)
        slow.append(quantile([answer.seconds for answer in answered.answers], 0.99))
    ratios = [ours / theirs for ours, theirs in zip(intake_rates, bare_rates, strict=True)]
    median = statistics.median
    return IntakeResult(median(bare_rates), median(intake_rates), median(ratios), median(slow))
