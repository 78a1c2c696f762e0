"""Past leads read by a form of the rulebook, so that rules read what live leads of that form will have."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rulebook.attributes import attribute_name
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.mapping import map_submission
from rulebook.models import Form
from scorecard_training.reading import Row
from scorecard_training.refusals import CannotTrain, no_name


def form_of(folder: Path, name: str) -> Form:
    """A form of a rulebook. Raises CannotTrain for a rulebook that is not valid, or has no such form."""
    try:
        forms = load_folder(folder).forms
    except RulebookInvalid as error:
        first = error.findings[0] if error.findings else error
        raise CannotTrain(f"the rulebook in {folder} is not valid: {first}") from None
    if name not in forms:
        raise no_name("form", name, forms)
    return forms[name]


def through_form(rows: Sequence[Row], form: Form, beside: Sequence[str]) -> Iterator[Row]:
    """The rows as profiles, columns called as conditions call them; those `beside` stay as they are."""
    hidden = {f"lead.attributes.{attribute_name(name)}" for name in beside}
    for row in rows:
        profile = map_submission(form, row).profile
        found = {name: value for name, value in _flat(profile).items() if name not in hidden}
        yield found | {name: row[name] for name in beside if name in row}


def _flat(profile: dict[str, Any]) -> dict[str, Any]:
    attributes = profile.get("attributes") or {}
    plain = {f"lead.{name}": value for name, value in profile.items() if name != "attributes"}
    return plain | {f"lead.attributes.{name}": value for name, value in attributes.items()}
