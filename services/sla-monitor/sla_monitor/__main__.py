"""`python -m sla_monitor [serve|migrate]`."""

import sys
from functools import partial

from service_kit import command
from sla_monitor.main import PACKAGES, run
from sla_monitor.settings import Settings

main = partial(command.main, module="sla_monitor", settings=Settings, serve=run, packages=PACKAGES)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
