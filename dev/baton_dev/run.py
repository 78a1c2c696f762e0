"""`make run`: the whole of Baton on this machine, with sample leads on their way to reps."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from baton_dev.demo import for_a_visitor
from baton_dev.errors import PartFailedError, StackError
from baton_dev.stack import Stack
from baton_dev.visit import Visit
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.publication import parse, to_document


def main(argv: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C. Returns 0, or 1 after a plain message about what did not start or ended."""
    options = _options(argv)
    console = Console(width=None if sys.stdout.isatty() else 200)
    started = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it otherwise
    signal.signal(signal.SIGTERM, _as_interrupt)
    stack: Stack | None = None
    try:
        rulebook = _rulebook(options)
        stack = Stack(options.home, rulebook, say=lambda step: console.print(f"  [green]✓[/] {step}"))
        stack.start()
        _introduce(stack, console, as_written=options.as_written)
        if not options.no_samples:
            _show(stack, rulebook, options.seconds, console, started)
        else:
            _wait(stack, options.seconds)
    except KeyboardInterrupt:
        pass
    except StackError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    finally:
        if stack is not None:
            _stop(stack, console)
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m baton_dev.run", description=__doc__)
    parser.add_argument(
        "--home", type=Path, default=Path(".baton"), help="folder of all data (default: .baton)"
    )
    parser.add_argument(
        "--rulebook", type=Path, default=Path("rulebook"), help="folder of the company's YAML files"
    )
    parser.add_argument("--as-written", action="store_true", help="keep the rulebook's hours and minutes")
    parser.add_argument("--no-samples", action="store_true", help="only run the stack")
    parser.add_argument("--seconds", type=float, help="stop by itself after so many seconds")
    return parser.parse_args(argv)


def _rulebook(options: argparse.Namespace) -> dict[str, Any]:
    try:
        loaded = load_folder(options.rulebook)
    except RulebookInvalid as error:
        raise StackError(f"the rulebook in {options.rulebook} has errors:\n{error}") from error
    written = to_document(loaded)
    return written if options.as_written else to_document(parse(for_a_visitor(written)))


def _introduce(stack: Stack, console: Console, *, as_written: bool) -> None:
    at = stack.description
    console.print(f"\nintake {at['intake']}   scoring {at['scoring']}   router {at['router']}   ", end="")
    console.print(f"sla-monitor {at['sla_monitor']}\naddresses and demo credentials: {stack.home}/stack.json")
    console.print("One Kafka node on one disk survives kill -9 of any part, not a power cut.")
    if not as_written:
        console.print(
            "For the demo the agreement's minutes are seconds and offices never close, except those in "
            "Romania. `python -m baton_dev.run --as-written` keeps the rulebook as it is."
        )
    if stack.published and stack.published.is_new and stack.published.version > 1:
        console.print(
            f"The rulebook was edited: version {stack.published.version} takes effect in half a minute."
        )


def _show(
    stack: Stack, rulebook: dict[str, Any], seconds: float | None, console: Console, started: float
) -> None:
    visit = Visit(
        at=stack.description,
        forms=rulebook["forms"],
        lines=list(rulebook["lines"]),
        run=_count_runs(stack.home / "runs"),
        require_alive=stack.require_alive,
        started=started,
        console=console,
    )
    try:
        asyncio.run(visit.show(seconds))
    except ExceptionGroup as group:
        ended = group.subgroup(PartFailedError)
        if ended is None:
            stack.require_alive()
            raise
        raise ended.exceptions[0] from None


def _wait(stack: Stack, seconds: float | None) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    while until is None or time.monotonic() < until:
        stack.require_alive()
        time.sleep(0.3)


def _count_runs(path: Path) -> int:
    run = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(run))
    return run


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def _stop(stack: Stack, console: Console) -> None:
    """Stop in order; a second Ctrl-C does not leave half of it running."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    console.print("stopping ...")
    stack.stop()
    console.print(f"stopped. The data stays in {stack.home}; the next run continues with it.")


if __name__ == "__main__":
    sys.exit(main())
