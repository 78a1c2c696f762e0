"""Months as the tests of the ledger read them."""

from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.ledger.book import LeadRow, MonthBook
from sla_monitor.ledger.periods import Period, parse_period
from sla_monitor.ledger.reading import read_month
from tests.integration.sla_monitor.worlds import World

MADRID = ZoneInfo("Europe/Madrid")
MARCH = Period(2026, 3, MADRID)


async def month(world: World, name: str = "2026-03") -> MonthBook:
    """The month as it stands now."""
    async with world.database.acquire() as conn, conn.transaction(isolation="repeatable_read"):
        return await read_month(conn, parse_period(name, MADRID), now=world.clock.now())


async def row(world: World, lead: Any, name: str = "2026-03") -> LeadRow:
    """One lead of the month."""
    return next(each for each in (await month(world, name)).leads if each.id == lead)
