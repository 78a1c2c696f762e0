"""Import: rows a second through to Kafka on one core, and the worker's memory for a short and a long file."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil

from baton_dev.kafka import KafkaServer
from baton_dev.launch import run_once
from intake.imports.job import Asked, Job
from intake.imports.making import Order
from intake.imports.wish import Wish
from rulebook.loader import load_folder

FORM = "demo-request"
HEADER = "email,phone,first_name,last_name,company,job_title,employees,country,message\r\n"


@dataclass(frozen=True)
class ImportResult:
    """Rows a second from start to the last acknowledgement; the worker's largest RSS in bytes."""

    rows: int
    seconds: float
    largest: int

    @property
    def rate(self) -> float:
        """Rows a second, the start of the process and the first look at the file included."""
        return self.rows / self.seconds


def measure(short: int, long: int) -> tuple[ImportResult, ImportResult]:
    """Import a file of `short` rows and one of `long` rows, each by a worker with one core of its own."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        home = Path(folder)
        kafka = KafkaServer(home / "kafka")
        kafka.start()
        env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        env |= {"BATON_KAFKA": kafka.bootstrap, "BATON_LOG_LEVEL": "warning"}
        try:
            run_once(
                [sys.executable, "-m", "service_kit", "topics"],
                what="topics",
                log=home / "topics.log",
                env=env,
            )
            return _one(home, kafka, env, short), _one(home, kafka, env, long)
        finally:
            kafka.stop()


def _one(home: Path, kafka: KafkaServer, env: dict[str, str], rows: int) -> ImportResult:
    job = _job(home / f"import-{rows}", rows)
    cores = psutil.Process().cpu_affinity() or [0]
    others = cores[1:] or cores
    psutil.Process(kafka.pid).cpu_affinity(others)
    started = time.perf_counter()
    worker = psutil.Popen([sys.executable, "-m", "intake.imports", str(job.folder)], env=env)
    worker.cpu_affinity(cores[:1])
    largest = 0
    while worker.poll() is None:
        try:
            largest = max(largest, worker.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    progress = job.progress()
    if (progress.state, progress.published) != ("finished", rows):
        raise RuntimeError(f"the import ended as {progress.state} after {progress.published} of {rows} rows")
    return ImportResult(rows, seconds, largest)


def _job(folder: Path, rows: int) -> Job:
    folder.mkdir()
    job = Job(folder)
    with job.file.open("w", newline="") as file:
        file.write(HEADER)
        file.writelines(_lines(rows))
    form = load_folder(Path("rulebook")).forms[FORM]
    order = Order(uuid4(), FORM, form, 0, datetime.now(UTC), Wish())
    job.keep_asked(Asked(order, "bench.csv", "bench", job.file.stat().st_size, is_dry=False))
    return job


def _lines(rows: int) -> Iterator[str]:
    for number in range(rows):
        yield (
            f"buyer{number}@company{number % 5000}.example,+346{number % 10**8:08d},Ana,Núñez {number},"
            f'"Company {number % 5000}, S.L.",Head of Sales,{number % 900 + 1},ES,We met at the fair\r\n'
        )
