"""The servers that tests run on: given ones, containers, or the embedded stack. Decided once, here."""

import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import psutil
import psycopg

from baton_dev.containers import KAFKA_IMAGE, POSTGRES_IMAGE, ContainerServers, images_present
from baton_dev.errors import WrongSettingError
from baton_dev.kafka import KafkaServer, count_brokers
from baton_dev.postgres import PostgresServer


class StackKind(StrEnum):
    """Where a test run's Kafka and PostgreSQL come from."""

    ENV = "env"
    """Addresses in BATON_TEST_KAFKA and BATON_TEST_POSTGRES: nothing is started."""
    CONTAINERS = "containers"
    """Two containers: a Docker engine answers and has the images, or BATON_TEST_STACK asks for them."""
    EMBEDDED = "embedded"
    """Processes of this package: Python is all that is needed."""


@dataclass(frozen=True)
class Servers:
    """What a test may know about the servers. The PostgreSQL user may create databases."""

    kind: StackKind
    kafka_bootstrap: str
    postgres_dsn: str
    description: str


def decide(environ: Mapping[str, str]) -> StackKind:
    """Return the kind of stack for this run; WrongSettingError for a setting that means nothing."""
    kafka, postgres = bool(environ.get("BATON_TEST_KAFKA")), bool(environ.get("BATON_TEST_POSTGRES"))
    asked = environ.get("BATON_TEST_STACK", "")
    if asked not in ("", *StackKind):
        raise WrongSettingError(
            f"BATON_TEST_STACK={asked}: write one of {', '.join(StackKind)}, or leave it out."
        )
    if kafka != postgres or (asked == StackKind.ENV and not kafka):
        raise WrongSettingError(
            "set both BATON_TEST_KAFKA=host:port and "
            "BATON_TEST_POSTGRES=postgresql://user:password@host:port/db "
            "(the user must be allowed to create databases), or neither."
        )
    if asked:
        return StackKind(asked)
    if kafka:
        return StackKind.ENV
    return StackKind.CONTAINERS if images_present() else StackKind.EMBEDDED


def describe(kind: StackKind, environ: Mapping[str, str]) -> str:
    """Return the sentence for the head of the test report."""
    if kind is StackKind.ENV:
        return f"servers given by the environment: Kafka {environ['BATON_TEST_KAFKA']}, PostgreSQL as set"
    if kind is StackKind.CONTAINERS:
        return f"containers {KAFKA_IMAGE} and {POSTGRES_IMAGE}"
    kept = ", kept for the next run" if environ.get("BATON_TEST_STACK_KEEP") == "1" else ""
    return f"embedded: Apache Kafka and PostgreSQL as processes{kept}, started when a test first needs them"


class ServerSource:
    """Starts the servers of one kind and takes them away again."""

    def __init__(self, kind: StackKind, environ: Mapping[str, str], root: Path) -> None:
        self._kind = kind
        self._environ = environ
        self._record = root / ".baton" / "test-stack.json"
        self._keep = environ.get("BATON_TEST_STACK_KEEP") == "1"
        self._containers: ContainerServers | None = None
        self._kafka: KafkaServer | None = None
        self._postgres: PostgresServer | None = None
        self._folder: Path | None = None

    def start(self) -> Servers:
        """Start what has to be started; any StackError means that the run cannot go on."""
        if self._kind is StackKind.ENV:
            return self._stack(self._environ["BATON_TEST_KAFKA"], self._environ["BATON_TEST_POSTGRES"])
        if self._kind is StackKind.CONTAINERS:
            self._containers = ContainerServers()
            self._containers.start()
            return self._stack(self._containers.kafka_bootstrap, self._containers.postgres_dsn)
        return (self._kept() if self._keep else None) or self._embedded()

    def stop(self) -> None:
        """Stop what was started here and delete its data; servers that are to be kept stay."""
        if self._containers:
            self._containers.stop()
        for server in (self._kafka, self._postgres):
            if server and self._keep:
                server.let_go()
            elif server:
                server.stop()
        if self._keep:
            return
        if self._folder:
            shutil.rmtree(self._folder)

    def _embedded(self) -> Servers:
        self._folder = Path(tempfile.mkdtemp(prefix="baton-test-"))
        self._kafka = KafkaServer(self._folder / "kafka", outlives_parent=self._keep)
        self._postgres = PostgresServer(self._folder / "postgres", fsync=False, outlives_parent=self._keep)
        try:
            self._postgres.start()
            self._kafka.start()
        except BaseException:
            self._keep = False
            self.stop()
            raise
        stack = self._stack(self._kafka.bootstrap, self._postgres.dsn)
        if self._keep:
            pids = {"pids": [self._kafka.pid, self._postgres.pid], "folder": str(self._folder)}
            self._record.parent.mkdir(exist_ok=True)
            self._record.write_text(json.dumps(asdict(stack) | pids))
        return stack

    def _kept(self) -> Servers | None:
        if not self._record.exists():
            return None
        record = json.loads(self._record.read_text())
        try:
            with psycopg.connect(record["postgres_dsn"], connect_timeout=2):
                pass
            count_brokers(int(record["kafka_bootstrap"].rpartition(":")[2]))
        except (psycopg.OperationalError, OSError):
            stop_kept(self._record)
            return None
        return self._stack(record["kafka_bootstrap"], record["postgres_dsn"])

    def _stack(self, kafka: str, postgres: str) -> Servers:
        return Servers(self._kind, kafka, postgres, describe(self._kind, self._environ))


def environment() -> Mapping[str, str]:
    """Return the process's environment: the one place where the tests' stack reads it."""
    return os.environ


def stop_kept(record: Path) -> str:
    """Stop the servers that a run with BATON_TEST_STACK_KEEP=1 left running; return what was done."""
    if not record.exists():
        return f"nothing to stop: there is no {record}"
    kept = json.loads(record.read_text())
    for pid in kept["pids"]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() < record.stat().st_mtime:  # a newer process only has the same number
                process.send_signal(signal.SIGINT)
                process.wait(30)
    shutil.rmtree(kept["folder"], ignore_errors=True)
    record.unlink()
    return f"stopped the servers of {record} and deleted {kept['folder']}"


if __name__ == "__main__":
    print(stop_kept(Path(".baton") / "test-stack.json"))
