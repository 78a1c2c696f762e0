"""`python -m router.whatif.child`: one simulation in a process of its own, so that live leads wait for none.

In comes JSON, a line each: what is asked, then leads of the past in order of time. Out comes JSON, a line
each: how far it is, and at the end the result.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from router.domain.book import Book, read_book
from router.domain.choice import choose_pool
from router.whatif.replay import Replay
from router.whatif.rows import Row, read_staff, read_stored
from router.whatif.staffing import Flow, Staffing, Tried
from rulebook.publication import parse

TELL_EVERY = 250
"""Leads."""
WEEK_SECONDS = 7 * 86_400


def main() -> None:
    """Read stdin to its end, and answer."""
    lines = (orjson.loads(line) for line in sys.stdin.buffer)
    asked = next(lines)
    result = _replay(asked, lines) if asked["question"] == "replay" else _staffing(asked, lines)
    _tell({"result": result})


def _tell(document: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()


def _book(asked: Mapping[str, Any], name: str) -> Book:
    return read_book(asked["version"], parse(asked[name]))


def _counted(rows: Iterable[Row]) -> Iterable[Row]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % TELL_EVERY == 0:
            _tell({"seen": number})


def _replay(asked: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    staff = [read_staff(row) for row in asked["staff"]]
    replay = Replay(_book(asked, "current"), _book(asked, "draft"), staff, asked["seed"])
    for row in _counted(rows):
        replay.add(row)
    return replay.result()


def _staffing(asked: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    book, pool = _book(asked, "current"), asked["pool"]
    staff = [read_staff(row) for row in asked["staff"]]
    since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
    weeks = max(1.0, (until - since).total_seconds() / WEEK_SECONDS)
    flow = Flow(ZoneInfo(book.company.time_zone), weeks)
    for row in _counted(rows):
        stored = read_stored(row)
        choice = choose_pool(stored.lead, book)
        if choice.pool == pool:
            flow.add(stored.at, (stored.lead.line, stored.lead.quadrant, choice.needs, stored.lead.value))
    members = set(book.members(pool, [each.rep for each in staff if each.rep.is_active]))
    templates = [each for each in staff if each.id in members]
    found: dict[str, Any] = {"pool": pool, "leads": flow.kinds.total(), "weeks": weeks, "now": len(templates)}
    if not templates or not flow.kinds:
        return {**found, "needed": None, "tried": []}
    staffing = Staffing(book, pool, flow, templates, until, told=_tell_tried)
    staffing.look(len(templates))
    needed = staffing.needed(asked["most_late"])
    tried = [staffing.tried[number].as_json() for number in sorted(staffing.tried)]
    return {**found, "needed": needed, "tried": tried}


def _tell_tried(tried: Tried) -> None:
    _tell({"tried": tried.as_json()})


if __name__ == "__main__":
    main()
