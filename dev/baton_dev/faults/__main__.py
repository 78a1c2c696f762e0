"""`make faults`: plant faults of operations in a run on this machine, and see what is said of them."""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from baton_dev.errors import StackError
from baton_dev.faults.draws import REMEMBERED, draw
from baton_dev.faults.drill import Told, drill
from baton_dev.faults.fault import Fault
from baton_dev.faults.practice import practise
from baton_dev.faults.site import Site
from baton_dev.faults.table import FAULTS
from baton_dev.observability.pace import Pace

SPEED = 20.0


def main(argv: Sequence[str] | None = None) -> int:
    """0 if each fault was told as it has to be, 1 if one was not, 2 where nothing could be planted."""
    options = _options(argv)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it otherwise
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    for name in [name for name in os.environ if name.startswith("BATON_SMTP_")]:
        del os.environ[name]  # nothing of a drill goes to anybody's mailbox
    try:
        with _home(options.home) as home, Site(home, Pace(options.speed), say=_say).running() as site:
            if options.stay or options.random:
                practise(site, _chosen(options)[0], _say)
                return 0
            return _check(site, _chosen(options))
    except KeyboardInterrupt:
        return 0 if options.stay or options.random else 1
    except StackError as error:
        _say(str(error))
        return 2


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m baton_dev.faults",
        description=__doc__,
        epilog="Faults: " + "; ".join(f"{each.name}: {each.happens}" for each in FAULTS) + ".",
    )
    names = [fault.name for fault in FAULTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help="which faults (default: all, in this order)")
    parser.add_argument(
        "--stay", action="store_true", help="plant one and leave it until Ctrl-C, for somebody to find"
    )
    parser.add_argument(
        "--random", action="store_true", help="the same with one that is not named, none of the last five"
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=SPEED,
        help=f"how fast the rules' minutes pass (default: {SPEED:g}; 1: as they are)",
    )
    parser.add_argument("--home", type=Path, help="a new folder for all data (default: one that is deleted)")
    options = parser.parse_args(argv)
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"there is no fault {', '.join(unknown)}; write one of {', '.join(names)}")
    if options.random and (options.names or options.stay):
        parser.error("--random chooses one itself: write it without --stay and without a name")
    if options.stay and len(options.names) != 1:
        parser.error("--stay plants one fault: name it, or let chance name it by --random")
    if options.speed < 1:
        parser.error("--speed: write 1 for the rules as they are, or more to shorten them")
    return options


def _chosen(options: argparse.Namespace) -> list[Fault]:
    if options.random:
        return [draw(FAULTS, REMEMBERED, random.SystemRandom().choice)]
    return [fault for fault in FAULTS if not options.names or fault.name in options.names]


@contextlib.contextmanager
def _home(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        if chosen.exists() and any(chosen.iterdir()):
            raise StackError(
                f"{chosen} is not empty: a drill begins anew, so name a folder that is not there."
            )
        yield chosen
        return
    made = Path(tempfile.mkdtemp(prefix="baton-faults-"))
    made.chmod(0o755)  # PostgreSQL's user passes through
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _check(site: Site, faults: Sequence[Fault]) -> int:
    began = time.monotonic()
    told = []
    for each in drill(site, faults, lambda name: _say(f"{name} ...")):
        told.append(each)
        _say(_line(each))
    failed = [each for each in told if each.troubles]
    _say(f"{len(told) - len(failed)} of {len(faults)} as they have to be, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _line(told: Told) -> str:
    how = "; ".join(told.troubles) or f"{told.fault.severity}, and nobody was woken for anything else"
    behind = f"; silent behind it: {', '.join(sorted(told.seen.suppressed))}" if told.seen.suppressed else ""
    mark = "✗" if told.troubles else "✓"
    when = f"after {told.raised:.0f} s, over {told.over:.0f} s after it"
    return f"  {mark} {told.fault.alert} {when}: {how}{behind}"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
