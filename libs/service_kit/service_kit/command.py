"""`python -m <service> [serve|migrate]`: the same for every service with a store."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from service_kit.postgres_entry import StoreClosed
from service_kit.settings import ServiceSettings, SettingsRefused, read_settings

S = TypeVar("S", bound=ServiceSettings)


def main(
    arguments: Sequence[str],
    *,
    module: str,
    settings: Callable[[], S],
    serve: Callable[[S], None],
    packages: Sequence[str],
) -> int:
    """Serve until SIGTERM, or bring the store up to date with the migrations of `packages`.

    Returns the exit code: 0, 1 where the store lets nobody in, 2 for wrong usage or settings, said on stderr.
    """
    command = arguments[0] if arguments else "serve"
    if len(arguments) > 1 or command not in ("serve", "migrate"):
        sys.stderr.write(f"usage: python -m {module} [serve|migrate]\n")
        return 2
    try:
        chosen = read_settings(settings)
        dsn = chosen.require_dsn()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if command == "serve":
        try:
            serve(chosen)
        except SettingsRefused as error:
            sys.stderr.write(f"{error}\n")
            return 2
        return 0
    return _migrate(dsn, chosen.store_schema, packages)


def _migrate(dsn: str, schema: str, packages: Sequence[str]) -> int:
    # imported only here: a process that serves keeps a second PostgreSQL driver out of its memory
    from service_kit.migrate import migrate

    try:
        applied = migrate(dsn, schema=schema, packages=packages)
    except StoreClosed as error:
        sys.stderr.write(f"the store cannot be migrated: {error}\n")
        return 1
    for name in applied:
        sys.stdout.write(f"{name}\n")
    return 0
