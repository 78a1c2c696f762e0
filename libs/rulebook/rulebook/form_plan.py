"""A form prepared for reading: what is the same for every submission is worked out once, at the first one."""

import re
import weakref
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

from rulebook.attribution import CLICK_IDS, FIRST_TOUCH, LAST_TOUCH, OWN_PREFIX
from rulebook.context import PROFILE_FIELDS
from rulebook.models import FieldMapping, Form, Split
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

CLICK_ID = "click_ids."
"""A form's mapping names a click id as `click_ids.gclid`, where the vendor calls it otherwise."""

_NOT_PLAIN_TEXT = frozenset(
    {"email", "phone", "phone_raw", "company_domain", "country", "language", "employees", "attributes"}
)
TEXTS = tuple(name for name in PROFILE_FIELDS if name not in _NOT_PLAIN_TEXT)
"""The profile fields that are texts and no more."""

_ATTRIBUTE = "attributes."
_LISTS = (list, tuple)

_ROOT = re.compile(r"[.\[]")


class Source:
    """Where the field `name` is read from."""

    def __init__(self, name: str, mapping: FieldMapping) -> None:
        self.name = name
        self.mapping = mapping
        self._replacements = {key.casefold(): value for key, value in mapping.values.items()}
        self._is_changed = mapping.split is not None or mapping.lower
        self.is_simple = (
            mapping.join is None
            and not self._is_changed
            and mapping.default is None
            and not self._replacements
            and all(map(is_plain, mapping.from_))
        )
        self._names = tuple(mapping.from_)
        self.only = self._names[0] if self.is_simple and len(self._names) == 1 else None
        """The one field that it is read from as it is; None where there is more to it."""

    def place(self, places: Mapping[str, int]) -> int:
        """Where in the submission it stands, by the places of the fields; behind all where it is in none."""
        found = (places.get(each) for name in self._names for each in (name, _ROOT.split(name, 1)[0]))
        return min((each for each in found if each is not None), default=len(places))

    def first(self, fields: Mapping[str, Any], flags: list[str]) -> Any:
        """The first value, None without one; `<name>:several_values` joins `flags` where there are more."""
        if self.only is not None and fields.get(self.only) is None:
            return None
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
        if self._is_changed:
            found = [part for value in found for part in self._changed(value)]
        if not found and mapping.default is not None:
            found = [mapping.default]
        return found

    def _changed(self, value: Any) -> list[Any]:
        split = self.mapping.split
        texts = [value] if split is None else parts_of(as_text(scalar(value)), split)
        return [text.lower() if self.mapping.lower and isinstance(text, str) else text for text in texts]

    def _first_of_all(self, fields: Mapping[str, Any], flags: list[str]) -> Any:
        values = self.values(fields)
        if len(values) > 1 and self.name != "message" and any(value != values[0] for value in values):
            flags.append(f"{self.name}:several_values")
        return values[0] if values else None

    def _replaced(self, value: Any) -> Any:
        return self._replacements.get(as_text(scalar(value)).strip().casefold(), value)


