"""Faults planted in PostgreSQL, and whoever takes them back before the drill does."""

import psycopg

from baton_dev.faults.stores import left_open


def test_a_transaction_left_open_may_be_ended_by_whoever_finds_it(database_dsn: str) -> None:
    with (
        left_open(database_dsn, "CREATE TABLE x (y int)"),
        psycopg.connect(database_dsn, autocommit=True) as finder,
    ):
        ended = finder.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert ended.fetchall() == [(True,)]
