"""A whole installation to be mistreated: two pods of each service, buyers, reps, and the ledger of both."""

import asyncio
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from baton_dev.databases import with_database
from baton_dev.errors import PartFailedError
from baton_dev.ledger import Ledger, read_ledger
from baton_dev.process import ManagedProcess
from baton_dev.stack import DATABASE, Stack
from tests.chaos.books import ends_of, read_books, waiting
from tests.chaos.buyers import Buyers
from tests.chaos.company import company_in_a_hurry
from tests.chaos.comparison import Verdict, compare
from tests.chaos.sellers import Sellers

SERVICES = ("intake", "scoring", "router", "sla_monitor")
PODS = 2
HASTE = {
    "BATON_OUTBOX_CLAIM_MS": "1500",  # what a killed publisher leaves is swept within seconds
    "BATON_LOG_LEVEL": "warning",
    "BATON_STOP_SECONDS": "20",  # as deploy/k8s has it
    # a disk that is busy for a second has intake answer 503, rightly; here only what was broken may show
    "BATON_SPOOL_DEADLINE_MS": "10000",
}
REST_SECONDS = 120.0


class Installation:
    """A running stack. Every pod keeps its name, port and folder when it is killed and started again."""

    def __init__(self, home: Path, extra_env: Mapping[str, str] | None = None) -> None:
        self.stack = Stack(home, company_in_a_hurry(), fsync=False, extra_env={**HASTE, **(extra_env or {})})
        self.ledger_path = home / "ledger.jsonl"
        self.out_of_balance: set[ManagedProcess] = set()
        """Pods that load balancers do not send anybody to, though they run."""

    @property
    def dsn(self) -> str:
        """The database of all schemas, as its superuser."""
        return with_database(self.stack.postgres.dsn, DATABASE)

    def start(self, pods: int = PODS) -> None:
        """Start everything and wait until every pod is ready."""
        self.stack.start()
        with ThreadPoolExecutor() as pool:
            for _ in range(1, pods):
                list(pool.map(self.stack.add_instance, SERVICES))
        self.ledger = Ledger(self.ledger_path)

    def pods(self, service: str) -> list[ManagedProcess]:
        """All pods of a service, whether or not they run."""
        return [each for name, each in self.stack.services.items() if name.partition("-")[0] == service]

    def addresses(self, service: str) -> list[str]:
        """Where a load balancer would send a request now: the pods that run."""
        every = [each for each in self.pods(service) if each not in self.out_of_balance]
        return [each.base_url for each in every if each.is_alive()] or [each.base_url for each in every]

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

    def people(self, seed: int) -> tuple[Buyers, Sellers]:
        """Buyers and reps who use this installation and keep what they are promised in its ledger."""
        run = f"r{secrets.token_hex(3)}"
        tokens = {rep: about["token"] for rep, about in self.stack.description["reps"].items()}
        return (
            Buyers(lambda: self.addresses("intake"), self.ledger, run=run, seed=seed),
            Sellers(lambda: self.addresses("router"), tokens, self.ledger, seed=seed),
        )

    async def rest(self, *, with_timers: bool = True, seconds: float = REST_SECONDS) -> None:
        """Return once nothing is left to do anywhere. PartFailedError when nothing got less for `seconds`."""
        until, least = time.monotonic() + seconds, math.inf
        before: Mapping[Any, int] = {}
        while True:
            ends = await ends_of(self.stack.kafka.bootstrap)
            left = await asyncio.to_thread(waiting, self.dsn, ends, with_timers=with_timers)
            left |= await asyncio.to_thread(self._spooled)
            if not left and ends == before:
                return
            if sum(left.values()) < least:
                until, least = time.monotonic() + seconds, sum(left.values())
            if time.monotonic() > until:
                raise PartFailedError(f"nothing went on for {seconds:.0f} s, still waiting: {left}")
            before = ends
            await asyncio.sleep(0.5)

    async def verdict(self) -> Verdict:
        """Compare the whole ledger with stores and topics. The installation must be at rest."""
        books = await read_books(self.dsn, self.stack.kafka.bootstrap)
        unaccounted = await asyncio.to_thread(self._unaccounted)
        return compare(read_ledger(self.ledger_path), books, unaccounted)

    async def send_reps(self, *, to_work: bool) -> None:
        """Let all reps come to work, or go: then nobody takes a lead any more and promises stand still."""
        headers = {"Authorization": f"Bearer {self.stack.secrets.operator_token}", "X-Operator": "chaos"}
        url = f"{self.addresses('router')[0]}/v1/reps"
        async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:

            async def send(rep: str) -> None:
                answer = await client.patch(f"{url}/{rep}", json={"is_active": to_work})
                answer.raise_for_status()

            await asyncio.gather(*(send(rep) for rep in self.stack.description["reps"]))

    def _spooled(self) -> dict[str, int]:
        pending = {
            f"spool of {pod.name}": sum(
                hop["pending"] for hop in answer["hops"] if hop["hop"] == "intake-spool"
            )
            for pod, answer in self._conservation(self.pods("intake"))
        }
        return {what: count for what, count in pending.items() if count}

    def _unaccounted(self) -> dict[str, int]:
        every = [*self.stack.services.values()]
        return {pod.name: answer["unaccounted"] for pod, answer in self._conservation(every)}

    def _conservation(self, pods: Sequence[ManagedProcess]) -> Iterator[tuple[ManagedProcess, Any]]:
        headers = {"Authorization": f"Bearer {self.stack.secrets.operator_token}"}
        with httpx.Client(headers=headers, timeout=10, trust_env=False) as client:
            for pod in pods:
                answer = client.get(f"{pod.base_url}/v1/conservation")
                answer.raise_for_status()
                yield pod, answer.json()


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
