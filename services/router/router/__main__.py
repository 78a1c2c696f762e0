"""`python -m router [serve|migrate]`."""

import sys
from functools import partial

from router.main import PACKAGES, run
from router.settings import RouterSettings
from service_kit import command

main = partial(command.main, module="router", settings=RouterSettings, serve=run, packages=PACKAGES)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
