"""Buyers who fill in forms at a steady rate, and a client that is honest about what it was answered."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from baton_dev.ledger import Accepted, Ledger
from bench.people import person

GIVE_UP_SECONDS = 90.0
"""A client sends again for so long; what is then unanswered is no promise and is not in the ledger."""
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Post:
    """One submission as the client sends it, every time in the same words."""

    form: str
    form_key: str
    key: str
    fields: dict[str, Any]
    lines: tuple[str, ...]
    is_impatient: bool
    """Sends once more after the answer, as a browser does whose user clicks twice."""


def post(number: int, run: str) -> Post:
    """The n-th submission of a run.

    One in twenty is for two lines, one in thirty by somebody known already. In each fifty there is one with a
    phone only, one with an e-mail only, and one with both, by which the two turn out to be one person.
    """
    writes_again = number % 30 == 29
    joins_two = number % 50 == 45
    who = number - 20 if writes_again or joins_two else number
    fields = person(who, prefix=f"{run}-buyer")
    if writes_again or joins_two:
        fields["message"] = f"Writing once more, number {number}."
    if joins_two or number % 50 == 24:
        fields["phone"] = f"+34612{(int(run[1:], 16) * 100 + number // 50) % 1_000_000:06d}"
    if number % 50 == 24:
        del fields["email"]
    impatient = number % 40 == 3
    if number % 20 == 7:
        fields["interested_in"] = ["platform", "courses"]
        lines = ("main", "training")
        return Post("both-lines", "aurora-talk-to-us", f"{run}-{number}", fields, lines, impatient)
    return Post("demo-request", "aurora-demo-request", f"{run}-{number}", fields, ("main",), impatient)


class Buyers:
    """Posts in an open loop to whichever pods are there. `pods` gives their addresses at any moment."""

    def __init__(self, pods: Callable[[], Sequence[str]], ledger: Ledger, *, run: str, seed: int) -> None:
        self._pods = pods
        self._ledger = ledger
        self._run = run
        self._chance = random.Random(seed)
        self._sending: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()
        self.surprises: list[str] = []
        """Answers that no honest client should get, as text."""

    @asynccontextmanager
    async def posting(self, rate: float) -> AsyncIterator[None]:
        """Post at `rate` a second inside the block; at its end every post begun is answered or given up."""
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        async with httpx.AsyncClient(limits=limits, timeout=ANSWER_SECONDS, trust_env=False) as client:
            flow = asyncio.create_task(self._flow(client, rate))
            try:
                yield
            finally:
                flow.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await flow
                await asyncio.gather(*self._sending)

    async def _flow(self, client: httpx.AsyncClient, rate: float) -> None:
        loop = asyncio.get_running_loop()
        started, first = loop.time(), self.counts["posts"]
        while True:
            number = self.counts["posts"]
            await asyncio.sleep(max(0.0, started + (number - first) / rate - loop.time()))
            self.counts["posts"] += 1
            task = asyncio.create_task(self._send(client, post(number, self._run)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, client: httpx.AsyncClient, each: Post) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + GIVE_UP_SECONDS
        while loop.time() < until:
            if await self._try(client, each):
                if each.is_impatient:
                    await self._try(client, each)
                return
            await asyncio.sleep(self._chance.uniform(0.1, 0.6))
        self.counts["given up"] += 1

    async def _try(self, client: httpx.AsyncClient, each: Post) -> bool:
        url = f"{self._chance.choice(self._pods())}/v1/forms/{each.form_key}/submissions"
        try:
            answer = await client.post(url, json=each.fields, headers={"Idempotency-Key": each.key})
        except httpx.TimeoutException:
            self.counts["no answer in time"] += 1
            return False
        except httpx.TransportError as error:
            self.counts[f"no answer: {type(error).__name__}"] += 1
            return False
        if answer.status_code == 202:
            submission = UUID(answer.json()["submission_id"])
            await self._ledger.keep(Accepted(submission, each.form, each.key, each.lines))
            self.counts["202"] += 1
            return True
        self.counts[str(answer.status_code)] += 1
        if answer.status_code != 503:
            self.surprises.append(f"{answer.status_code} {answer.text[:300]}")
            return True
        return False
