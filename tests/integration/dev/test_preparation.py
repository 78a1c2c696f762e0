"""Each store has a role that can do everything in its own schema and nothing in another's."""

import psycopg
import pytest
from psycopg import errors

from baton_dev.databases import drop_database
from baton_dev.preparation import prepare_database
from baton_dev.testing import Servers

_PASSWORDS = {"scoring": "one", "router": "two"}


def test_roles_make_their_schema_and_cannot_read_anothers(stack: Servers, topic_prefix: str) -> None:
    database = f"prepared_{topic_prefix.rstrip('.')}"
    dsn = prepare_database(stack.postgres_dsn, database, _PASSWORDS)
    try:
        assert prepare_database(stack.postgres_dsn, database, _PASSWORDS) == dsn
        with psycopg.connect(dsn["scoring"]) as scoring:
            scoring.execute("create schema scoring")
            scoring.execute("create table scoring.leads (id int)")
        with psycopg.connect(dsn["router"]) as router, pytest.raises(errors.InsufficientPrivilege):
            router.execute("select * from scoring.leads")
    finally:
        drop_database(stack.postgres_dsn, database)
        with psycopg.connect(stack.postgres_dsn, autocommit=True) as server:
            for service in _PASSWORDS:
                server.execute(f"drop role {database}_{service}")
