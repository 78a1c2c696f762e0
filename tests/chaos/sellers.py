"""Reps who work through the rep API: some at once, some late, some never, as promises need them all."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from baton_dev.ledger import Acted, Ledger

DESKS = 6
"""So many reps look at their leads at the same time."""
ACTS_A_VISIT = 4
TRIES = 12
_ENDINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("outcome", {"result": "won", "value": {"minor": 120_000, "currency": "EUR"}}),
    ("outcome", {"result": "lost", "reason": "no budget"}),
    ("reject", {"reason": "wrong number"}),
    ("recycle", {"reason": "next quarter"}),
)


class Sellers:
    """The reps of an installation. `tokens` by rep; `pods` gives the router's addresses at any moment."""

    def __init__(
        self, pods: Callable[[], Sequence[str]], tokens: dict[str, str], ledger: Ledger, *, seed: int
    ) -> None:
        self._pods = pods
        self._tokens = tokens
        self._ledger = ledger
        self._chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.surprises: list[str] = []

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work inside the block; an act begun is brought to its answer."""
        stopping = asyncio.Event()
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            desks = [asyncio.create_task(self._desk(client, place, stopping)) for place in range(DESKS)]
            try:
                yield
            finally:
                stopping.set()
                await asyncio.gather(*desks)

    async def _desk(self, client: httpx.AsyncClient, place: int, stopping: asyncio.Event) -> None:
        reps = sorted(self._tokens)[place::DESKS]
        assert reps, "no rep has a token: the installation's roster was not there yet"
        while not stopping.is_set():
            for rep in reps:
                if stopping.is_set():
                    return
                await self._visit(client, rep)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), 0.1)

    async def _visit(self, client: httpx.AsyncClient, rep: str) -> None:
        answer = await self._ask(client, rep, "GET", "/v1/me/assignments", None, None)
        if answer is None or not answer.is_success:
            return
        leads = answer.json()["assignments"]
        acts = [(lead, what) for lead in leads if (what := _next_act(lead)) is not None]
        for lead, (act, body) in acts[:ACTS_A_VISIT]:
            await self._act(client, rep, lead, act, body)

    async def _act(
        self, client: httpx.AsyncClient, rep: str, lead: dict[str, Any], act: str, body: dict[str, Any]
    ) -> None:
        key = f"{lead['lead_id']}.{lead['round']}.{act}"
        path = f"/v1/assignments/{lead['lead_id']}/{act}"
        for _ in range(TRIES):
            answer = await self._ask(client, rep, "POST", path, body, key)
            if answer is None or answer.status_code >= 500:
                await asyncio.sleep(self._chance.uniform(0.1, 0.5))
                continue
            self.counts[f"{act} {answer.status_code}"] += 1
            if answer.is_success:
                await self._ledger.keep(Acted(UUID(lead["lead_id"]), answer.json()["act"], key))
            elif answer.status_code not in (404, 409):  # the lead may have gone to somebody else meanwhile
                self.surprises.append(f"{act} {answer.status_code} {answer.text[:300]}")
            return

    async def _ask(
        self,
        client: httpx.AsyncClient,
        rep: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        key: str | None,
    ) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self._tokens[rep]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self._chance.choice(self._pods())}{path}"
        try:
            return await client.request(method, url, json=body, headers=headers)
        except httpx.TransportError:
            self.counts["no answer"] += 1
            return None


def _next_act(lead: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """What this rep does now. The lead's id decides on the rep's manners, the same in every run."""
    manners = UUID(lead["lead_id"]).int % 10
    if lead["contacted_at"] is not None:
        act, body = _ENDINGS[manners % len(_ENDINGS)]
        if act == "recycle":
            body = body | {"wake_at": _in_three_months(lead["assigned_at"])}
        return None if manners == 4 else (act, body)
    is_overdue = lead["round"] > 1 and lead["breached_at"] is not None
    if (manners >= 7 and not is_overdue) or (manners == 6 and lead["warned_at"] is None):
        return None  # answers when all promises are broken, or once the warning is out
    if lead["accepted_at"] is None:
        return ("decline", {"reason": "too busy"}) if manners == 5 and lead["round"] == 1 else ("accept", {})
    return "contacted", {"channel": "phone", "result": "reached"}


def _in_three_months(assigned_at: str) -> str:
    return (datetime.fromisoformat(assigned_at) + timedelta(days=90)).isoformat()
