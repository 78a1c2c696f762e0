"""What all scenarios share: people use the installation, something goes wrong, and the ledger is compared."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from baton_dev.pytest_plugin import Tell
from tests.chaos.audited import Audited
from tests.chaos.buyers import Buyers
from tests.chaos.sellers import Sellers

RATE = 100.0
"""Submissions a second."""


@asynccontextmanager
async def people_at_work(
    installation: Audited, seed: int, *, rate: float = RATE
) -> AsyncIterator[tuple[Buyers, Sellers]]:
    """Buyers post and reps sell inside the block; afterwards everybody got the answers they asked for."""
    await installation.send_reps(to_work=True)
    buyers, sellers = installation.people(seed)
    async with buyers.posting(rate), sellers.working():
        yield buyers, sellers
    assert not buyers.surprises, buyers.surprises[:5]
    assert not sellers.surprises, sellers.surprises[:5]
    assert not buyers.counts["given up"]


@asynccontextmanager
async def nothing_lost_or_doubled(
    installation: Audited, seed: int, tell: Tell, *, what: str, rate: float = RATE
) -> AsyncIterator[Buyers]:
    """Whatever the block does to the installation, the ledger then finds everything once."""
    began = time.monotonic()
    async with people_at_work(installation, seed, rate=rate) as (buyers, sellers):
        yield buyers
    flowed = time.monotonic()
    await asyncio.to_thread(installation.await_ready)
    await installation.send_reps(to_work=False)
    await installation.rest()
    settled = time.monotonic()
    verdict = await installation.verdict()
    tell(
        f"{what}, in {flowed - began:.0f} s of leads and {settled - flowed:.0f} s until rest: "
        f"buyers {dict(buyers.counts)}; reps {dict(sellers.counts)}; {verdict}"
    )
    verdict.require_clean()
