"""The real monitor reads a month: its consumer on a broker in memory, a real PostgreSQL, time in our hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from baton_dev.databases import drop_database, with_database
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.postgres import Database
from tests.integration.sla_monitor.worlds import World
from tests.model.months import Month, Posted

SETTLED = timedelta(seconds=1)
"""We look so long after a moment, so that what is due then waits for no margin of the news."""
ROUNDS = 200


@asynccontextmanager
async def a_world(dsn: str, template: str, start: datetime) -> AsyncIterator[World]:
    """A monitor over a new copy of the store, its clock at `start`."""
    name = f"{template}_{uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    clock = ManualClock(start)
    database = await Database.connect(
        with_database(dsn, name),
        schema="sla_monitor",
        application_name="test",
        clock=ManualTransactionClock(clock),
    )
    try:
        yield await World.open(database, clock, with_database(dsn, name))
    finally:
        await database.close()
        drop_database(dsn, name)


async def live(world: World, month: Month) -> None:
    """Read the month in its order of arrival, and fire whatever is due at each look."""
    waiting = list(month.posted)
    async with world.reading() as consumer:
        for look in month.looks:
            due = [each for each in waiting if each.at <= look or look == month.now]
            waiting = [each for each in waiting if not (each.at <= look or look == month.now)]
            world.at(max(look, world.clock.now()))
            for each in due:
                post(world, each)
            world.at(world.clock.now() + SETTLED)
            await world.read_all(consumer)
            await settle(world)


def post(world: World, each: Posted) -> None:
    """Write one event to its topic."""
    world.say(each.topic, each.news.event, key=each.key, identity=each.news.id)


async def settle(world: World) -> None:
    """Until the monitor has nothing more to do at this moment."""
    for _ in range(ROUNDS):
        if not await world.catch_up() and not await world.fire():
            return
    raise AssertionError("the monitor finds ever more to do at one moment")


async def timers(world: World) -> list[dict[str, Any]]:
    """Every promise as the store has it."""
    return await world.query("SELECT * FROM timers")
