"""One submission read by its form's mapping. Pure, and never raises on weird input: it flags instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rulebook.attributes import attribute_value, attributes_of
from rulebook.context import PROFILE_FIELDS
from rulebook.countries import country_code
from rulebook.models import FieldMapping, Form
from rulebook.moments import claimed_time
from rulebook.normalise import clean_text, read_email, read_employees, read_phone
from rulebook.paths import root_of, values_at
from rulebook.scalars import as_text

LIMITS: dict[str, int] = {
    "email": 254,
    "phone_raw": 200,
    "external_id": 200,
    "name": 200,
    "first_name": 100,
    "last_name": 100,
    "company": 200,
    "job_title": 200,
    "industry": 200,
    "region": 100,
    "city": 100,
    "postcode": 20,
    "website": 500,
    "message": 10_000,
    "referrer": 2_048,
    "landing_page": 2_048,
    "utm_source": 200,
    "utm_medium": 200,
    "utm_campaign": 200,
    "utm_term": 200,
    "utm_content": 200,
}
"""Characters kept of each field; what is longer is cut and flagged `<field>:cut`. The raw fields keep all."""

ATTRIBUTION: dict[str, tuple[str, ...]] = {
    "referrer": ("referrer", "referer"),
    "landing_page": ("landing_page", "page_url", "page"),
    "utm_source": ("utm_source",),
    "utm_medium": ("utm_medium",),
    "utm_campaign": ("utm_campaign",),
    "utm_term": ("utm_term",),
    "utm_content": ("utm_content",),
}
"""Where a form's own mapping says nothing, attribution is read from fields of these names."""

