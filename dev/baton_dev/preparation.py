"""What must stand before a service may start: a database with a role each, migrations, topics."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from baton_dev.databases import create_database, database_exists, with_database
from baton_dev.launch import run_once
from baton_dev.services import INTAKE, SERVICES, Service, Surroundings, settings


def prepare_database(server_dsn: str, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make the database and one role a service with a store, unless they exist; return each service's DSN.

    A role may create its schema in the database and do nothing outside it.
    """
    if not database_exists(server_dsn, database):
        create_database(server_dsn, database)
    owner_dsn = with_database(server_dsn, database)
    addresses = {}
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
        for service, password in passwords.items():
            role = f"{database}_{service}"
            _make_role(connection, role, password, database)
            addresses[service] = _with_user(owner_dsn, role, password)
    return addresses


def _make_role(connection: psycopg.Connection, role: str, password: str, database: str) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    verb = sql.SQL("alter" if known else "create")
    name = sql.Identifier(role)
    connection.execute(sql.SQL("{} role {} login password {}").format(verb, name, sql.Literal(password)))
    grant = sql.SQL("grant connect, create, temporary on database {} to {}")
    connection.execute(grant.format(sql.Identifier(database), name))


def _with_user(dsn: str, user: str, password: str) -> str:
    parts = urlsplit(dsn)
    address = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{address}").geturl()


def migrate_and_create_topics(around: Surroundings) -> None:
    """Bring every store to its newest form and create the topics that are missing, side by side."""

    def migrate(service: Service) -> None:
        env = settings(service, around, port=0, instance=f"{service.name}-migrate")
        log = around.home / "logs" / f"{service.name}-migrate.log"
        command = [sys.executable, "-m", service.name, "migrate"]
        run_once(command, what=f"Migrating the store of {service.name}", log=log, env=env)

    def topics() -> None:
        env = settings(INTAKE, around, port=0, instance="intake") | dict(around.own.get("topics", {}))
        log = around.home / "logs" / "topics.log"
        run_once(
            [sys.executable, "-m", "service_kit", "topics"], what="Creating the topics", log=log, env=env
        )

    with ThreadPoolExecutor() as pool:
        work = [pool.submit(migrate, service) for service in SERVICES if service.has_store]
        work.append(pool.submit(topics))
        for done in work:
            done.result()
