"""Months that were closed before charges were booked say who broke their promises all the same."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from baton_dev.testing import Servers
from sla_monitor.main import PACKAGES
from tests.integration.upgrades import upgraded_store

LAST = "0017"
BY_REP, BY_SYSTEM, FIRST_BY_REP, FIRST_BY_SYSTEM, KEPT, MENDED = (UUID(int=number) for number in range(1, 7))
ROWS = f"""
SET search_path TO sla_monitor;
INSERT INTO timers (id, lead_id, kind, round, rep_id, team, line, quadrant, rulebook_version, calendar_id,
    availability_revision, is_test, opened_by, opened_at, target_us, shares, due_at, warns_at, next_level,
    state, breaches)
SELECT id, gen_random_uuid(), 'accept', 1, 'rep-marta', 'iberia', 'main', 'perfect', 1, gen_random_uuid(),
    1, false, gen_random_uuid(), '2026-03-02 09:00Z', 900000000, '{{}}', '2026-03-02 09:15Z', '{{}}', 1,
    state, breaches
FROM (VALUES
    ('{BY_REP}'::uuid, 'breached', 1), ('{BY_SYSTEM}', 'breached', 1), ('{FIRST_BY_REP}', 'breached', 2),
    ('{FIRST_BY_SYSTEM}', 'breached', 2), ('{KEPT}', 'kept', 0), ('{MENDED}', 'withdrawn', 1)
) AS told (id, state, breaches);
INSERT INTO firings (timer_id, level, lead_id, outcome, at, fired_at, unread, late, event)
SELECT timer_id, level, gen_random_uuid(), 'said', '2026-03-02 09:15Z', '2026-03-02 09:15Z', false, false,
    jsonb_build_object('charged_to', charged_to)
FROM (VALUES
    ('{BY_REP}'::uuid, 'breach', 'rep'), ('{BY_SYSTEM}', 'breach', 'system'),
    ('{FIRST_BY_REP}', 'breach', 'sales_team'), ('{FIRST_BY_REP}', 'breach:2', 'nobody'),
    ('{FIRST_BY_SYSTEM}', 'breach', 'system'), ('{FIRST_BY_SYSTEM}', 'breach:2', 'rep'),
    ('{MENDED}', 'breach', 'marketing')
) AS told (timer_id, level, charged_to);
INSERT INTO bookings (booked_in, of, measure, subject, goal, amount) VALUES
    ('2026-03', '2026-03', 'broken', '{BY_REP}', 'accept', 1),
    ('2026-03', '2026-03', 'broken', '{BY_SYSTEM}', 'accept', 1),
    ('2026-03', '2026-03', 'broken', '{FIRST_BY_REP}', 'accept', 1),
    ('2026-03', '2026-03', 'broken', '{FIRST_BY_SYSTEM}', 'accept', 1),
    ('2026-03', '2026-03', 'kept', '{KEPT}', 'accept', 1),
    ('2026-03', '2026-03', 'broken', '{MENDED}', 'accept', 1),
    ('2026-04', '2026-03', 'broken', '{MENDED}', 'accept', -1);
"""


def test_breaches_that_are_booked_are_booked_by_whom_they_were_last_said_of(
    stack: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        upgraded_store(stack, tmp_path, monkeypatch, packages=PACKAGES, last=LAST, rows=ROWS.encode()) as dsn,
        psycopg.connect(dsn) as later,
    ):
        found = later.execute(
            "SELECT subject, booked_in, of, goal, amount FROM sla_monitor.bookings"
            " WHERE measure = 'broken_by_others' ORDER BY subject, booked_in"
        ).fetchall()
        of_sales = later.execute(
            "SELECT count(*) FROM sla_monitor.bookings WHERE measure <> 'broken_by_others'"
        ).fetchone()
    march = ("2026-03", "2026-03", "accept", Decimal(1))
    assert found == [
        (BY_SYSTEM, *march),
        (FIRST_BY_REP, *march),
        (MENDED, *march),
        (MENDED, "2026-04", "2026-03", "accept", Decimal(-1)),
    ]
    assert of_sales == (7,)
