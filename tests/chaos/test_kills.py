"""Every part is killed in turn at random moments while leads flow; the ledger finds all of them, once."""

import os
import random

import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos.deaths import VICTIMS, die, kill_in_turn
from tests.chaos.installation import Installation
from tests.chaos.matrix import SHORT_WAVE
from tests.chaos.scenario import nothing_lost_or_doubled

pytestmark = [pytest.mark.chaos, pytest.mark.stack]


async def test_every_part_killed_in_turn_and_around_its_commits_loses_and_doubles_nothing(
    installation: Installation, seed: int, tell: Tell
) -> None:
    chance = random.Random(seed)
    what = f"{len(VICTIMS)} kills and {len(SHORT_WAVE)} deaths at failpoints"
    async with nothing_lost_or_doubled(installation, seed, tell, what=what):
        await kill_in_turn(installation, chance, rounds=1, calm=1)
        await die(installation, SHORT_WAVE, chance)


@pytest.mark.long
async def test_every_part_killed_again_and_again_loses_and_doubles_nothing(
    installation: Installation, seed: int, tell: Tell
) -> None:
    rounds = int(os.environ.get("BATON_CHAOS_ROUNDS", "4"))
    async with nothing_lost_or_doubled(installation, seed, tell, what=f"{rounds * len(VICTIMS)} kills"):
        await kill_in_turn(installation, random.Random(seed), rounds=rounds, calm=9)
