"""`python -m sla_monitor [serve|migrate]`."""

import sys

from service_kit.app import serve
from service_kit.migrate import migrate
from sla_monitor.main import PACKAGES, app
from sla_monitor.settings import Settings


def main(arguments: list[str]) -> int:
    """Exit code 0; 2 for wrong usage or settings."""
    if arguments not in ([], ["serve"], ["migrate"]):
        sys.stderr.write("usage: python -m sla_monitor [serve|migrate]\n")
        return 2
    settings = Settings()
    try:
        dsn = settings.require_dsn()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if arguments == ["migrate"]:
        for name in migrate(dsn, schema=settings.store_schema, packages=PACKAGES):
            sys.stdout.write(f"{name}\n")
        return 0
    serve(app(settings), settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
