"""The demo's reps: they answer their leads over the rep API as real ones would, each at their own pace."""

import asyncio
import contextlib
import uuid
from typing import Any

import httpx

from baton_dev.journal import Row
from baton_dev.samples import RepActs

_PROMPT_SECONDS = 2.0


class Reps:
    """Plays the reps of one stack, through their own tokens."""

    def __init__(self, client: httpx.AsyncClient, router: str, tokens: dict[str, Any]) -> None:
        self._client = client
        self._router = router
        self._tokens = tokens
        self._answered: set[tuple[uuid.UUID, int]] = set()

    async def answer(self, row: Row, acts: RepActs) -> None:
        """Do what `acts` says about a lead just assigned or warned about; each round is answered once."""
        if row.lead_id is None or row.rep_id not in self._tokens or row.state != "assigned":
            return
        waits = acts is RepActs.LATE and not row.marks
        sleeps = acts is RepActs.NEVER and row.round == 1
        if waits or sleeps or (row.lead_id, row.round) in self._answered:
            return
        self._answered.add((row.lead_id, row.round))
        await asyncio.sleep(_PROMPT_SECONDS)
        await self._act(row.lead_id, row.rep_id, "accept", {})
        await asyncio.sleep(_PROMPT_SECONDS)
        await self._act(row.lead_id, row.rep_id, "contacted", {"channel": "phone", "result": "reached"})

    async def _act(self, lead: uuid.UUID, rep: str, act: str, body: dict[str, str]) -> None:
        """Post one act; a refusal (the lead went to somebody else meanwhile) is the router's right."""
        headers = {
            "Authorization": f"Bearer {self._tokens[rep]['token']}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        url = f"{self._router}/v1/assignments/{lead}/{act}"
        with contextlib.suppress(httpx.TransportError):
            await self._client.post(url, json=body, headers=headers)
