"""`python -m <service> [serve|migrate]`: the same for every service with a store."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from service_kit.settings import ServiceSettings

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

    Returns the exit code: 0, or 2 for wrong usage or settings, said on stderr.
    """
    command = arguments[0] if arguments else "serve"
    if len(arguments) > 1 or command not in ("serve", "migrate"):
        sys.stderr.write(f"usage: python -m {module} [serve|migrate]\n")
        return 2
    chosen = settings()
    try:
        dsn = chosen.require_dsn()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if command == "serve":
        serve(chosen)
        return 0
    # imported only here: a process that serves keeps a second PostgreSQL driver out of its memory
    from service_kit.migrate import migrate

    for name in migrate(dsn, schema=chosen.store_schema, packages=packages):
        sys.stdout.write(f"{name}\n")
    return 0
