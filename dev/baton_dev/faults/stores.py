"""Faults of PostgreSQL: a transaction that somebody left open, and a server that is away."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from baton_dev.databases import with_database
from baton_dev.faults.site import Site
from baton_dev.stack import DATABASE

_INDEX = "CREATE INDEX by_form_of_last_week ON scoring.submissions (form_id, received_at)"


@contextmanager
def index_left_open(site: Site) -> Iterator[None]:
    """Somebody makes an index in a transaction and leaves it open: until it ends nothing can be written."""
    with left_open(with_database(site.stack.postgres.dsn, DATABASE), _INDEX):
        yield


@contextmanager
def left_open(address: str, statement: str) -> Iterator[None]:
    """A transaction with one statement that stays open, unless whoever looks for it ends its session."""
    with psycopg.connect(address, application_name="psql") as connection:
        connection.execute(statement)
        try:
            yield
        finally:
            with contextlib.suppress(psycopg.OperationalError):
                connection.rollback()


@contextmanager
def postgres_away(site: Site) -> Iterator[None]:
    """PostgreSQL is stopped by its pid, and started again."""
    site.stack.postgres.stop()
    try:
        yield
    finally:
        site.stack.postgres.start()
