"""A whole installation to be mistreated: two pods of each service, buyers, reps, and the ledger of both."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baton_dev.databases import with_database
from baton_dev.ledger import Ledger
from baton_dev.process import ManagedProcess
from baton_dev.stack import DATABASE, Stack
from tests.chaos.audited import Audited
from tests.chaos.company import company_in_a_hurry

SERVICES = ("intake", "scoring", "router", "sla_monitor")
PODS = 2
HASTE = {
    "BATON_OUTBOX_CLAIM_MS": "1500",  # what a killed publisher leaves is swept within seconds
    "BATON_LOG_LEVEL": "warning",
    "BATON_STOP_SECONDS": "20",  # as deploy/k8s has it
    # a disk that is busy for a second has intake answer 503, rightly; here only what was broken may show
    "BATON_SPOOL_DEADLINE_MS": "10000",
}


class Installation(Audited):
    """A running stack. Every pod keeps its name, port and folder when it is killed and started again."""

    def __init__(self, home: Path, extra_env: Mapping[str, str] | None = None) -> None:
        self.stack = Stack(home, company_in_a_hurry(), fsync=False, extra_env={**HASTE, **(extra_env or {})})
        self._home = home
        self.out_of_balance: set[ManagedProcess] = set()
        """Pods that load balancers do not send anybody to, though they run."""

    @property
    def dsn(self) -> str:
        """The database of all schemas, as its superuser."""
        return with_database(self.stack.postgres.dsn, DATABASE)

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.stack.kafka.bootstrap

    @property
    def description(self) -> Mapping[str, Any]:
        """What a client needs to reach it."""
        return self.stack.description

    def start(self, pods: int = PODS) -> None:
        """Start everything and wait until every pod is ready."""
        self.stack.start()
        with ThreadPoolExecutor() as pool:
            for _ in range(1, pods):
                list(pool.map(self.stack.add_instance, SERVICES))
        self.ledger = Ledger(self._home / "ledger.jsonl")

    def pods(self, service: str) -> list[ManagedProcess]:
        """All pods of a service, whether or not they run."""
        return [each for name, each in self.stack.services.items() if name.partition("-")[0] == service]

    def addresses(self, service: str) -> list[str]:
        """Where a load balancer would send a request now: the pods that run."""
        every = [each for each in self.pods(service) if each not in self.out_of_balance]
        return [each.base_url for each in every if each.is_alive()] or [each.base_url for each in every]

    def instances(self, service: str | None = None) -> dict[str, str]:
        """The address of each pod by name, of one service or of all."""
        pods = self.pods(service) if service is not None else self.stack.services.values()
        return {each.name: each.base_url for each in pods}

    def pids(self) -> dict[str, int]:
        """Process ids by pod."""
        return {name: each.pid for name, each in self.stack.services.items()}

    def heal(self) -> None:
        """Bring back whatever a test left dead, without failpoints."""
        self.stack.postgres.start()
        self.stack.kafka.start()
        for pod in self.stack.services.values():
            if pod.env.pop("BATON_FAILPOINTS", None):
                pod.kill()
            pod.start()
        self.await_ready()

    def await_ready(self) -> None:
        """Return once every pod is ready."""
        for pod in self.stack.services.values():
            pod.await_answer()


@contextmanager
def running(installation: Installation, pods: int = PODS) -> Iterator[Installation]:
    """The installation, started, and stopped whatever happens."""
    try:
        installation.start(pods)
        yield installation
    finally:
        for pod in installation.stack.services.values():
            pod.kill()  # nothing is to be saved: no need to wait for an orderly end
        installation.stack.kafka.kill()
        installation.stack.stop()
