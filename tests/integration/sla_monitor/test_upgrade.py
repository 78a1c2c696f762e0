"""Promises of a store from before there were five kinds go on as they were."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from baton_dev.testing import Servers
from sla_monitor import rows
from sla_monitor.domain.timers import TimerState
from sla_monitor.main import PACKAGES
from tests.integration.sla_monitor.worlds import MONDAY_9
from tests.integration.upgrades import upgraded_store

DUE = MONDAY_9 + timedelta(minutes=15)
ROWS = f"""
SET search_path TO sla_monitor;
INSERT INTO timers
SELECT
    gen_random_uuid(), gen_random_uuid(), 'accept', 1, 'rep-marta', 'iberia', 'main', 'perfect', 1,
    gen_random_uuid(), 1, false, gen_random_uuid(), '{MONDAY_9}', 900000000, '{{0.5,0.8}}', '{DUE}',
    '{{NULL,NULL}}', 2, NULL, state, NULL, NULL, NULL, NULL, fired
FROM (VALUES ('pending', false), ('breached', true), ('withdrawn', true), ('kept', false))
    AS told (state, fired);
"""


def test_what_was_said_before_the_upgrade_stays_said(
    stack: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        upgraded_store(
            stack, tmp_path, monkeypatch, packages=PACKAGES, last="0004", rows=ROWS.encode()
        ) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as later,
    ):
        stored = later.execute("SELECT * FROM sla_monitor.timers").fetchall()
    found = {row["state"]: rows.timer_from(row) for row in stored}
    told = {state: (each.breaches, each.withdrawals, each.next_level) for state, each in found.items()}
    assert told == {"pending": (0, 0, 2), "breached": (1, 0, 3), "withdrawn": (1, 1, 2), "kept": (0, 0, 2)}
    broken = found[TimerState.BREACHED]
    assert (broken.said_due_at, broken.next_at, broken.revision) == (DUE, None, 1)
    assert (broken.agreement, broken.is_trial, broken.pauses) == ("agreement", False, ())
    assert found[TimerState.PENDING].next_at == DUE
