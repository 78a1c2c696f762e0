"""A made-up, believable submission for any form of the rulebook, as that form's mapping reads it.

E-mails are at example.com; nobody here exists.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulebook.paths import Step, steps

MESSAGE = "A test sent with `baton form send-test`: nobody waits for an answer."


@dataclass(frozen=True, slots=True)
class _Origin:
    first_name: str
    last_name: str
    company: str
    city: str
    phone: str


_ORIGINS = {
    "ES": _Origin("Nerea", "Ibáñez", "Conservas Alborán", "Málaga", "+34612{:06d}"),
    "PT": _Origin("Inês", "Magalhães", "Moldes Marinha", "Leiria", "+351912{:06d}"),
    "IT": _Origin("Chiara", "Forlì", "Officine Adda", "Bergamo", "+39347{:07d}"),
    "RO": _Origin("Mădălina", "Țăranu", "Agro Bărăgan", "Slobozia", "+40721{:06d}"),
}


def made_up(form: Mapping[str, Any], number: int, now: datetime, line: str | None = None) -> dict[str, Any]:
    """The fields of one submission. `number` (0 to 999999) makes it differ; `line` chooses where one can."""
    fields: dict[str, Any] = {}
    person = _person(form.get("region") or "ES", number)
    for name, mapping in form["fields"].items():
        _write(fields, mapping["from"], _value(name, mapping, person))
    for path, value in _particulars(form, number, now, line):
        if path:
            _write(fields, [path], value)
    return fields


def _person(region: str, number: int) -> dict[str, Any]:
    origin = _ORIGINS.get(region, _ORIGINS["ES"])
    return {
        "email": f"test-{number:06d}@example.com",
        "external_id": f"test-{number:06d}",
        "phone": origin.phone.format(number),
        "first_name": origin.first_name,
        "last_name": origin.last_name,
        "name": f"{origin.first_name} {origin.last_name}",
        "company": origin.company,
        "city": origin.city,
        "country": region if region in _ORIGINS else "ES",
        "job_title": "Operations Director",
        "employees": 240,
        "industry": "manufacturing",
        "website": "https://www.example.com",
        "message": MESSAGE,
    }


def _value(name: str, mapping: Mapping[str, Any], person: Mapping[str, Any]) -> Any:
    if name in person:
        return person[name]
    meanings = mapping.get("values") or {}
    for said, meant in meanings.items():
        if meant is not None:
            return said
    if not name.startswith("attributes."):
        return None
    return {"number": 3, "boolean": "yes"}.get(str(mapping.get("as")), "test")


def _particulars(
    form: Mapping[str, Any], number: int, now: datetime, line: str | None
) -> list[tuple[str | None, Any]]:
    return [
        (form.get("line_field"), _spoken_line(form, line or form["lines"][0])),
        (form.get("consent_field"), "yes"),
        (form.get("vendor_id"), f"test-{number:06d}-{now:%Y%m%d%H%M%S}"),
        (form.get("vendor_time"), now.isoformat()),
        (form.get("test_flag"), True),
    ]


def _spoken_line(form: Mapping[str, Any], line: str) -> str:
    """What the form's own choice is called that means this line."""
    spoken: dict[str, str] = {meant: value for value, meant in (form.get("line_values") or {}).items()}
    return spoken.get(line, line)


def _write(fields: dict[str, Any], paths: list[str], value: Any) -> None:
    """Put `value` where the first path leads that names one place; paths with wildcards are passed over."""
    if value is None:
        return
    for path in paths:
        taken = steps(path)
        if not any("*" in word for _, word in taken):
            _put(fields, taken, value)
            return


def _put(holder: Any, path: tuple[Step, ...], value: Any) -> None:
    (_, key), rest = path[0], path[1:]
    if not rest:
        holder[key] = value
    elif rest[0][0] == "json":
        inner = json.loads(holder.get(key, "{}"))
        _put(inner, rest[1:], value)
        holder[key] = json.dumps(inner, ensure_ascii=False)
    elif rest[0][0] == "name":
        _put(holder.setdefault(key, {}), rest, value)
    else:
        _put_item(holder.setdefault(key, []), rest[0][1], rest[1:], value)


def _put_item(items: list[Any], word: str, rest: tuple[Step, ...], value: Any) -> None:
    """An item by number, by a key's value (`column_id=EMAIL`), or any (``)."""
    path, equals, wanted = word.partition("=")
    if not rest:
        items.append(value)
        return
    if equals:
        item: dict[str, Any] = {}
        _put(item, steps(path.strip()), wanted)
        items.append(item)
    else:
        while len(items) <= int(word or 0):
            items.append({})
        item = items[int(word or 0)]
    _put(item, rest, value)
