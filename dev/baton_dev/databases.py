"""Databases of a server, made and dropped whole."""

from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def create_database(server_dsn: str, name: str) -> str:
    """Create an empty UTF-8 database and return its DSN; `server_dsn` must be allowed to create one."""
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    return with_database(server_dsn, name)


def drop_database(server_dsn: str, name: str) -> None:
    """Drop a database, ending whatever connections it still has; one that is absent is no error."""
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def database_exists(server_dsn: str, name: str) -> bool:
    """Tell whether the server has a database of that name."""
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        return (
            connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is not None
        )


def with_database(server_dsn: str, name: str) -> str:
    """Return the same address with another database."""
    return urlsplit(server_dsn)._replace(path=f"/{name}").geturl()
