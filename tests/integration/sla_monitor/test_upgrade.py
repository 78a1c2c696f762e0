"""Promises of a store from before there were five kinds go on as they were."""

from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from sla_monitor import rows
from sla_monitor.domain.timers import TimerState
from tests.integration.sla_monitor.worlds import MONDAY_9

DUE = MONDAY_9 + timedelta(minutes=15)
_INSERT = """
INSERT INTO timers VALUES (
    gen_random_uuid(), gen_random_uuid(), 'accept', 1, 'rep-marta', 'iberia', 'main', 'perfect', 1,
    gen_random_uuid(), 1, false, gen_random_uuid(), %s, 900000000, '{0.5,0.8}', %s, '{NULL,NULL}', 2, NULL,
    %s, NULL, NULL, NULL, NULL, %s
)
"""


@pytest.fixture
def before(stack: Servers) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A store as the migrations up to the fourth leave it."""
    name = f"sla_upgrade_{uuid4().hex[:12]}"
    with psycopg.connect(create_database(stack.postgres_dsn, name), row_factory=dict_row) as connection:
        for number in range(1, 5):
            _apply(connection, number)
        connection.commit()
        yield connection
    drop_database(stack.postgres_dsn, name)


def _apply(connection: psycopg.Connection[dict[str, Any]], number: int) -> None:
    folder = files("sla_monitor") / "migrations"
    (script,) = (each for each in folder.iterdir() if each.name.startswith(f"{number:04}."))
    connection.execute(script.read_text("utf-8").encode())


def test_what_was_said_before_the_upgrade_stays_said(before: psycopg.Connection[dict[str, Any]]) -> None:
    for state, fired in (("pending", False), ("breached", True), ("withdrawn", True), ("kept", False)):
        before.execute(_INSERT, (MONDAY_9, DUE, state, fired))
    before.commit()
    _apply(before, 5)
    _apply(before, 6)
    found = {row["state"]: rows.timer_from(row) for row in before.execute("SELECT * FROM timers")}
    told = {state: (each.breaches, each.withdrawals, each.next_level) for state, each in found.items()}
    assert told == {"pending": (0, 0, 2), "breached": (1, 0, 3), "withdrawn": (1, 1, 2), "kept": (0, 0, 2)}
    broken = found[TimerState.BREACHED]
    assert (broken.said_due_at, broken.next_at, broken.revision) == (DUE, None, 1)
    assert (broken.agreement, broken.is_trial, broken.pauses) == ("agreement", False, ())
    assert found[TimerState.PENDING].next_at == DUE
