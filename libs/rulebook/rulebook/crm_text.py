"""Placeholders of CRM templates: `{person.email}`.

A value goes in as JSON, never as text that is read again, so that nothing a buyer types changes a request:
  body     a text that is one placeholder becomes the value itself, a number a number, an absent one null;
           within a longer text it is written out
  path     percent-encoded, with no character left that means something in an address
  headers  one line of printable text
`{x?}` leaves out the key, item or header it stands at when there is no value; `{x|text}` puts text instead.
`{{` and `}}` are braces.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

VARIABLES: dict[str, str] = {
    "lead.id": "the lead's id",
    "lead.line": "the product line",
    "lead.source": "where it came from",
    "lead.form": "the form",
    "lead.campaign": "the campaign, if any",
    "lead.quadrant": "perfect, warm, curious or cold",
    "lead.stage": "lead, mql or sql",
    "lead.round": "number of the handoff, from 1",
    "lead.received_at": "when the buyer asked",
    "lead.is_test": "true for a test",
    "person.id": "the person's id",
    "person.email": "e-mail",
    "person.phone": "phone, E.164",
    "person.name": "whole name",
    "person.first_name": "first name",
    "person.last_name": "last name",
    "person.job_title": "job title",
    "person.country": "country, ISO 3166-1 alpha-2",
    "person.region": "region",
    "person.city": "city",
    "person.postcode": "postcode",
    "person.language": "language, ISO 639-1",
    "person.message": "what the buyer wrote",
    "company.name": "the company as the buyer wrote it",
    "company.domain": "its domain",
    "company.website": "its website",
    "company.industry": "its industry",
    "company.employees": "number of employees",
    "account.name": "the account, where it is known",
    "account.crm_id": "the account's id in the CRM",
    "rep.id": "the rep's id",
    "rep.name": "the rep's name",
    "rep.email": "the rep's e-mail",
    "rep.crm_id": "how the CRM names the rep",
    "score.fit": "fit, 0 to 100",
    "score.interest": "interest, 0 to 100",
    "score.words": "both, and what they are made of, a line each",
    "why": "why this rep has it",
    "event.id": "id of what happened, the same in every attempt",
    "event.kind": "assigned, reassigned, accepted, ...",
    "event.at": "when it happened",
    "act.channel": "of contacted: phone, email, ...",
    "act.result": "of contacted: reached, no_answer, ...",
    "act.reason": "the rep's reason",
    "act.wake_at": "of recycled: until when",
    "outcome.result": "meeting, opportunity, won or lost",
    "outcome.value": "amount in whole units, such as 1200.5",
    "outcome.currency": "its currency",
    "close.reason": "of closed: won, lost, rejected, recycled, do_not_contact",
}
"""Every placeholder and what it holds; beside them `crm.NAME`, an id that a request keeps."""

PRESENT = frozenset(
    {"lead.id", "lead.line", "lead.source", "lead.form", "lead.quadrant", "lead.stage", "lead.round"}
    | {"lead.is_test", "rep.id", "rep.name", "rep.email", "score.fit", "score.interest", "score.words"}
    | {"why", "event.id", "event.kind", "event.at"}
)
"""Those that always have a value."""

OF_THE_ERASED = frozenset({"lead.id", "person.id", "event.id", "event.kind", "event.at"})
"""Those that there are of an erased person, beside `crm.NAME`."""

_PLACE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)*)(\?|\|[^{}]*)?\}")
_LEFT_OUT = object()


class NoValue(ValueError):
    """An address needs this value, and the lead has none that fits there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the address needs {name}, and this lead has none that can stand in one")
        self.name = name


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder as written."""

    name: str
    leaves_out: bool = False
    instead: str | None = None

    def value(self, values: Mapping[str, Any]) -> Any:
        """What stands for it; None: nothing."""
        found = values.get(self.name)
        return self.instead if found is None else found


def placeholders(node: Any) -> Iterator[Placeholder]:
    """Every placeholder in the texts of a JSON value, keys left aside."""
    if isinstance(node, str):
        yield from (each for each in _parts(node) if isinstance(each, Placeholder))
    elif isinstance(node, Mapping):
        for inner in node.values():
            yield from placeholders(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from placeholders(inner)


def fill_body(node: Any, values: Mapping[str, Any]) -> Any:
    """A JSON value with values for placeholders."""
    filled = _fill(node, values)
    return None if filled is _LEFT_OUT else filled


def fill_path(path: str, values: Mapping[str, Any]) -> str:
    """An address's path and query with values percent-encoded. Raises NoValue."""
    return "".join(
        _in_address(each, values) if isinstance(each, Placeholder) else each for each in _parts(path)
    )


def fill_headers(headers: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Headers with values on one line; one whose `{x?}` has none is left out."""
    found = {}
    for name, text in headers.items():
        filled = _fill(text, values)
        if filled is not _LEFT_OUT and filled is not None:
            found[name] = "".join(each if " " <= each <= "~" else "?" for each in _text(filled))
    return found


def _parts(text: str) -> Iterator[str | Placeholder]:
    """Literal texts and placeholders, in order."""
    at = 0
    for match in _PLACE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        at = match.end()
        if match[1] is None:
            yield match[0][0]
        else:
            more = match[2] or ""
            yield Placeholder(match[1], more == "?", more[1:] if more.startswith("|") else None)
    if at < len(text):
        yield text[at:]


def _fill(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, str):
        return _fill_text(node, values)
    if isinstance(node, Mapping):
        filled = {str(key): _fill(inner, values) for key, inner in node.items()}
        return {key: value for key, value in filled.items() if value is not _LEFT_OUT}
    if isinstance(node, list):
        return [value for value in (_fill(inner, values) for inner in node) if value is not _LEFT_OUT]
    return node


def _fill_text(text: str, values: Mapping[str, Any]) -> Any:
    parts = list(_parts(text))
    asked = [each for each in parts if isinstance(each, Placeholder)]
    if any(each.leaves_out and each.value(values) is None for each in asked):
        return _LEFT_OUT
    if len(parts) == 1 and asked:
        return asked[0].value(values)
    return "".join(_text(each.value(values)) if isinstance(each, Placeholder) else each for each in parts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _in_address(placeholder: Placeholder, values: Mapping[str, Any]) -> str:
    text = _text(placeholder.value(values))
    if not text.strip("."):  # nothing, or a step up the path
        raise NoValue(placeholder.name)
    return quote(text, safe="")
