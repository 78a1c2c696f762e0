"""Intake beside the bare handler: both with one core of their own, in turn, in the same run."""

import asyncio
import base64
import hmac
import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiokafka.admin
import psutil

from baton_dev.kafka import KafkaServer
from baton_dev.launch import run_once
from baton_dev.ports import choose_port
from baton_dev.process import ManagedProcess
from bench.company import seed_without_limits
from bench.http_load import Load, Request, post, quantile, saturate
from bench.people import person_json

FORM = "/v1/forms/aurora-demo-request/submissions"
GUARDED_FORM = "/v1/forms/bench-guarded/submissions"
SECRET = base64.b64encode(b"a secret of the bench, 32 bytes!").decode()
ROUNDS = 5
CONNECTIONS = 64


@dataclass(frozen=True)
class IntakeResult:
    """Medians over the rounds. `guarded`: with signature, spam rules and an Idempotency-Key."""

    bare_rate: float
    intake_rate: float
    ratio: float
    intake_p99: float
    guarded_rate: float
    guarded_ratio: float


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
    intake_env = env | {
        "BATON_SECRET_BENCH": f"whsec_{SECRET}",
        "BATON_DATA_DIR": str(home),
        "BATON_RULEBOOK_SEED": str(seed),
    }
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

    async def load(url: str, make: Request, length: float) -> Load:
        return await saturate(url, make, seconds=length, connections=CONNECTIONS, numbers=numbers)

    sides = ((bare, _plain("/submit")), (intake, _plain(FORM)), (intake, _guarded))
    for url, make in sides:
        await load(url, make, 2.0)  # warm-up
    rates: list[list[float]] = [[], [], []]
    slow = []
    for _ in range(ROUNDS):
        for place, (url, make) in enumerate(sides):
            answered = await load(url, make, seconds)
            rates[place].append(answered.rate)
            if place == 1:
                slow.append(quantile([answer.seconds for answer in answered.answers], 0.99))
    median = statistics.median
    bare_rate, intake_rate, guarded_rate = map(median, rates)
    return IntakeResult(
        bare_rate,
        intake_rate,
        _median_ratio(rates[1], rates[0]),
        median(slow),
        guarded_rate,
        _median_ratio(rates[2], rates[0]),
    )


def _median_ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _plain(path: str) -> Request:
    return lambda number: post(path, person_json(number))


def _guarded(number: int) -> bytes:
    """A post that its sender has signed (Standard Webhooks), with a key of its own."""
    body, moment = person_json(number), int(time.time())
    signed = f"msg-{number}.{moment}.".encode() + body
    mac = base64.b64encode(hmac.digest(base64.b64decode(SECRET), signed, "sha256")).decode()
    headers = {
        "webhook-id": f"msg-{number}",
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{mac}",
        "Idempotency-Key": f"bench-{number}",
    }
    return post(GUARDED_FORM, body, headers=headers)
