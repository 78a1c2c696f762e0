"""Migrations at deploy time: plain SQL files, each service in its own schema, one at a time behind a lock."""

import hashlib
import re
import warnings
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg

from service_kit.postgres_entry import StoreClosed, fault

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_FILE = re.compile(r"\d{4}\.[a-z0-9-]+(\.[a-z0-9-]+)?")


class MigrationsInvalid(ValueError):
    """A migration cannot be used: rename or move the file named."""


def migrate(dsn: str, *, schema: str, packages: Sequence[str]) -> list[str]:
    """Bring a schema up to date. Returns the names of the migrations applied, in order.

    Creates the schema when it is missing and the role may. `packages` are searched for `migrations/*.sql` in
    the order given, `service_kit` always first. Any number of processes may call this at once: they go one
    after the other. Blocking; a service never calls it while it serves. Raises MigrationsInvalid, StoreClosed
    where nothing lets us in, and what the database raises.
    """
    if not _SCHEMA.fullmatch(schema):
        raise MigrationsInvalid(
            f"{schema!r} is no schema name: use lower-case letters, digits and underscores"
        )
    folders = [_folder(name) for name in dict.fromkeys(["service_kit", *packages])]
    _check_names(folders)
    with _connected(dsn) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_lock_id(schema),))
        if conn.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() == (None,):
            conn.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'.encode())
        return _apply(dsn, schema, folders)


def _connected(dsn: str) -> "psycopg.Connection[tuple[Any, ...]]":
    try:
        return psycopg.connect(_plain(dsn), autocommit=True)
    except psycopg.OperationalError as error:
        raise StoreClosed(fault(error)) from error


def _apply(dsn: str, schema: str, folders: Sequence[Path]) -> list[str]:
    # yoyo takes 50 ms to import and is needed nowhere else
    from yoyo import get_backend, read_migrations

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # yoyo asks for nested transactions in its own bookkeeping
        backend = get_backend(_for_yoyo(dsn, schema))
        try:
            applied: list[str] = []
            for folder in folders:
                # yoyo would run a Python file too, an __init__.py included
                found = read_migrations(str(folder)).filter(lambda each: each.path.endswith(".sql"))
                pending = backend.to_apply(found)
                backend.apply_migrations(pending)
                applied += [migration.id for migration in pending]
        finally:
            backend.connection.close()
    return applied


def _folder(package: str) -> Path:
    folder = Path(str(resources.files(package))) / "migrations"
    if not folder.is_dir():
        raise MigrationsInvalid(f"{package} has no folder migrations/: add one, or leave the package out")
    return folder


def _check_names(folders: Sequence[Path]) -> None:
    """yoyo knows a migration by its file name alone, so names are unique over all packages."""
    seen: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.sql"))):
        if path.name.endswith(".rollback.sql"):
            continue
        if not _FILE.fullmatch(path.stem):
            raise MigrationsInvalid(f"{path}: name it NNNN.package.what.sql, as in 0001.scoring.leads.sql")
        if path.stem in seen:
            raise MigrationsInvalid(
                f"{path} and {seen[path.stem]} have one name; put the package's name in it"
            )
        seen[path.stem] = path


def _lock_id(schema: str) -> int:
    digest = hashlib.sha256(f"baton migrate {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _plain(dsn: str) -> str:
    scheme, separator, rest = dsn.partition("://")
    if not separator or scheme not in ("postgresql", "postgres"):
        raise MigrationsInvalid("the DSN must read postgresql://role:password@host:port/database")
    return f"postgresql://{rest}"


def _for_yoyo(dsn: str, schema: str) -> str:
    parts = urlsplit(_plain(dsn))
    query = dict(parse_qsl(parts.query)) | {"schema": schema}
    return urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, urlencode(query), ""))
