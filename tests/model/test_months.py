"""The service against the model: random months through the running consumer, in random orders of arrival."""

from datetime import timedelta
from functools import partial

import pytest

from baton_dev.testing import Servers
from sla_monitor.reports.figures.month import month_report
from tests.model.books import misread, misreported, read_book
from tests.model.comparison import charged_wrongly, differences, moments, said_untimely, said_wrongly
from tests.model.disputes import disputed
from tests.model.driver import a_world, live, timers
from tests.model.months import Month, a_month, in_order
from tests.model.shrinking import Differs, smallest, story_of
from tests.model.whole import numbers_apart

BEFORE = timedelta(days=60)
OUT = ("sla-warned", "sla-breached", "sla-withdrawn", "sla-reminded")


@pytest.mark.parametrize("seed", range(20))
async def test_the_service_and_the_model_agree_on_a_random_month(
    stack: Servers, template: str, seed: int
) -> None:
    await _agree(stack.postgres_dsn, template, a_month(seed, leads=10, most_looks=3))


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 2000, 10))
async def test_they_agree_on_a_thousand_months(stack: Servers, template: str, first: int) -> None:
    for seed in range(first, first + 10):
        await _agree(stack.postgres_dsn, template, a_month(seed))


@pytest.mark.parametrize("seed", [1, 2])
async def test_warnings_and_reminders_come_at_the_models_moments(
    stack: Servers, template: str, seed: int
) -> None:
    await _agree(stack.postgres_dsn, template, a_prompt_month(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2050))
async def test_they_come_at_the_models_moments_in_fifty_months(
    stack: Servers, template: str, seed: int
) -> None:
    await _agree(stack.postgres_dsn, template, a_prompt_month(seed, leads=4))


def a_prompt_month(seed: int, leads: int = 1) -> Month:
    """Few leads, no news late, and a look at every moment that matters."""
    month = a_month(seed, leads)
    return in_order(month, moments(month))


async def _agree(dsn: str, template: str, month: Month) -> None:
    await agree(month, partial(_differences, dsn, template))


async def agree(month: Month, differs: Differs) -> None:
    """Fail with the smallest month that still differs, if this one does."""
    found = await differs(month)
    if found:
        smaller, fewer = await smallest(month, found, differs)
        told = [
            f"seed {month.seed}: {len(found)} differences:",
            *found[:10],
            "the smallest story has:",
            *fewer,
            story_of(smaller),
        ]
        pytest.fail("\n".join(told))


async def _differences(dsn: str, template: str, month: Month) -> list[str]:
    async with a_world(dsn, template, month.looks[0] - BEFORE) as world:
        await live(world, month)
        fired = [(topic, event) for topic in OUT for event in world.out(topic)]
        letters = [
            dict(letter.headers)["dl_reason"].decode()
            for topic in ("lead-routed", "lead-progressed", "lead-scored")
            for letter in world.broker.records(f"{topic}-sla-monitor-dlq")
        ]
        found = letters + differences(month, await timers(world)) + said_wrongly(month, fired)
        history = await disputed(world, month)
        book = await read_book(world, month)
        found += misread(month, history, book) + misreported(month, history, book)
        report = month_report(book).model_dump(mode="json")
        found += numbers_apart(history, report, book.now, is_prompt=month.is_prompt)
        if month.is_prompt or len(month.looks) == 1:
            found += charged_wrongly(month, fired)
        if month.is_prompt:
            found += said_untimely(month, fired)
        return found
