"""Every part is killed in turn at random moments while leads flow; the ledger finds all of them, once."""

import asyncio
import os
import random

import pytest

from baton_dev.kafka import KafkaServer
from baton_dev.postgres import PostgresServer
from baton_dev.process import ManagedProcess
from tests.chaos.installation import SERVICES, Installation
from tests.chaos.scenario import Tell, nothing_lost_or_doubled

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

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


async def test_every_part_killed_in_turn_loses_and_doubles_nothing(
    installation: Installation, seed: int, tell: Tell
) -> None:
    async with nothing_lost_or_doubled(installation, seed, tell, what=f"{len(VICTIMS)} kills"):
        await kill_in_turn(installation, random.Random(seed), rounds=1, calm=1.5)


@pytest.mark.long
async def test_every_part_killed_again_and_again_loses_and_doubles_nothing(
    installation: Installation, seed: int, tell: Tell
) -> None:
    rounds = int(os.environ.get("BATON_CHAOS_ROUNDS", "4"))
    async with nothing_lost_or_doubled(installation, seed, tell, what=f"{rounds * len(VICTIMS)} kills"):
        await kill_in_turn(installation, random.Random(seed), rounds=rounds, calm=9)
