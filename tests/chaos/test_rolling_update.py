"""Pods are replaced and taken away while leads flow, in the order in which a cluster does it."""

import asyncio

import psutil
import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos.installation import Installation
from tests.chaos.rolling import adopt, go, roll_all
from tests.chaos.scenario import nothing_lost_or_doubled

pytestmark = [pytest.mark.chaos, pytest.mark.stack]


async def test_a_rolling_update_loses_and_doubles_nothing_and_always_has_an_answer(
    installation: Installation, seed: int, tell: Tell
) -> None:
    before = installation.pids()
    async with nothing_lost_or_doubled(
        installation, seed, tell, what="a rolling update of all pods", rate=30
    ) as buyers:
        await roll_all(installation)
        answers = dict(buyers.counts)
    assert not set(before.values()) & set(installation.pids().values()), "a pod was not replaced"
    # on a busy machine some wait longer than they like; nobody is refused or cut off
    assert set(answers) <= {"posts", "202", "no answer in time"}, f"somebody found no pod: {answers}"


async def test_a_spool_left_behind_by_scaling_in_is_drained_by_the_job(
    installation: Installation, seed: int, tell: Tell
) -> None:
    gone = installation.pods("intake")[-1]
    what = "intake scaled in while the broker is silent, its spool adopted"
    async with nothing_lost_or_doubled(installation, seed, tell, what=what, rate=20):
        broker = psutil.Process(installation.stack.kafka.pid)
        broker.suspend()
        try:
            await go(installation, gone)
        finally:
            broker.resume()
        said = await asyncio.to_thread(adopt, gone)
        await asyncio.to_thread(gone.start)
        await asyncio.to_thread(gone.await_answer)
        installation.out_of_balance.discard(gone)
    assert "records to drain" in said
    assert not said.startswith("0 "), "nothing was left behind"
    assert "drained; 0 refused" in said
