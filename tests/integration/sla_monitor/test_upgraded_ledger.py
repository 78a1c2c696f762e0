"""A monitor that was installed before the ledger goes on, and its leads are in the months they were of."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from baton_dev.testing import Servers
from lead_events.words import Quadrant
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.postgres import Database
from sla_monitor.ledger.noting import fill_ledger
from sla_monitor.main import PACKAGES
from tests.integration.sla_monitor.ledgers import month
from tests.integration.sla_monitor.worlds import MONDAY_9, World
from tests.integration.upgrades import upgraded_store

LAST = "0006"
WORKED, WAITING, CURIOUS = UUID(int=1), UUID(int=2), UUID(int=3)
CALENDAR = UUID(int=9)
ROWS = f"""
SET search_path TO sla_monitor;
INSERT INTO calendars VALUES ('{CALENDAR}', '{{"tz": "UTC", "week": {{
    "mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]]}}}}');
INSERT INTO leads (id, line, source, quadrant, state, scored_seq, origin_seq, origin_is_sql, received_at,
    durable_at, scored_at, sql_at, router_facts, router_seq)
SELECT id, 'main', 'website', 'warm', state, 2, seq, is_sql, at, at, at, sql_at, 0, 0
FROM (VALUES
    ('{WORKED}'::uuid, 'assigned', 1, true, '2026-03-02 08:00Z'::timestamptz,
        '2026-03-02 08:00Z'::timestamptz),
    ('{WAITING}', 'held', 1, true, '2026-03-02 08:30Z', '2026-03-02 08:30Z'),
    ('{CURIOUS}', 'nurturing', 1, false, '2026-03-02 08:45Z', NULL)
) AS told (id, state, seq, is_sql, at, sql_at);
INSERT INTO facts (id, lead_id, producer, seq, kind, at, round, rep_id, line, team, quadrant,
    rulebook_version, calendar_id, availability_revision, is_test)
VALUES ('{UUID(int=11)}', '{WORKED}', 'baton/router', 1, 'assigned', '2026-03-02 08:01Z', 1, 'rep-marta',
    'main', 'iberia', 'perfect', 1, '{CALENDAR}', 1, false);
INSERT INTO facts (id, lead_id, producer, seq, kind, at, round, rep_id, is_test) VALUES
    ('{UUID(int=12)}', '{WORKED}', 'baton/router', 2, 'contacted', '2026-03-02 08:11Z', 1, 'rep-marta',
        false);
"""


@pytest.fixture
def upgraded(stack: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that an older monitor filled, migrated since."""
    rows = ROWS.encode()
    with upgraded_store(stack, tmp_path, monkeypatch, packages=PACKAGES, last=LAST, rows=rows) as dsn:
        yield dsn


@pytest.fixture
async def later(upgraded: str) -> AsyncIterator[World]:
    """Today's monitor over it."""
    clock = ManualClock(MONDAY_9)
    database = await Database.connect(
        upgraded, schema="sla_monitor", application_name="test", clock=ManualTransactionClock(clock)
    )
    yield await World.open(database, clock)
    await database.close()


async def test_leads_from_before_are_in_the_months_they_were_of(later: World) -> None:
    promises = {"perfect": {"outcome_within": "1d"}, "warm": {"outcome_within": "1d"}}
    later.publish_rulebook(promises=promises)
    async with later.reading() as consumer:
        await later.read_all(consumer)
    fill = partial(fill_ledger, memory=later.memory, limit=2)
    assert [await later.runtime.in_transaction(fill) for _ in range(3)] == [2, 1, 0]
    leads = {lead.id: lead for lead in (await month(later)).leads}
    worked, waiting, curious = leads[WORKED], leads[WAITING], leads[CURIOUS]
    hour = timedelta(hours=1)
    assert (worked.delivered_at, worked.quadrant) == (MONDAY_9 - hour, Quadrant.PERFECT)
    assert (worked.handed_at, worked.rep_id) == (MONDAY_9 - timedelta(minutes=59), "rep-marta")
    assert worked.worked_at == MONDAY_9 - timedelta(minutes=49)
    assert worked.work_due_at == MONDAY_9 + timedelta(hours=23, minutes=1)
    assert (waiting.position_of_day, waiting.quadrant) == (2, Quadrant.WARM)
    assert waiting.work_due_at == MONDAY_9 + timedelta(hours=23, minutes=30)
    assert (curious.delivered_at, curious.first_source) == (None, "website")
    assert curious.received_at == MONDAY_9 - timedelta(minutes=15)
