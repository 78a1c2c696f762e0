"""A router that was installed before the roster, strategies and lives of leads were what they are goes on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from baton_dev.testing import Servers
from router.main import PACKAGES
from service_kit.clock import ManualClock
from tests.integration.router.worlds import TUESDAY_10, World, lead_id, router_over
from tests.integration.upgrades import upgraded_store

ROWS = Path(__file__).with_name("rows_of_0009.sql")
LAST = "0009"
HALF_AN_HOUR_ON = 36 * 60
"""Seconds from the morning's begin to when the rows were written."""
OLD_TOKEN = "rep_pjuKwz5W46XSqeb_XRlFfgDy4ZfslovCqT00ygikFGk"
"""Ana's, of whom the rows hold the digest."""


@pytest.fixture
def upgraded(stack: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that an older router filled, migrated since."""
    rows = ROWS.read_bytes()
    with upgraded_store(stack, tmp_path, monkeypatch, packages=PACKAGES, last=LAST, rows=rows) as dsn:
        yield dsn


@pytest.fixture
async def later(upgraded: str) -> AsyncIterator[World]:
    """Today's router over it."""
    clock = ManualClock(TUESDAY_10)
    clock.advance(HALF_AN_HOUR_ON)
    async with router_over(World, upgraded, clock) as running:
        yield running


async def test_reps_go_on_with_what_they_had_and_what_waited_finds_one(later: World) -> None:
    later.tokens["ana"] = OLD_TOKEN
    assert {mine["lead_id"] for mine in await later.mine("ana")} == {
        str(lead_id(name)) for name in ("declined", "accepted")
    }
    assert await later.loads() == {"ana": 2, "bea": 2, "carla": 0}
    assert await later.drain() == 0
    done = await later.act("ana", "accepted", "contacted", {"channel": "phone", "result": "reached"})
    assert done.status_code == 200, done.text
    done = await later.act("ana", "accepted", "outcome", {"result": "lost", "reason": "no budget"})
    assert done.status_code == 200, done.text
    assert await later.drain() == 1
    assert later.holder("late") == "ana", "of equal rank the one that came first"
    assert await later.loads() == {"ana": 2, "bea": 2, "carla": 0}


async def test_what_was_decided_before_is_still_explained_and_nobody_is_told_again(later: World) -> None:
    for name in ("won", "late", "declined", "waits", "fair"):
        told = await later.operate("GET", f"/v1/leads/{lead_id(name)}/decisions")
        assert told.status_code == 200, told.text
        assert told.json()["decisions"], name
    async with later.runtime.database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM assignments WHERE told_at IS NULL") == 0
