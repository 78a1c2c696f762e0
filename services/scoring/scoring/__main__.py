"""`python -m scoring [serve|migrate]`."""

import sys
from functools import partial

from scoring.main import PACKAGES, run
from scoring.settings import ScoringSettings
from service_kit import command

main = partial(command.main, module="scoring", settings=ScoringSettings, serve=run, packages=PACKAGES)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