_YES = frozenset(
    {"1", "true", "on", "yes", "y", "sí", "si", "s", "sì", "sim", "da", "x", "accepted", "agree"}
)
_TEXTS = tuple(name for name in PROFILE_FIELDS if name in LIMITS and name not in ("email", "phone_raw"))


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a form's mapping makes of one submission.

    `profile`, `attribution`, `consent` fit the event models of those names. `missing`: entries of the form's
    `required` that nothing satisfies. `unmapped`: top-level fields no mapping reads. `flags`:
    `<field>:<what>`.
    """

    profile: dict[str, Any]
    lines: list[str]
    missing: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    attribution: dict[str, str] = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    vendor_id: str | None = None
    occurred_at: datetime | None = None
    is_test: bool = False
    honeypot_filled: bool = False


def map_submission(form: Form, fields: Mapping[str, Any], received_at: datetime | None = None) -> Mapped:
    """Read `fields` (decoded, as sent) by `form`.

    With `received_at` a claimed time counts only from within the day before it. Unmapped scalar fields are
    kept
    in `profile["attributes"]` under a plain name, so that rules can read them.
    """
    reader = _Reader(form, fields)
    profile = reader.profile()
    occurred_at, time_flags = _occurred_at(form, fields, received_at)
    lines, line_flags = _lines(form, fields)
    attribution = reader.attribution()
    return Mapped(
        profile=profile,
        lines=lines,
        missing=[entry for entry in form.required if not _is_met(entry, profile)],
        unmapped=reader.unmapped,
        flags=list(dict.fromkeys(reader.flags + time_flags + line_flags)),
        attribution=attribution,
        consent=_consent(form, fields),
        vendor_id=_vendor_id(form, fields),
        occurred_at=occurred_at,
        is_test=_is_yes(form.test_flag, fields),
        honeypot_filled=form.honeypot is not None and bool(values_at(fields, form.honeypot)),
    )


class _Reader:
    """Reads one submission and collects the flags on the way."""

    def __init__(self, form: Form, fields: Mapping[str, Any]) -> None:
        self.form = form
        self.fields = fields
        self.flags: list[str] = []
        self.unmapped = _unmapped(form, fields)

    def profile(self) -> dict[str, Any]:
        read: dict[str, Any] = dict.fromkeys(_TEXTS)
        read |= {name: self._text(name) for name in self.form.fields if name in read}
        read["language"] = self._language()
        read["country"] = self._country()
        read["employees"], headcount = self._employees()
        read["email"] = self._flagged("email", read_email(self._first("email")))
        read.update(self._phone(read["country"]))
        _complete_name(read)
        attributes, flags = attributes_of(self.form, self.fields, self._attribute_values(), self.unmapped)
        self.flags += flags
        if headcount is not None:
            attributes.setdefault("employees_text", headcount)
        profile = {name: value for name, value in read.items() if value is not None}
        return {**profile, "attributes": attributes}

    def attribution(self) -> dict[str, str]:
        found = {}
        for name, paths in ATTRIBUTION.items():
            mapping = self.form.fields.get(name)
            if mapping is not None:
                values = _values_of(mapping, self.fields)
            else:
                values = [
                    value for path in paths if path in self.fields for value in values_at(self.fields, path)
                ]
            value = self._clean(name, values[0]) if values else None
            if value is not None:
                found[name] = value
        return found

    def _attribute_values(self) -> dict[str, Any]:
        found = {}
        for name, mapping in self.form.fields.items():
            if name.startswith("attributes."):
                values = _values_of(mapping, self.fields)
                value, flags = attribute_value(values, mapping)
                self.flags += [f"{name}:{flag}" for flag in flags]
                if value is not None:
                    found[name.removeprefix("attributes.")] = value
        return found

    def _first(self, name: str) -> Any:
        mapping = self.form.fields.get(name)
        if mapping is None:
            return None
        values = _values_of(mapping, self.fields)
        if len(values) > 1 and name != "message":
            self.flags.append(f"{name}:several_values")
        return values[0] if values else None

    def _text(self, name: str) -> str | None:
        return self._clean(name, self._first(name))

    def _clean(self, name: str, value: Any) -> str | None:
        return self._flagged(name, clean_text(_scalar(value), LIMITS[name])) if value is not None else None

    def _flagged(self, name: str, reading: Any) -> Any:
        if reading.flags:
            self.flags += [f"{name}:{flag}" for flag in reading.flags]
        return reading.value

    def _phone(self, country: str | None) -> dict[str, str | None]:
        raw = clean_text(_scalar(self._first("phone")), LIMITS["phone_raw"])
        regions = tuple(dict.fromkeys(region for region in (country, self.form.region) if region))
        return {
            "phone": self._flagged("phone", read_phone(raw.value, regions)),
            "phone_raw": self._flagged("phone", raw),
        }

    def _country(self) -> str | None:
        text = clean_text(_scalar(self._first("country")), 100).value
        if text is None:
            return None
        code = country_code(text)
        if code is None:
            self.flags.append("country:unknown")
        return code

    def _language(self) -> str | None:
        text = clean_text(_scalar(self._first("language")), 35).value
        if text is None:
            return None
        code = text.replace("_", "-").partition("-")[0].lower()
        if len(code) == 2 and code.isascii() and code.isalpha():
            return code
        self.flags.append("language:unknown")
        return None

    def _employees(self) -> tuple[int | None, str | None]:
        value = self._first("employees")
        count = read_employees(value if isinstance(value, int) else _scalar(value), self.form.language)
        self.flags += [f"employees:{flag}" for flag in count.flags]
        return count.value, clean_text(_scalar(value), 200).value if count.flags else None


def _values_of(mapping: FieldMapping, fields: Mapping[str, Any]) -> list[Any]:
    """The first path with a value, or with `join` all values of all paths as one text; then replacements."""
    found: list[Any] = []
    for path in mapping.from_:
        found += values_at(fields, path)
        if found and mapping.join is None:
            break
    if mapping.join is not None and found:
        found = [mapping.join.join(as_text(_scalar(value)).strip() for value in found)]
    if mapping.values:
        replacements = {key.casefold(): value for key, value in mapping.values.items()}
        found = [replacements.get(as_text(_scalar(value)).strip().casefold(), value) for value in found]
        found = [value for value in found if value is not None and value != ""]
    if not found and mapping.default is not None:
        found = [mapping.default]
    return found


def _unmapped(form: Form, fields: Mapping[str, Any]) -> list[str]:
    """The top-level fields that neither the mapping nor anything else of the form reads."""
    volatile = set(form.volatile)
    left = dict.fromkeys(name for name in fields if name not in volatile)
    for path in _paths_of(form):
        left.pop(root_of(fields, path), None)
    return list(left)


def _paths_of(form: Form) -> Iterator[str]:
    for mapping in form.fields.values():
        yield from mapping.from_
    for names in ATTRIBUTION.values():
        yield from names
    others = (form.line_field, form.vendor_id, form.vendor_time, form.test_flag, form.honeypot)
    yield from (path for path in (*others, form.consent_field) if path is not None)


def _scalar(value: Any) -> Any:
    """An object has no text of its own: it counts as absent rather than as its Python form."""
    return None if isinstance(value, Mapping | list | tuple) else value


def _complete_name(read: dict[str, Any]) -> None:
    parts = [part for part in (read["first_name"], read["last_name"]) if part]
    if read["name"] is None and parts:
        read["name"] = " ".join(parts)
    elif read["name"] is not None and not parts:
        first, _, last = read["name"].partition(" ")
        read["first_name"] = first[: LIMITS["first_name"]]
        read["last_name"] = last.strip()[: LIMITS["last_name"]] or None


def _is_met(entry: str, profile: Mapping[str, Any]) -> bool:
    return any(_has_value(name.strip(), profile) for name in entry.split("|"))


def _has_value(name: str, profile: Mapping[str, Any]) -> bool:
    if name.startswith("attributes."):
        return name.removeprefix("attributes.") in profile["attributes"]
    return profile.get(name) is not None


def _lines(form: Form, fields: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    if form.line_field is None:
        return list(form.lines), []
    meanings = {line.casefold(): line for line in form.lines}
    meanings |= {value.casefold(): line for value, line in form.line_values.items()}
    values = [as_text(_scalar(value)).strip().casefold() for value in values_at(fields, form.line_field)]
    chosen = list(dict.fromkeys(meanings[value] for value in values if value in meanings))
    flags = ["lines:unknown_value"] if any(value not in meanings for value in values) else []
    return chosen or list(form.lines[:1]), flags


def _consent(form: Form, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    if form.consent_field is None:
        return None
    consent: dict[str, Any] = {"given": _is_yes(form.consent_field, fields)}
    return consent | ({"text_version": form.consent_version} if form.consent_version else {})


def _is_yes(path: str | None, fields: Mapping[str, Any]) -> bool:
    values = values_at(fields, path) if path else []
    return any(as_text(_scalar(value)).strip().casefold() in _YES for value in values)


def _vendor_id(form: Form, fields: Mapping[str, Any]) -> str | None:
    values = values_at(fields, form.vendor_id) if form.vendor_id else []
    return clean_text(_scalar(values[0]), 200).value if values else None


def _occurred_at(
    form: Form, fields: Mapping[str, Any], received_at: datetime | None
) -> tuple[datetime | None, list[str]]:
    values = values_at(fields, form.vendor_time) if form.vendor_time else []
    if not values:
        return None, []
    at, flags = claimed_time(values[0], received_at)
    return at, [f"occurred_at:{flag}" for flag in flags]
