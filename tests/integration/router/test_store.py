"""What the database itself makes impossible, whatever the code does."""

from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from router.records import Ledger
from service_kit.errors import Transient
from service_kit.unit import Unit
from tests.integration.router.worlds import TUESDAY_10, World, lead_id

SECOND_ROUND = """
INSERT INTO assignments (id, lead_id, rep_id, round, assigned_at, rulebook_version, why)
VALUES ($1, $2, $3, $4, $5, 1, 'test')
"""


LATER = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


async def test_a_lead_has_at_most_one_open_round(routing: World) -> None:
    await routing.take("ada")
    with pytest.raises(asyncpg.UniqueViolationError, match="one_open_assignment_a_lead"):
        async with routing.runtime.database.transaction() as conn:
            await conn.execute(SECOND_ROUND, uuid4(), lead_id("ada"), "bea", 2, TUESDAY_10)


async def test_a_round_is_given_once(routing: World) -> None:
    await routing.take("ada")
    await routing.end("ada")
    with pytest.raises(asyncpg.UniqueViolationError, match="one_assignment_a_round"):
        async with routing.runtime.database.transaction() as conn:
            await conn.execute(SECOND_ROUND, uuid4(), lead_id("ada"), "bea", 1, TUESDAY_10)


async def test_a_load_beyond_capacity_is_not_written_and_the_batch_decides_again(routing: World) -> None:
    with pytest.raises(Transient, match="no room left for ana"):
        async with routing.runtime.database.transaction() as conn:
            await Ledger().write_load(conn, Counter({"ana": 3, "bea": 1}), Counter(), LATER)
    assert await routing.loads() == {"ana": 0, "bea": 0, "carla": 0}


async def test_a_freed_rep_takes_the_next_lead_in_the_same_transaction(routing: World) -> None:
    await routing.take("a", "b", "c", "d")

    async def swap(unit: Unit) -> None:
        await Ledger().write_load(unit.conn, Counter({"ana": 1}), Counter({"ana": 1}), unit.now)

    await routing.runtime.in_transaction(swap)
    assert (await routing.loads())["ana"] == 2


async def test_load_never_falls_below_nothing(routing: World) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="rep_load_is_not_negative"):
        async with routing.runtime.database.transaction() as conn:
            await Ledger().write_load(conn, Counter(), Counter({"ana": 1}), LATER)
