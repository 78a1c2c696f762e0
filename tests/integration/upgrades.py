"""Stores that an older release of a service filled, migrated since."""

import importlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from service_kit.migrate import migrate


@contextmanager
def upgraded_store(
    stack: Servers,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    packages: Sequence[str],
    last: str,
    rows: bytes,
) -> Iterator[str]:
    """A database with the `rows` that stood there when `last` was the newest migration of the service, which
    is the last of `packages`; migrated since. Its address."""
    service = packages[-1]
    name = f"{service}_{uuid4().hex[:12]}"
    dsn = create_database(stack.postgres_dsn, name)
    monkeypatch.syspath_prepend(str(folder))
    migrate(dsn, schema=service, packages=["rulebook", _older(service, last, folder)])
    with psycopg.connect(dsn) as conn:
        conn.execute(rows)
    migrate(dsn, schema=service, packages=packages)
    try:
        yield dsn
    finally:
        drop_database(stack.postgres_dsn, name)


def _older(service: str, last: str, folder: Path) -> str:
    """A package that has the migrations up to `last`; returns its name."""
    package = folder / f"{service}_of_{last}"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    for path in sorted(Path(str(resources.files(service))).glob("migrations/*.sql")):
        if path.name[: len(last)] <= last:
            shutil.copy(path, package / "migrations")
    importlib.invalidate_caches()
    return package.name
