"""How live leads fare while a file is imported: their time to the assignment with and without, in one run."""

from dataclasses import dataclass

import httpx

from baton_dev.stack import Stack
from bench import path
from bench.imports import FORM, HEADER, lines
from bench.path import PathResult

RATE = 50.0
"""Live leads a second: what leaves an import room on the same two cores."""
ROWS_A_SECOND = 6_000
"""More than an import gets through, so that the file is still under way when the last live lead is posted."""


@dataclass(frozen=True)
class BesideResult:
    """Live leads alone and beside an import; `rows` of the file were published while they were posted."""

    alone: PathResult
    beside: PathResult
    seconds: float
    rows: int
    is_under_way: bool

    @property
    def ratio(self) -> float:
        """How many times longer the slowest hundredth of live leads waits for its rep."""
        return self.beside.p99 / self.alone.p99


async def measure(stack: Stack, *, seconds: float) -> BesideResult:
    """Live leads for `seconds` alone, then for as long beside a file whose leads are routed at once."""
    alone = await path.drive(stack, rate=RATE, seconds=seconds, prefix="alone")
    at = stack.services["intake"].base_url
    headers = {"Authorization": f"Bearer {stack.secrets.operator_token}"}
    async with httpx.AsyncClient(base_url=at, headers=headers, trust_env=False, timeout=60) as intake:
        body = (HEADER + "".join(lines(int(ROWS_A_SECOND * seconds)))).encode()
        order = {"form": FORM, "file": "bench.csv", "mode": "now"}
        answer = (await intake.post("/v1/imports", params=order, content=body)).raise_for_status()
        place = f"/v1/imports/{answer.json()['import_id']}"
        beside = await path.drive(stack, rate=RATE, seconds=seconds, prefix="beside")
        told = (await intake.get(place)).raise_for_status().json()
    return BesideResult(alone, beside, seconds, told["published"], told["state"] == "reading")
