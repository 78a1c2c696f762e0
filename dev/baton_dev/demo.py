"""What `make run` changes in the rulebook so that a visitor sees everything within two minutes, at any hour.

Offices are open round the clock, except those in Romania, which keep the hours as written: at night and on
weekends their leads show what holding looks like. The agreement's minutes are seconds.

`python -m baton_dev.demo` writes an edited rulebook with these hours into a folder that can be published.
"""

import argparse
import copy
import shutil
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from baton_dev.errors import StackError
from rulebook.durations import format_duration, parse_duration
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.publication import parse, to_document

RULEBOOK = Path("rulebook")
DERIVED = Path(".baton/demo-rulebook")
_HEAD = "# Written by baton_dev.demo from {folder}/{name}, with the demo's hours: edit it there.\n"
_CHANGED = ("calendars", "agreement")

_KEEPS_ITS_HOURS = "Europe/Bucharest"
_ALWAYS = [["00:00", "24:00"]]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST = timedelta(seconds=5)


def for_a_visitor(rulebook: dict[str, Any]) -> dict[str, Any]:
    """Return the rulebook (as JSON) with the demo's hours and seconds; the one given is left as it is."""
    changed = copy.deepcopy(rulebook)
    for calendar in changed["calendars"].values():
        if calendar["tz"] != _KEEPS_ITS_HOURS:
            calendar["week"] = dict.fromkeys(_DAYS, _ALWAYS)
            calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for promise in changed["agreement"]["sales"]["promises"].values():
        for name, target in promise.items():
            if name.endswith("_within") and target is not None:
                promise[name] = _minutes_as_seconds(target)
    return changed


def _minutes_as_seconds(target: str) -> str:
    length = parse_duration(target)
    if not isinstance(length, timedelta):
        raise TypeError(f"{target!r} is not a length of time")
    return format_duration(max(length / 60, _SHORTEST))


def read_rulebook(folder: Path, *, as_written: bool = False) -> dict[str, Any]:
    """Return the rulebook in `folder` as JSON, with the demo's hours unless `as_written`.

    StackError with all findings when it has errors.
    """
    try:
        written = to_document(load_folder(folder))
    except RulebookInvalid as error:
        raise StackError(f"the rulebook in {folder} has errors:\n{error}") from error
    return written if as_written else to_document(parse(for_a_visitor(written)))


def has_other_hours(published: dict[str, Any], demo: dict[str, Any]) -> bool:
    """Tell whether a published rulebook opens offices or promises answers at other times than the demo's."""
    return any(
        published["calendars"].get(name, calendar) != calendar for name, calendar in demo["calendars"].items()
    ) or (published["agreement"]["sales"]["promises"] != demo["agreement"]["sales"]["promises"])


def write_folder(folder: Path, derived: Path) -> None:
    """Write the rulebook of `folder` into `derived`, with the demo's hours.

    StackError when the rulebook has errors, or `derived` holds something else.
    """
    rulebook = read_rulebook(folder)
    if derived.exists() and not _is_derived(derived):
        raise StackError(f"{derived} holds something else: name a folder that does not exist yet.")
    shutil.rmtree(derived, ignore_errors=True)
    shutil.copytree(folder, derived)
    for part in _CHANGED:
        name = f"{part}.yaml"
        text = yaml.safe_dump(rulebook[part], sort_keys=False, allow_unicode=True)
        (derived / name).write_text(_HEAD.format(folder=folder, name=name) + text)


def _is_derived(folder: Path) -> bool:
    file = folder / "calendars.yaml"
    return file.is_file() and file.read_text().startswith(_HEAD.partition("{")[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Write the folder and say how to publish it. Returns 0, or 1 after a plain message."""
    parser = argparse.ArgumentParser(
        prog="python -m baton_dev.demo",
        description="Write a rulebook with the demo's hours into a folder, to publish it to `make run`.",
    )
    parser.add_argument("rulebook", type=Path, nargs="?", default=RULEBOOK, help="default: %(default)s")
    parser.add_argument("derived", type=Path, nargs="?", default=DERIVED, help="default: %(default)s")
    options = parser.parse_args(argv)
    try:
        write_folder(options.rulebook, options.derived)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.derived} is {options.rulebook} with the demo's hours. Publish it with:")
    print(f"  .venv/bin/baton rulebook publish {options.derived}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
