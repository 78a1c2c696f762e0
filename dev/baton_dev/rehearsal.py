"""A rehearsal with a file of real leads: each row is posted, faults are planted, every count must be true.

    python -m baton_dev.rehearsal leads.csv --form education

posts each row through HTTP to a running stack (`make run`), with a made-up name and an e-mail at example.com,
plants duplicates, spam and broken posts among them, writes what must become of each to a file before the
first is sent, and then holds the truth, the client's own ledger and the services' answers side by side.
"""

import argparse
import asyncio
import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from baton_dev.comparison import compare, render
from baton_dev.errors import StackError
from baton_dev.ledger import Ledger, accepted, read_ledger
from baton_dev.planting import Plan, PlanImpossible, Row, Shares, Target, default_email_column, make_plan
from baton_dev.posting import send
from baton_dev.reckoning import Services, services

_SHOWN = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when every count is as planned, 1 when one differs, 2 when nothing could be posted."""
    options = _options(argv)
    try:
        rows, at = _read_rows(options.file), _read_stack(options.stack)
        return asyncio.run(_rehearse(options, rows, at))
    except (PlanImpossible, StackError, KeyError) as error:
        print(error.args[0], file=sys.stderr)
    except httpx.HTTPError as error:
        print(f"a service did not answer: {error!r}. Does the stack still run?", file=sys.stderr)
    return 2


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m baton_dev.rehearsal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="CSV with a header; its columns become the form's fields")
    parser.add_argument("--form", required=True, help="id of a form of the rulebook in force")
    parser.add_argument(
        "--email-from",
        metavar="COLUMN",
        help="column that the made-up e-mails are made from (default: the first of distinct whole numbers)",
    )
    parser.add_argument("--rate", type=_positive, default=200.0, help="posts a second (default: 200)")
    for name, default in (("duplicates", 5.0), ("spam", 1.0), ("broken", 1.0)):
        parser.add_argument(
            f"--{name}", type=_per_cent, default=default, help=f"per cent of the rows (default: {default:g})"
        )
    parser.add_argument("--seed", type=int, default=1, help="another number plants other rows (default: 1)")
    parser.add_argument("--truth", type=Path, help="where to write the truth (default: beside stack.json)")
    parser.add_argument("--stack", type=Path, default=Path(".baton/stack.json"), help="the running stack")
    parser.add_argument("--wait", type=_positive, default=120.0, help="seconds until all must be decided")
    return parser.parse_args(argv)


async def _rehearse(options: argparse.Namespace, rows: list[Row], at: dict[str, Any]) -> int:
    async with services(at) as asking:
        plan = await _plan(options, rows, asking)
        truth: Path = options.truth or options.stack.parent / "rehearsal-truth.json"
        _write(truth, plan)
        ledger = Ledger(_empty(truth.with_suffix(".ledger.jsonl")))
        print(f"{len(plan.posts)} posts at {options.rate:g} a second; the truth is in {truth}", flush=True)
        before, started = await asking.totals(), time.monotonic()
        posted = await send(plan.posts, at["intake"], rate=options.rate, lines=plan.lines, ledger=ledger)
        outcome = await asking.follow(posted, plan.lines, before, started=started, seconds=options.wait)
    result = compare(plan, posted, set(accepted(read_ledger(ledger.path))), outcome)
    print(render(result))
    for difference in result.differences[:_SHOWN]:
        print(f"differs: {difference}")
    if len(result.differences) > _SHOWN:
        print(f"... and {len(result.differences) - _SHOWN} more")
    print("every count is as planned" if not result.differences else "NOT as planned")
    return 1 if result.differences else 0


async def _plan(options: argparse.Namespace, rows: list[Row], asking: Services) -> Plan:
    target = Target.of(await asking.form(options.form), list(rows[0]))
    shares = Shares(options.duplicates, options.spam, options.broken)
    column = options.email_from or default_email_column(rows)
    plan = make_plan(rows, target, email_from=column, shares=shares, seed=options.seed)
    known = await asking.known_emails({post.email for post in plan.posts})
    if known:
        raise PlanImpossible(
            f"{len(known)} of these people are known here already, {min(known)} for one, so nothing could be "
            "told from counting: rehearse on an empty stack (make clean, or baton_dev.run --home FOLDER)"
        )
    return plan


def _read_rows(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows: list[Row] = list(csv.DictReader(file, strict=True))
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise StackError(f"{path} is no CSV in UTF-8: {error}") from error
    if not rows:
        raise StackError(
            f"{path} holds no rows: the first line names the columns, each further one is a lead"
        )
    uneven = [number for number, row in enumerate(rows, start=1) if None in row or None in row.values()]
    if uneven:
        raise StackError(f"row {uneven[0]} of {path} has another number of columns than its header")
    return rows


def _read_stack(path: Path) -> dict[str, Any]:
    try:
        at: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise StackError(f"no stack runs: {path} is not there. Start one with `make run`.") from None
    return at


def _write(path: Path, plan: Plan) -> None:
    path.write_text(json.dumps(plan.as_json(), indent=1))


def _empty(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("write a number above 0")
    return value


def _per_cent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("write a number from 0 to 100")
    return value


if __name__ == "__main__":
    sys.exit(main())
