"""`make run`: the whole of Baton on this machine, with sample leads on their way to reps."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from baton_dev.demo import RULEBOOK, read_rulebook
from baton_dev.errors import PartFailedError, StackError
from baton_dev.publications import LONGEST_WAIT, Publications, how_to_keep_hours, why_samples_wait
from baton_dev.stack import Stack
from baton_dev.visit import Visit


def main(argv: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C. Returns 0, or 1 after a plain message about what did not start or ended."""
    options = _options(argv)
    console = Console(width=None if sys.stdout.isatty() else 200)
    started = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it otherwise
    signal.signal(signal.SIGTERM, _as_interrupt)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a part that ends is named once, by us
    stack: Stack | None = None
    has_failed = False
    try:
        rulebook = read_rulebook(options.rulebook, as_written=options.as_written)
        stack = Stack(
            options.home,
            rulebook,
            has_demo_hours=not options.as_written,
            tells_reps=True,
            say=lambda step: console.print(f"  [green]✓[/] {step}"),
        )
        stack.start()
        _introduce(stack, console, options)
        if options.no_samples:
            _wait(stack, options.seconds)
        else:
            waited = _await_effect(stack)
            _show(stack, rulebook, console, options, started=started, waited=waited)
    except KeyboardInterrupt:
        pass
    except StackError as error:
        has_failed = True
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    finally:
        if stack is not None and stack.is_held:
            _stop(stack, console, has_failed=has_failed)
    return int(has_failed)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m baton_dev.run", description=__doc__)
    parser.add_argument(
        "--home", type=Path, default=Path(".baton"), help="folder of all data (default: .baton)"
    )
    parser.add_argument("--rulebook", type=Path, default=RULEBOOK, help="folder of the company's YAML files")
    parser.add_argument("--as-written", action="store_true", help="keep the rulebook's hours and minutes")
    parser.add_argument("--no-samples", action="store_true", help="only run the stack")
    parser.add_argument("--seconds", type=float, help="stop by itself after so many seconds")
    return parser.parse_args(argv)


def _introduce(stack: Stack, console: Console, options: argparse.Namespace) -> None:
    at = stack.description
    console.print(f"\nintake {at['intake']}   scoring {at['scoring']}   router {at['router']}   ", end="")
    console.print(f"sla-monitor {at['sla_monitor']}\naddresses and demo credentials: {stack.home}/stack.json")
    if stack.mailbox is not None:
        console.print(
            f"e-mail to reps goes to a mailbox on this machine: {stack.mailbox.url} shows it, "
            f"and each letter is a file in {stack.mailbox.folder}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(
        "One Kafka node on one disk: what was accepted survives kill -9 of any part, not a power cut. "
        "When a part ends, everything stops; the next run goes on."
    )
    if not options.as_written:
        console.print(
            "For the demo the agreement's minutes are seconds and offices never close, except those in "
            "Romania; `make run AS_WRITTEN=1` keeps the rulebook as it is. An edited rulebook takes effect "
            "with these hours at the next `make run`, or now (with --as-written: with its own hours) by:"
        )
        console.print(how_to_keep_hours(options.rulebook), highlight=False, soft_wrap=True)
    now = datetime.now(UTC)
    if stack.published and stack.published.is_awaited(now):
        console.print(why_samples_wait(stack.published, now), style="yellow", highlight=False)


def _await_effect(stack: Stack) -> float:
    """Wait until the rulebook is in force, unless that is far ahead; return the seconds it took."""
    started = time.monotonic()
    version = stack.published
    if version is None or not version.is_awaited(datetime.now(UTC)):
        return 0.0
    left = (version.effective_from - datetime.now(UTC)).total_seconds()
    if left > LONGEST_WAIT:
        return 0.0
    _wait(stack, left)
    stack.await_roster()
    return time.monotonic() - started


def _show(
    stack: Stack,
    rulebook: dict[str, Any],
    console: Console,
    options: argparse.Namespace,
    *,
    started: float,
    waited: float,
) -> None:
    at = stack.description
    publications = Publications(
        scoring=at["scoring"],
        operator={"Authorization": f"Bearer {at['operator_token']}"},
        rulebook=rulebook,
        folder=options.rulebook,
        newest=at["versions"]["rulebook"],
        as_written=options.as_written,
    )
    visit = Visit(
        at=at,
        rulebook=rulebook,
        publications=publications,
        run=_count_runs(stack.home / "runs"),
        require_alive=stack.require_alive,
        mailbox=stack.mailbox,
        started=started,
        waited=waited,
        console=console,
    )
    try:
        asyncio.run(visit.show(options.seconds))
    except Exception as error:
        ended = error.subgroup(PartFailedError) if isinstance(error, ExceptionGroup) else None
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


def _stop(stack: Stack, console: Console, *, has_failed: bool) -> None:
    """Stop in order; a second Ctrl-C does not leave half of it running."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    console.print("stopping ...")
    stack.stop()
    if not stack.home.exists():
        console.print(f"stopped. {stack.home} was deleted meanwhile; the next run begins anew.")
    elif has_failed:
        console.print(f"stopped. The data stays in {stack.home}: run again, and it goes on where it was.")
    else:
        console.print(f"stopped. The data stays in {stack.home}; the next run continues with it.")


if __name__ == "__main__":
    sys.exit(main())
