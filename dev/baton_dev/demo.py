"""The rulebook that `make run` publishes: with the demo's hours, unless it is to be as written."""

from pathlib import Path
from typing import Any

from baton_dev.errors import StackError
from rulebook.demo_hours import is_promised_otherwise, with_demo_hours
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.publication import parse, to_document

RULEBOOK = Path("rulebook")


def read_rulebook(folder: Path, *, as_written: bool = False) -> dict[str, Any]:
    """Return the rulebook in `folder` as JSON, with the demo's hours unless `as_written`.

    StackError with all findings when it has errors.
    """
    try:
        written = to_document(load_folder(folder))
    except RulebookInvalid as error:
        raise StackError(f"the rulebook in {folder} has errors:\n{error}") from error
    return written if as_written else to_document(parse(with_demo_hours(written)))


def has_other_hours(published: dict[str, Any], demo: dict[str, Any]) -> bool:
    """Tell whether a published rulebook opens offices or promises answers at other times than the demo's."""
    return any(
        published["calendars"].get(name, calendar) != calendar for name, calendar in demo["calendars"].items()
    ) or is_promised_otherwise(published, demo)
