"""A closed month and its corrections against the model: together they are what the facts say."""

from functools import partial

import pytest

from baton_dev.testing import Servers
from tests.model.closed import booked_by_model, halves, sign, stands
from tests.model.disputes import disputed
from tests.model.driver import a_world, live
from tests.model.figures import figures_of
from tests.model.months import Month, a_month
from tests.model.test_months import BEFORE, agree


@pytest.mark.parametrize("seed", range(3000, 3010))
async def test_what_is_booked_and_corrected_is_what_the_facts_say(
    stack: Servers, template: str, seed: int
) -> None:
    await agree(a_month(seed, leads=8, most_looks=3), partial(_differences, stack.postgres_dsn, template))


@pytest.mark.long
@pytest.mark.parametrize("first", range(3100, 3300, 10))
async def test_it_is_in_two_hundred_months(stack: Servers, template: str, first: int) -> None:
    for seed in range(first, first + 10):
        await agree(a_month(seed), partial(_differences, stack.postgres_dsn, template))


async def _differences(dsn: str, template: str, month: Month) -> list[str]:
    early, late = halves(month)
    async with a_world(dsn, template, month.looks[0] - BEFORE) as world:
        await live(world, early)
        await sign(world, month)
        await live(world, late)
        history = await disputed(world, month)
        start = month.company.start
        mine = booked_by_model(history, figures_of(history, start.year, start.month, month.now))
        theirs = await stands(world, month)
    return [
        f"{name}: {mine.get(name, 0)} by the model, {theirs.get(name, 0)} booked and corrected"
        for name in sorted(mine.keys() | theirs.keys())
        if abs(mine.get(name, 0) - theirs.get(name, 0)) > 1e-6
    ]