class Plan:
    """The sources of a form's fields by what they become, and the names that something reads."""

    def __init__(self, form: Form) -> None:
        sources = {name: Source(name, mapping) for name, mapping in form.fields.items()}
        self.texts = [source for name, source in sources.items() if name in TEXTS]
        self.text_fields = [source.only or "" for source in self.texts]
        self.email = sources.get("email")
        self.phone = sources.get("phone")
        self.country = sources.get("country")
        self.language = sources.get("language")
        self.employees = sources.get("employees")
        self.company_domain = sources.get("company_domain")
        self.unfold = form.unfold
        self.attributes = [
            (name.removeprefix(_ATTRIBUTE), source)
            for name, source in sources.items()
            if name.startswith(_ATTRIBUTE)
        ]
        self.attribution = [
            sources.get(name) or Source(name, FieldMapping(from_=list(names)))
            for name, names in ATTRIBUTION.items()
        ]
        self.click_ids = [
            (name.removeprefix(CLICK_ID), source)
            for name, source in sources.items()
            if name.startswith(CLICK_ID)
        ]
        read = [*self.attribution, *(source for _, source in self.click_ids)]
        self._attribution_names = {
            *(name for source in read if source.is_simple for name in source.mapping.from_),
            *CLICK_IDS,
            FIRST_TOUCH,
            LAST_TOUCH,
        }
        self._has_own_attribution = not all(source.is_simple for source in read)
        self.required = [(entry, [name.strip() for name in entry.split("|")]) for entry in form.required]
        paths = list(_paths_of(form))
        self._known = {*form.volatile, *CLICK_IDS, *(path for path in paths if is_plain(path))}
        self._deep = [path for path in paths if not is_plain(path)]
        self._roots = [(path, steps(path)[0][1]) for path in self._deep]

    def may_hold_attribution(self, fields: Mapping[str, Any]) -> bool:
        """Whether looking for attribution can find anything: most submissions carry none."""
        return self._has_own_attribution or not self._attribution_names.isdisjoint(fields)

    def unmapped(self, fields: Mapping[str, Any]) -> list[str]:
        """The top-level fields that neither the mapping nor anything else of the form reads."""
        if fields.keys() <= self._known:
            return []
        left = [name for name in fields if name not in self._known and not _is_own(name)]
        if not left or not self._roots:
            return left
        read = {path if path in fields else root for path, root in self._roots}
        patterns = [root for root in read if "*" in root]
        left = [
            name
            for name in left
            if name not in read and not any(fnmatchcase(name, pattern) for pattern in patterns)
        ]
        return self._not_read_inside(left, fields) if left and self.unfold else left

    def _not_read_inside(self, left: list[str], fields: Mapping[str, Any]) -> list[str]:
        """Less those answers that a path found where they lay before they were laid out."""
        read = {token_of(value, path) for path in self._deep for value in values_at(fields, path)}
        return [name for name in left if not any(is_read(value, read) for value in _each(fields[name]))]


def parts_of(text: str, split: Split | str) -> list[str]:
    """The parts of a text that a mapping's `split` asks for, without empty ones.

    `first` and `last` take a person's name apart at its first space, `Ruiz, Ana` at its comma.
    """
    if isinstance(split, str):
        last, comma, first = text.partition(",")
        if not comma:
            first, _, last = text.strip().partition(" ")
        parts = [first if split == "first" else last]
    else:
        parts = text.split(split.by)
        if split.part is not None:
            place = split.part - 1 if split.part > 0 else split.part
            parts = parts[place:][:1] if -len(parts) <= place else []
    return [part.strip() for part in parts if part.strip()]


def token_of(value: Any, path: str) -> int | str | None:
    """What tells that an answer is the one a path found: the text as an object, or where the path parses JSON
    anew, the text itself. None for numbers and single letters, which are the same everywhere."""
    if not isinstance(value, str) or len(value) < 2:
        return None
    return value if "|json" in path else id(value)


def is_read(value: Any, tokens: Collection[int | str | None]) -> bool:
    """Whether one of `tokens` is of this value."""
    return isinstance(value, str) and len(value) > 1 and (id(value) in tokens or value in tokens)


def plan_of(form: Form) -> Plan:
    """The form's plan, kept for as long as the form lives: a form never changes, a new version is a new
    one."""
    plan = _PLANS.get(id(form))
    if plan is None:
        plan = _PLANS[id(form)] = Plan(form)
        weakref.finalize(form, _PLANS.pop, id(form), None)
    return plan


_PLANS: dict[int, Plan] = {}


def _is_own(name: str) -> bool:
    return name.startswith(OWN_PREFIX) or name == "cf-turnstile-response"


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _paths_of(form: Form) -> list[str]:
    paths = [path for mapping in form.fields.values() for path in mapping.from_]
    paths += [name for names in ATTRIBUTION.values() for name in names]
    others: tuple[str | None, ...] = (
        form.line_field,
        form.vendor_id,
        form.vendor_time,
        form.test_flag,
        form.honeypot,
    )
    paths += [unfold.at for unfold in form.unfold]
    paths += form.consent_purposes.values()
    others += (form.consent_field, form.redirect_field)
    if form.signature is not None:
        others += (form.signature.field,)
    return paths + [path for path in others if path is not None]
