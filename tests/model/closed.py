"""A month that both sides sign before all of its news is in: what is booked for it and what corrected."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx

from lead_events.words import TimerKind
from sla_monitor.ledger.periods import Period
from sla_monitor.ledger.reading import read_month
from tests.integration.sla_monitor.worlds import World
from tests.model.delivered import is_above
from tests.model.disputes import an_api
from tests.model.figures import Figures
from tests.model.flat import Flat, counted_as, of_model
from tests.model.history import History
from tests.model.minutes import charged
from tests.model.months import Month
from tests.model.promises import Kept

SIGNED_AFTER = timedelta(days=4)
"""After the last look at the month as it was told until then."""
KINDS = [kind.value for kind in TimerKind]
LATE = 0.2
"""Which part of what is told of leads arrives when the month is closed."""


def halves(month: Month) -> tuple[Month, Month]:
    """What is read before a month is signed, and what only afterwards. Rulebooks and calendars come early."""
    rng = random.Random(month.seed)
    late = {each.news.id for each in month.posted if each.lead is not None and rng.random() < LATE}
    early = tuple(each for each in month.posted if each.news.id not in late)
    rest = tuple(each for each in month.posted if each.news.id in late)
    signed = month.now + SIGNED_AFTER
    return replace(month, posted=early), replace(month, posted=rest, looks=(signed + timedelta(days=1),))


async def sign(world: World, month: Month) -> None:
    """Both sides sign the month, four days after the last look at it."""
    world.at(month.now + SIGNED_AFTER)
    async with an_api(world) as api:
        for side in ("marketing", "sales"):
            answer = await _signed(api, month, side)
            if not answer.is_success:
                raise AssertionError(f"signing for {side} answers {answer.status_code}: {answer.text}")


async def _signed(api: httpx.AsyncClient, month: Month, side: str) -> httpx.Response:
    start = month.company.start
    return await api.post(
        f"/v1/reports/{start.year}-{start.month:02}/sign", json={"side": side, "name": f"Head of {side}"}
    )


async def stands(world: World, month: Month) -> Flat:
    """What is booked for the month and what the following one has to correct, by the names of the figures."""
    start = month.company.start
    period = Period(start.year, start.month, month.company.zone)
    async with world.database.acquire() as conn, conn.transaction(isolation="repeatable_read"):
        booked = (await read_month(conn, period, now=world.clock.now())).booked
        corrected = (await read_month(conn, period.next, now=world.clock.now())).corrections
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in booked:
        sums[_name(each.measure, each.goal)] += each.amount
    for later in corrected:
        if later.of == period.name:
            sums[_name(later.measure, later.goal)] += later.amount
    return {name: float(amount) for name, amount in sorted(sums.items()) if amount}


def booked_by_model(history: History, figures: Figures) -> Flat:
    """Those figures of the model that a closing books."""
    found = {name: value for name, value in of_model(figures).items() if _is_booked(name)}
    for kept in figures.promises:
        if f"{kept.kind} broken" == counted_as(figures, kept) and not _is_of_sales(history, kept):
            name = f"{kept.kind} broken_by_others"
            found[name] = found.get(name, 0) + 1
    return found


def _is_of_sales(history: History, kept: Kept) -> bool:
    return charged(history, kept, is_above=is_above(history, kept)) in ("rep", "sales_team")


def _is_booked(name: str) -> bool:
    first, _, last = name.rpartition(" ")
    if first in KINDS:
        return last in ("kept", "broken")
    return name in ("due to be worked", "worked", "revenue") or (first.startswith("goal ") and last != "net")


def _name(measure: str, goal: str | None) -> str:
    if measure in ("delivered", "taken_off"):
        return f"goal {goal} {measure.replace('_', ' ')}"
    if measure in ("kept", "broken", "broken_by_others"):
        return f"{goal} {measure}"
    return "due to be worked" if measure == "due" else measure
