"""`python -m router [serve|migrate]`."""

import sys

from router.main import PACKAGES, run
from router.settings import RouterSettings
from service_kit.migrate import migrate


def main(arguments: list[str]) -> int:
    """Exit code 0, or 2 for wrong usage."""
    command = arguments[0] if arguments else "serve"
    if len(arguments) > 1 or command not in ("serve", "migrate"):
        sys.stderr.write("usage: python -m router [serve|migrate]\n")
        return 2
    settings = RouterSettings()
    try:
        dsn = settings.require_dsn()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if command == "migrate":
        for name in migrate(dsn, schema=settings.store_schema, packages=PACKAGES):
            sys.stdout.write(f"{name}\n")
    else:
        run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
