"""`python -m scoring [serve|migrate]`."""

import sys

from scoring.main import PACKAGES, run
from scoring.settings import ScoringSettings


def main(arguments: list[str]) -> int:
    """Exit code 0, or 2 for wrong usage."""
    command = arguments[0] if arguments else "serve"
    if len(arguments) > 1 or command not in ("serve", "migrate"):
        sys.stderr.write("usage: python -m scoring [serve|migrate]\n")
        return 2
    settings = ScoringSettings()
    try:
        dsn = settings.require_dsn()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if command == "migrate":
        # imported only here: a process that serves keeps a second PostgreSQL driver out of its memory
        from service_kit.migrate import migrate

        for name in migrate(dsn, schema=settings.store_schema, packages=PACKAGES):
            sys.stdout.write(f"{name}\n")
    else:
        run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
