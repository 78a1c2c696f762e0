"""The embedded PostgreSQL keeps what was committed and lets in only who knows the password."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from baton_dev.databases import create_database, database_exists, drop_database
from baton_dev.errors import PortTakenError, RootError
from baton_dev.postgres import PostgresServer


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path / "postgres", fsync=False)
    server.start()
    yield server
    server.stop()


def test_a_killed_server_comes_back_on_its_port_with_every_committed_row(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
    before = postgres.dsn
    postgres.kill()
    postgres.start()
    assert postgres.dsn == before
    with psycopg.connect(postgres.dsn) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)


def test_killing_ends_the_backends_too(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        family = psutil.Process(postgres.pid).children(recursive=True)
        assert len(family) > 1
        postgres.kill()
        assert not [member for member in family if member.is_running()]
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_a_wrong_password_is_refused(postgres: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn, password="guessed")


def test_only_this_machine_is_listened_to(postgres: PostgresServer) -> None:
    listening = [
        c for c in psutil.Process(postgres.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN
    ]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_the_server_never_runs_as_root_and_its_folder_is_closed_to_others(postgres: PostgresServer) -> None:
    assert psutil.Process(postgres.pid).uids().effective != 0
    assert (postgres.data_dir / "cluster").stat().st_mode & 0o777 == 0o700


def test_a_database_is_dropped_under_open_connections(postgres: PostgresServer) -> None:
    dsn = create_database(postgres.dsn, "short_lived")
    with psycopg.connect(dsn):
        drop_database(postgres.dsn, "short_lived")
    assert not database_exists(postgres.dsn, "short_lived")


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"PostgreSQL needs port {port} .*another process has it"):
            PostgresServer(tmp_path, port=port).start()


def test_root_without_setpriv_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PostgresServer(tmp_path / "postgres")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(RootError, match="Install util-linux, or run the same command as an ordinary user"):
        server.start()
