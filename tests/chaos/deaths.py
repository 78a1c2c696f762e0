"""Ways to die: kill -9 from outside at any moment, and from inside at a step with a name."""

import asyncio
import contextlib
import random
from collections.abc import Iterable

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.kafka import KafkaServer
from baton_dev.postgres import PostgresServer
from baton_dev.process import ManagedProcess
from tests.chaos import matrix
from tests.chaos.installation import SERVICES, Installation
from tests.chaos.matrix import Armed, Wave

DEATH_SECONDS = 90.0
"""A failpoint is reached within so long, on a busy machine too."""
VICTIMS = (*SERVICES, "kafka", "postgres")


def part_of(
    installation: Installation, victim: str, chance: random.Random
) -> ManagedProcess | KafkaServer | PostgresServer:
    if victim == "kafka":
        return installation.stack.kafka
    if victim == "postgres":
        return installation.stack.postgres
    return chance.choice(installation.pods(victim))


async def kill_in_turn(
    installation: Installation, chance: random.Random, *, rounds: int, calm: float
) -> None:
    """kill -9 of each victim once a round, in random order; each is back after a moment.

    `calm`: seconds between a return and the next kill, at most.
    """
    await asyncio.sleep(chance.uniform(1, 2))
    for _ in range(rounds):
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            part = part_of(installation, victim, chance)
            await asyncio.to_thread(part.kill)
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            await asyncio.to_thread(part.start)
            await asyncio.sleep(chance.uniform(0.2, 1.0) * calm)


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


def sweeps(armed: Armed) -> bool:
    """Whether the pod dies with rows in hand that another one left."""
    return armed.failpoint.startswith("sweeper.")


async def die(installation: Installation, wave: Wave, chance: random.Random) -> None:
    """Arm the pods of a wave; those of one service are back once all of them are dead.

    A sweeper is armed before the pod that leaves it rows: unarmed it would sweep them while it stops.
    """

    def pod_of(armed: Armed) -> ManagedProcess:
        return installation.pods(armed.service)[armed.pod]

    async def arm(armed: Armed) -> None:
        is_rare = sweeps(armed) or armed.failpoint in matrix.LEAVES_ROWS.values()
        hit = 1 if is_rare else chance.randint(1, 8)
        await restart(pod_of(armed), f"{armed.failpoint}=kill@{hit}")

    async def of(service: str) -> None:
        ours = [armed for armed in wave if armed.service == service]
        await asyncio.gather(*(arm(armed) for armed in ours if sweeps(armed)))
        await asyncio.gather(*(arm(armed) for armed in ours if not sweeps(armed)))
        await asyncio.gather(*(death_of(pod_of(armed), armed.failpoint) for armed in ours))
        await asyncio.gather(*(restart(installation.pods(service)[armed.pod]) for armed in ours))

    await asyncio.gather(*(of(service) for service in {armed.service for armed in wave}))


async def die_while_the_broker_is_away(installation: Installation, failpoints: Iterable[str]) -> None:
    """One outage for each failpoint of the spool: killed while it spools, or while it drains."""
    pod = installation.pods("intake")[0]
    for failpoint in failpoints:
        await restart(pod, f"{failpoint}=kill@{3 if failpoint == 'intake.after_spool' else 1}")
        with contextlib.suppress(PartFailedError):  # what is still spooled is drained at once
            await asyncio.to_thread(pod.await_answer)
        await asyncio.to_thread(installation.stack.kafka.kill)
        await asyncio.sleep(3)
        if failpoint == "intake.after_spool":
            await death_of(pod, failpoint)
        await asyncio.to_thread(installation.stack.kafka.start)
        await death_of(pod, failpoint)
        await restart(pod)
