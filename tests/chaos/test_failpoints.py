"""A process dies at each step of taking, keeping and telling; the next one goes on, and nothing is amiss."""

import asyncio
import random
from collections.abc import Iterable

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.process import ManagedProcess
from tests.chaos import matrix
from tests.chaos.installation import Installation
from tests.chaos.matrix import Armed, Wave, failpoints_in_code, full_waves
from tests.chaos.scenario import Tell, nothing_lost_or_doubled

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

DEATH_SECONDS = 60.0
RATE = 60.0


def test_the_matrix_holds_every_failpoint_of_the_code() -> None:
    tried = {armed.failpoint for wave in full_waves() for armed in wave} | set(matrix.SPOOL)
    assert tried == failpoints_in_code()


async def restart(pod: ManagedProcess, failpoints: str | None = None) -> None:
    """Stop a pod in order, if it runs, and start it, armed or not."""
    if failpoints is None:
        pod.env.pop("BATON_FAILPOINTS", None)
    else:
        pod.env["BATON_FAILPOINTS"] = failpoints
    await asyncio.to_thread(pod.stop)
    await asyncio.to_thread(pod.start)


async def death_of(pod: ManagedProcess, failpoint: str) -> None:
    """Return once the pod has been killed by its failpoint; AssertionError for any other end, or none."""
    for _ in range(int(DEATH_SECONDS / 0.1)):
        if not pod.is_alive():
            with pytest.raises(PartFailedError, match="ended by SIGKILL"):
                pod.require_alive()
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{pod.name} never came to {failpoint}")


async def die(installation: Installation, wave: Wave, chance: random.Random) -> None:
    """Arm the pods of a wave; those of one service are back once all of them are dead."""

    async def one(armed: Armed) -> None:
        pod = installation.pods(armed.service)[armed.pod]
        is_rare = armed.failpoint.startswith("sweeper.") or armed.failpoint in matrix.LEAVES_ROWS.values()
        hit = 1 if is_rare else chance.randint(1, 8)
        await restart(pod, f"{armed.failpoint}=kill@{hit}")
        await death_of(pod, armed.failpoint)

    async def of(service: str) -> None:
        ours = [armed for armed in wave if armed.service == service]
        await asyncio.gather(*(one(armed) for armed in ours))
        await asyncio.gather(*(restart(installation.pods(service)[armed.pod]) for armed in ours))

    await asyncio.gather(*(of(service) for service in {armed.service for armed in wave}))


async def die_while_the_broker_is_away(installation: Installation, failpoints: Iterable[str]) -> None:
    """One outage for each failpoint of the spool: killed while it spools, or while it drains."""
    pod = installation.pods("intake")[0]
    for failpoint in failpoints:
        await restart(pod, f"{failpoint}=kill@{3 if failpoint == 'intake.after_spool' else 1}")
        await asyncio.to_thread(pod.await_answer)
        await asyncio.to_thread(installation.stack.kafka.kill)
        await asyncio.sleep(3)
        if failpoint == "intake.after_spool":
            await death_of(pod, failpoint)
        await asyncio.to_thread(installation.stack.kafka.start)
        await death_of(pod, failpoint)
        await restart(pod)


async def test_processes_that_die_around_their_commits_leave_nothing_undone_and_nothing_twice(
    installation: Installation, seed: int, tell: Tell
) -> None:
    what = f"{len(matrix.SHORT_WAVE)} deaths at failpoints"
    async with nothing_lost_or_doubled(installation, seed, tell, what=what, rate=RATE):
        await die(installation, matrix.SHORT_WAVE, random.Random(seed))


@pytest.mark.long
async def test_a_process_that_dies_at_any_step_of_any_service_leaves_nothing_undone_and_nothing_twice(
    installation: Installation, seed: int, tell: Tell
) -> None:
    waves = list(full_waves())
    chance = random.Random(seed)
    what = f"{sum(map(len, waves)) + len(matrix.SPOOL)} deaths at failpoints"
    async with nothing_lost_or_doubled(installation, seed, tell, what=what, rate=RATE):
        for wave in waves:
            await die(installation, wave, chance)
        await die_while_the_broker_is_away(installation, matrix.SPOOL)
