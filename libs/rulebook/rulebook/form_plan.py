"""A form prepared for reading: what is the same for every submission is worked out once, at the first one."""

import weakref
from collections.abc import Mapping
from typing import Any

from rulebook.context import PROFILE_FIELDS
from rulebook.models import FieldMapping, Form
from rulebook.paths import is_plain, steps, values_at
from rulebook.scalars import as_text, scalar

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

_NOT_PLAIN_TEXT = frozenset({"email", "phone", "phone_raw", "country", "language", "employees", "attributes"})
TEXTS = tuple(name for name in PROFILE_FIELDS if name not in _NOT_PLAIN_TEXT)
"""The profile fields that are texts and no more."""

_ATTRIBUTE = "attributes."
_LISTS = (list, tuple)


class Source:
    """Where the field `name` is read from."""

    def __init__(self, name: str, mapping: FieldMapping) -> None:
        self.name = name
        self.mapping = mapping
        self._replacements = {key.casefold(): value for key, value in mapping.values.items()}
        self.is_simple = (
            mapping.join is None
            and mapping.default is None
            and not self._replacements
            and all(map(is_plain, mapping.from_))
        )
        self._names = tuple(mapping.from_)

    def first(self, fields: Mapping[str, Any], flags: list[str]) -> Any:
        """The first value, None without one; `<name>:several_values` joins `flags` where there are more."""
        if not self.is_simple:
            return self._first_of_all(fields, flags)
        # most fields of most forms: one name, one value; all of `values` for it would cost ten times as much
        for name in self._names:
            value = fields.get(name)
            if isinstance(value, str):
                if value and not value.isspace():
                    return value
            elif isinstance(value, _LISTS):
                return self._first_of_all(fields, flags)
            elif value is not None:
                return value
        return None

    def values(self, fields: Mapping[str, Any]) -> list[Any]:
        """The first path with a value, or with `join` all values of all paths as one text; then
        replacements."""
        mapping = self.mapping
        found: list[Any] = []
        for path in mapping.from_:
            found += values_at(fields, path)
            if found and mapping.join is None:
                break
        if mapping.join is not None and found:
            found = [mapping.join.join(as_text(scalar(value)).strip() for value in found)]
        if self._replacements:
            found = [self._replaced(value) for value in found]
            found = [value for value in found if value is not None and value != ""]
        if not found and mapping.default is not None:
            found = [mapping.default]
        return found

    def _first_of_all(self, fields: Mapping[str, Any], flags: list[str]) -> Any:
        values = self.values(fields)
        if len(values) > 1 and self.name != "message":
            flags.append(f"{self.name}:several_values")
        return values[0] if values else None

    def _replaced(self, value: Any) -> Any:
        return self._replacements.get(as_text(scalar(value)).strip().casefold(), value)


class Plan:
    """The sources of a form's fields by what they become, and the names that something reads."""

    def __init__(self, form: Form) -> None:
        sources = {name: Source(name, mapping) for name, mapping in form.fields.items()}
        self.texts = [source for name, source in sources.items() if name in TEXTS]
        self.email = sources.get("email")
        self.phone = sources.get("phone")
        self.country = sources.get("country")
        self.language = sources.get("language")
        self.employees = sources.get("employees")
        self.attributes = [
            (name.removeprefix(_ATTRIBUTE), source)
            for name, source in sources.items()
            if name.startswith(_ATTRIBUTE)
        ]
        self.attribution = [
            sources.get(name) or Source(name, FieldMapping(from_=list(names)))
            for name, names in ATTRIBUTION.items()
        ]
        self._attribution_names = {
            name for source in self.attribution if source.is_simple for name in source.mapping.from_
        }
        self._has_own_attribution = not all(source.is_simple for source in self.attribution)
        self.required = [(entry, [name.strip() for name in entry.split("|")]) for entry in form.required]
        paths = list(_paths_of(form))
        self._known = {*form.volatile, *(path for path in paths if is_plain(path))}
        self._roots = [(path, steps(path)[0][1]) for path in paths if not is_plain(path)]

    def may_hold_attribution(self, fields: Mapping[str, Any]) -> bool:
        """Whether looking for attribution can find anything: most submissions carry none."""
        return self._has_own_attribution or not self._attribution_names.isdisjoint(fields)

    def unmapped(self, fields: Mapping[str, Any]) -> list[str]:
        """The top-level fields that neither the mapping nor anything else of the form reads."""
        left = [name for name in fields if name not in self._known]
        if not left or not self._roots:
            return left
        read = {path if path in fields else root for path, root in self._roots}
        return [name for name in left if name not in read]


def plan_of(form: Form) -> Plan:
    """The form's plan, kept for as long as the form lives: a form never changes, a new version is a new
    one."""
    plan = _PLANS.get(id(form))
    if plan is None:
        plan = _PLANS[id(form)] = Plan(form)
        weakref.finalize(form, _PLANS.pop, id(form), None)
    return plan


_PLANS: dict[int, Plan] = {}


def _paths_of(form: Form) -> list[str]:
    paths = [path for mapping in form.fields.values() for path in mapping.from_]
    paths += [name for names in ATTRIBUTION.values() for name in names]
    others = (form.line_field, form.vendor_id, form.vendor_time, form.test_flag, form.honeypot)
    return paths + [path for path in (*others, form.consent_field) if path is not None]
