"""Base backups and archived WAL of an embedded PostgreSQL, by PostgreSQL's own programs."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from baton_dev.postgres import PostgresServer, bin_dir

RECOVERED_SECONDS = 90.0


class Backups:
    """What docs/operations/backup.md has an operator do, for one server."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._server = server
        self._archive, self._base = folder / "wal", folder / "base"
        self._archive.mkdir(parents=True)

    def archive(self) -> None:
        """Have the server keep each segment of its WAL in the archive; it is started again for that."""
        _give(self._archive, self._server.data_dir / "cluster")
        copy = f"test ! -f {self._archive}/%f && cp %p {self._archive}/%f"
        with psycopg.connect(self._server.dsn, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET archive_mode = 'on'")
            connection.execute(f"ALTER SYSTEM SET archive_command = '{copy}'".encode())
        self._server.stop()
        self._server.start()

    def take_base(self) -> None:
        """Take a base backup of the running server."""
        address = urlsplit(self._server.dsn)
        env = os.environ | {"PGPASSWORD": address.password or ""}
        where = ["-h", "127.0.0.1", "-p", str(address.port), "-U", address.username or ""]
        _run("pg_basebackup", *where, "-D", str(self._base), "-c", "fast", "-X", "none", env=env)

    def moment(self) -> str:
        """The database's time, of which everything committed before is archived when this returns."""
        with psycopg.connect(self._server.dsn, autocommit=True) as connection:
            moment = _value(connection, "SELECT clock_timestamp()::text")
            _value(connection, "SELECT pg_logical_emit_message(true, 'moment', '')::text")
            segment = _value(connection, "SELECT pg_walfile_name(pg_switch_wal())")
            until = time.monotonic() + RECOVERED_SECONDS
            while not (self._archive / segment).exists():
                assert time.monotonic() < until, f"segment {segment} was not archived"
                time.sleep(0.05)
        return moment

    def restore(self, moment: str) -> None:
        """Put the base backup in the place of a killed server's data and recover it up to a moment."""
        cluster = self._server.data_dir / "cluster"
        lost = cluster.with_name("cluster.lost")
        shutil.rmtree(lost, ignore_errors=True)  # of the restore before
        cluster.rename(lost)
        shutil.copytree(self._base, cluster)
        cluster.chmod(0o700)
        with (cluster / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self._archive}/%f %p'\n")
            settings.write(f"recovery_target_time = '{moment}'\n")
            settings.write("recovery_target_action = 'promote'\n")
        (cluster / "recovery.signal").touch()
        _give(cluster, lost)
        self._server.start()
        self._await_promotion()

    def _await_promotion(self) -> None:
        until = time.monotonic() + RECOVERED_SECONDS
        with psycopg.connect(self._server.dsn, autocommit=True) as connection:
            while _value(connection, "SELECT pg_is_in_recovery()::text") == "true":
                assert time.monotonic() < until, self._server.log_path.read_text()[-2000:]
                time.sleep(0.05)


def _value(connection: psycopg.Connection, query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    return str(row[0]) if row is not None else ""


def _give(folder: Path, like: Path) -> None:
    """To whom the server runs as."""
    owner = like.stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


def _run(program: str, *arguments: str, env: dict[str, str]) -> None:
    done = subprocess.run([str(bin_dir() / program), *arguments], env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{program}: {done.stderr}"
