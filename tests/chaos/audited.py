"""An installation whose buyers and reps keep a ledger of what they were promised: compared at rest."""

import asyncio
import math
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from baton_dev.errors import PartFailedError
from baton_dev.ledger import Ledger, read_ledger
from tests.chaos.books import ends_of, read_books, waiting
from tests.chaos.buyers import Buyers
from tests.chaos.comparison import Verdict, compare
from tests.chaos.sellers import Sellers

REST_SECONDS = 120.0


class Audited(ABC):
    """Whatever it runs in. `ledger` is new when it starts."""

    ledger: Ledger

    @property
    @abstractmethod
    def dsn(self) -> str:
        """The database of all schemas, as its superuser."""

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """Kafka's address."""

    @property
    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """What a client needs to reach it: among it `operator_token`, and `reps` with a token each."""

    @abstractmethod
    def addresses(self, service: str) -> list[str]:
        """Where a load balancer would send a request now."""

    @abstractmethod
    def instances(self, service: str | None = None) -> dict[str, str]:
        """The address of each instance by name, of one service or of all."""

    @abstractmethod
    def await_ready(self) -> None:
        """Return once every instance is ready."""

    def people(self, seed: int) -> tuple[Buyers, Sellers]:
        """Buyers and reps who use this installation and keep what they are promised in its ledger."""
        run = f"r{secrets.token_hex(3)}"
        tokens = {rep: about["token"] for rep, about in self.description["reps"].items()}
        return (
            Buyers(lambda: self.addresses("intake"), self.ledger, run=run, seed=seed),
            Sellers(lambda: self.addresses("router"), tokens, self.ledger, seed=seed),
        )

    async def rest(self, *, with_timers: bool = True, seconds: float = REST_SECONDS) -> None:
        """Return once nothing is left to do anywhere. PartFailedError when nothing got less for `seconds`."""
        until, least = time.monotonic() + seconds, math.inf
        before: Mapping[Any, int] = {}
        while True:
            ends = await ends_of(self.bootstrap)
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
        books = await read_books(self.dsn, self.bootstrap)
        unaccounted = await asyncio.to_thread(self._unaccounted)
        return compare(read_ledger(self.ledger.path), books, unaccounted)

    async def send_reps(self, *, to_work: bool) -> None:
        """Let all reps come to work, or go: then nobody takes a lead any more and promises stand still."""
        headers = self._as_operator | {"X-Operator": "chaos"}
        url = f"{self.addresses('router')[0]}/v1/reps"
        async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:

            async def send(rep: str) -> None:
                answer = await client.patch(f"{url}/{rep}", json={"is_active": to_work})
                answer.raise_for_status()

            await asyncio.gather(*(send(rep) for rep in self.description["reps"]))

    @property
    def _as_operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.description['operator_token']}"}

    def _spooled(self) -> dict[str, int]:
        pending = {
            f"spool of {name}": sum(hop["pending"] for hop in answer["hops"] if hop["hop"] == "intake-spool")
            for name, answer in self._conservation(self.instances("intake"))
        }
        return {what: count for what, count in pending.items() if count}

    def _unaccounted(self) -> dict[str, int]:
        return {name: answer["unaccounted"] for name, answer in self._conservation(self.instances())}

    def _conservation(self, instances: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        with httpx.Client(headers=self._as_operator, timeout=10, trust_env=False) as client:
            for name, address in instances.items():
                answer = client.get(f"{address}/v1/conservation")
                answer.raise_for_status()
                yield name, answer.json()
