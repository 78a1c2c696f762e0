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
    """One file from the start of the worker's process to the last acknowledgement. `cpu`: its own seconds of
    processor time; `largest`: its largest RSS in bytes."""

    rows: int
    seconds: float
    cpu: float
    largest: int

    def rate_beyond(self, shorter: "ImportResult") -> float:
        """Rows a second of those that the shorter file has not: without starting the process."""
        return (self.rows - shorter.rows) / (self.seconds - shorter.seconds)

    def rate_of_cpu_beyond(self, shorter: "ImportResult") -> float:
        """The same by the worker's own processor time: what it does with a core that nobody else wants."""
        return (self.rows - shorter.rows) / (self.cpu - shorter.cpu)


def measure(*sizes: int) -> list[ImportResult]:
    """Import a file of each size, each by a worker with one core of its own."""
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
            return [_one(home, kafka, env, rows) for rows in sizes]
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
    largest, cpu = 0, 0.0
    while worker.poll() is None:
        try:
            with worker.oneshot():
                largest = max(largest, worker.memory_info().rss)
                cpu = sum(worker.cpu_times()[:2])
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    progress = job.progress()
    if (progress.state, progress.published) != ("finished", rows):
        raise RuntimeError(f"the import ended as {progress.state} after {progress.published} of {rows} rows")
    return ImportResult(rows, seconds, cpu, largest)


def _job(folder: Path, rows: int) -> Job:
    folder.mkdir()
    job = Job(folder)
    with job.file.open("w", newline="") as file:
        file.write(HEADER)
        file.writelines(lines(rows))
    form = load_folder(Path("rulebook")).forms[FORM]
    order = Order(uuid4(), FORM, form, 0, datetime.now(UTC), Wish())
    job.keep_asked(Asked(order, "bench.csv", "bench", job.file.stat().st_size, is_dry=False))
    return job


def lines(rows: int, *, first: int = 0) -> Iterator[str]:
    """So many lines of a file below HEADER, each somebody else; `first` is the number of the first."""
    for number in range(first, first + rows):
        yield (
            f"buyer{number}@company{number % 5000}.example,+346{number % 10**8:08d},Ana,Núñez {number},"
            f'"Company {number % 5000}, S.L.",Head of Sales,{number % 900 + 1},ES,We met at the fair\r\n'
        )
