"""Guarded servers, one of each a session: Kafka with four kinds of listeners, PostgreSQL with TLS alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psutil
import psycopg
import pytest

from baton_dev.kafka import KafkaServer
from baton_dev.postgres import PostgresServer
from tests.integration.security.servers import (
    PASSWORD,
    Papers,
    guarded_kafka,
    guarded_postgres,
    papers,
)


@dataclass(frozen=True)
class Guarded:
    """A running broker, the addresses of its listeners by name, and the certificates."""

    server: KafkaServer
    at: dict[str, str]
    papers: Papers


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """The certificates of the session."""
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="session")
def kafka(made: Papers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The broker."""
    server, at = guarded_kafka(tmp_path_factory.mktemp("kafka"), made)
    server.start()
    yield Guarded(server, at, made)
    server.stop()


@pytest.fixture(scope="session")
def postgres(made: Papers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The server, with roles `plain` and `certified`."""
    server = guarded_postgres(tmp_path_factory.mktemp("postgres"), made)
    server.start()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for role in ("plain", "certified"):
            connection.execute(f"create role {role} login password '{PASSWORD}'".encode())
            connection.execute(f"grant create on database postgres to {role}".encode())
    yield server
    server.stop()


@pytest.fixture(autouse=True)
async def hung_up() -> AsyncIterator[None]:
    """Keeps a test's loop until both sides have ended what it opened: a server that refuses us says so, and
    only later closes its side of TLS; asyncio then waits for it in the background.
    """
    before = _open_connections()
    yield
    async with asyncio.timeout(40):  # asyncio itself cuts them after 30
        while _open_connections() - before:  # noqa: ASYNC110 - asyncio has no event for it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)  # what the loop has still to read of them


def _open_connections() -> set[tuple[object, object]]:
    """Each by both its ends; a socket that listens has one."""
    every = psutil.Process().net_connections("tcp")
    return {(each.laddr, each.raddr) for each in every if each.status != psutil.CONN_LISTEN}
