"""A process dies at each step of taking, keeping and telling; the next one goes on, and nothing is amiss."""

import random

import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos import matrix
from tests.chaos.deaths import die, die_while_the_broker_is_away
from tests.chaos.installation import Installation
from tests.chaos.matrix import failpoints_in_code, full_waves
from tests.chaos.scenario import nothing_lost_or_doubled
from tests.e2e.restore.pods import DEATHS

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

RATE = 60.0


def test_the_matrix_holds_every_failpoint_of_the_code() -> None:
    tried = {armed.failpoint for wave in full_waves() for armed in wave} | set(matrix.SPOOL)
    after_a_restore = {each for deaths in DEATHS for places in deaths.values() for each in places}
    assert tried | after_a_restore == failpoints_in_code()


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
