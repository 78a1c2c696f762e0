"""One submission read by its form's mapping. Pure, and never raises on weird input: it flags instead."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rulebook.attributes import attribute_name, attribute_value, attributes_of
from rulebook.attribution import FIRST_TOUCH, LAST_TOUCH, VISITOR, click_id, click_ids, touch, visitor
from rulebook.consent import is_yes, read_consent
from rulebook.countries import country_code
from rulebook.dummy_leads import is_test_lead
from rulebook.form_plan import Plan, Source, plan_of
from rulebook.languages import language_code
from rulebook.mail_domains import company_domain, website_domain
from rulebook.models import Form
from rulebook.moments import claimed_time
from rulebook.normalise import (
    Reading,
    clean_surrogates,
    clean_text,
    is_clean,
    read_email,
    read_employees,
    read_phone,
)
from rulebook.paths import values_at
from rulebook.scalars import as_text, scalar
from rulebook.unfolding import unfolded

LIMITS: dict[str, int] = {
    "email": 254,
    "phone_raw": 200,
    "phone_extension": 20,
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

LONGEST_TYPED = 500
"""Characters kept of what was typed; the raw fields keep all."""


@dataclass(slots=True)  # one a submission, and a frozen one takes four times as long to make
class Mapped:
    """What a form's mapping makes of one submission. Nobody changes it: `dataclasses.replace` makes another.

    `profile`, `attribution`, `consent` fit the event models of those names. `missing`: entries of the form's
    `required` that nothing satisfies. `unmapped`: top-level fields no mapping reads. `flags`:
    `<field>:<what>`. `typed`: profile field to text as typed, where it became another or none; spaces around
    it do not count. `visitor`: the website's id of the browser.
    """

    profile: dict[str, Any]
    lines: list[str]
    missing: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    attribution: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    vendor_id: str | None = None
    occurred_at: datetime | None = None
    is_test: bool = False
    honeypot_filled: bool = False
    typed: dict[str, str] = field(default_factory=dict)
    visitor: str | None = None
    consent_required: bool = False

    @property
    def consent_missing(self) -> bool:
        """Whether the form requires a consent that this submission does not give."""
        return self.consent_required and not (self.consent or {}).get("given", False)


def map_submission(
    form: Form,
    fields: Mapping[str, Any],
    received_at: datetime | None = None,
    *,
    staff_domains: Collection[str] = (),
) -> Mapped:
    """Read `fields` (decoded, as sent) by `form`.

    With `received_at` a claimed time counts only from within the day before it. Unmapped scalar fields are
    kept in `profile["attributes"]` under a plain name, so that rules can read them. An address at one of
    `staff_domains` (the rulebook's), or below one, marks a test.
    """
    plan = plan_of(form)
    if plan.unfold:
        fields = unfolded(plan.unfold, fields)
    reader = _Reader(form, plan, fields)
    profile = reader.profile()
    occurred_at, time_flags = _occurred_at(form, fields, received_at)
    lines, line_flags = _lines(form, fields)
    attribution = reader.attribution()
    return Mapped(
        profile=profile,
        lines=lines,
        missing=[entry for entry, names in plan.required if not _is_met(names, profile)],
        unmapped=reader.unmapped,
        flags=list(dict.fromkeys(reader.flags + time_flags + line_flags)),
        attribution=attribution,
        consent=read_consent(form, fields),
        vendor_id=_vendor_id(form, fields),
        occurred_at=occurred_at,
        is_test=_is_flagged(form.test_flag, fields) or is_test_lead(profile, staff_domains),
        honeypot_filled=form.honeypot is not None and bool(values_at(fields, form.honeypot)),
        typed=reader.typed,
        visitor=visitor(fields[VISITOR]) if VISITOR in fields else None,
        consent_required=form.consent_required,
    )


class _Reader:
    """Reads one submission and collects the flags on the way. What is absent costs next to nothing."""

    def __init__(self, form: Form, plan: Plan, fields: Mapping[str, Any]) -> None:
        self.form = form
        self.plan = plan
        self.fields = fields
        self.flags: list[str] = []
        self.typed: dict[str, str] = {}
        self.unmapped = plan.unmapped(fields)

    def profile(self) -> dict[str, Any]:
        profile = self._texts()
        self._read_language(profile)
        self._read_country(profile)
        headcount = self._read_employees(profile)
        self._read_email(profile)
        self._read_phone(profile)
        _complete_name(profile)
        self._read_company_domain(profile)
        profile["attributes"] = attributes = self._attributes()
        if headcount is not None:
            attributes.setdefault("employees_text", headcount)
        return profile

    def _texts(self) -> dict[str, Any]:
        """The plain texts. Most are one field each, absent or printable ASCII: then one look is all."""
        read: dict[str, Any] = {}
        fields = self.fields
        for source, value in zip(self.plan.texts, map(fields.get, self.plan.text_fields), strict=True):
            if source.only is None or isinstance(value, list | tuple):
                value = source.first(fields, self.flags)
            if value is None:
                continue
            is_ready = isinstance(value, str) and is_clean(value, LIMITS[source.name])
            text = value.strip() if is_ready else self._clean(source.name, value)
            if text:
                read[source.name] = text
        return read

    def _attributes(self) -> dict[str, Any]:
        if not self.unmapped and not self.plan.attributes:
            return {}
        attributes, flags = attributes_of(self.fields, self._attribute_values(), self.unmapped)
        self.flags += flags
        return self._as_asked(attributes) if self.plan.attributes and len(attributes) > 1 else attributes

    def _as_asked(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """In the order in which the form sent them; the mapping's own says nothing of it."""
        places = {name: place for place, name in enumerate(self.fields)}
        at = {name: source.place(places) for name, source in self.plan.attributes}
        for name in self.unmapped:
            if attributes.keys() <= at.keys():
                break  # a body may have thousands of fields beside those that are kept
            at.setdefault(attribute_name(name), places[name])
        return dict(sorted(attributes.items(), key=lambda item: at[item[0]]))

    def attribution(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if not self.plan.may_hold_attribution(self.fields):
            return found
        for source in self.plan.attribution:
            value = source.first(self.fields, [])
            text = self._clean(source.name, value) if value is not None else None
            if text is not None:
                found[source.name] = text
        found["click_ids"] = self._click_ids() or None
        found["first_touch"] = touch(self.fields.get(FIRST_TOUCH))
        found["last_touch"] = touch(self.fields.get(LAST_TOUCH))
        return {name: value for name, value in found.items() if value is not None}

    def _click_ids(self) -> dict[str, str]:
        found = click_ids(self.fields)
        for name, source in self.plan.click_ids:
            text = click_id(source.first(self.fields, []))
            if text is not None:
                found[name] = text
        return found

    def _attribute_values(self) -> dict[str, Any]:
        found = {}
        for name, source in self.plan.attributes:
            if source.only is not None and source.only not in self.fields:
                continue
            values = source.values(self.fields)
            if values:
                value, flags = attribute_value(values, source.mapping)
                self.flags += [f"{source.name}:{flag}" for flag in flags]
                if value is not None:
                    found[name] = value
        return found

    def _first(self, source: Source | None) -> Any:
        return None if source is None else source.first(self.fields, self.flags)

    def _clean(self, name: str, value: Any) -> str | None:
        limit = LIMITS[name]
        if isinstance(value, str) and is_clean(value, limit):
            return value.strip() or None
        reading = clean_text(scalar(value), limit)
        self._keep_typed(name, value, reading.value)
        return self._flagged(name, reading)

    def _keep_typed(self, name: str, value: Any, became: str | None) -> None:
        if value == became:  # nearly always
            return
        typed = as_text(scalar(value))
        if typed != became and (text := typed.strip()) != (became or ""):
            self.typed[name] = clean_surrogates(text[:LONGEST_TYPED])

    def _flagged(self, name: str, reading: Reading) -> str | None:
        if reading.flags:
            self.flags += [f"{name}:{flag}" for flag in reading.flags]
        return reading.value

    def _read_email(self, profile: dict[str, Any]) -> None:
        value = self._first(self.plan.email)
        if value is None:
            return
        reading = read_email(scalar(value))
        if reading.value != value or reading.flags:  # seldom
            self._keep_typed("email", value, reading.value)
            self._flagged("email", reading)
        _put(profile, "email", reading.value)

    def _read_phone(self, profile: dict[str, Any]) -> None:
        value = self._first(self.plan.phone)
        if value is None:
            return
        raw = clean_text(scalar(value), LIMITS["phone_raw"])
        regions = (profile.get("country"), self.form.region)
        phone = read_phone(raw.value, tuple(dict.fromkeys(region for region in regions if region)))
        self._keep_typed("phone", value, phone.value)
        if phone.flags:
            self.flags += [f"phone:{flag}" for flag in phone.flags]
        _put(profile, "phone", phone.value)
        if phone.extension is not None:
            profile.setdefault("phone_extension", phone.extension)
        _put(profile, "phone_raw", self._flagged("phone", raw))

    def _read_company_domain(self, profile: dict[str, Any]) -> None:
        named = None
        if self.plan.company_domain is not None:
            value = self._first(self.plan.company_domain)
            named = website_domain(as_text(scalar(value))) if value is not None else None
        domain = named or company_domain(profile.get("email"), profile.get("website"))
        _put(profile, "company_domain", domain)

    def _read_country(self, profile: dict[str, Any]) -> None:
        value = self._first(self.plan.country)
        if value is None or (text := clean_text(scalar(value), 100).value) is None:
            return
        code = country_code(text)
        if code is None:
            self.flags.append("country:unknown")
        if code != text:
            self.typed["country"] = text
        _put(profile, "country", code)

    def _read_language(self, profile: dict[str, Any]) -> None:
        value = self._first(self.plan.language)
        if value is None or (text := clean_text(scalar(value), 35).value) is None:
            return
        code = language_code(text)
        if code is None:
            self.flags.append("language:unknown")
        if code != text:
            self.typed["language"] = text
        _put(profile, "language", code)

    def _read_employees(self, profile: dict[str, Any]) -> str | None:
        """Returns the text where the number says less than it did."""
        value = self._first(self.plan.employees)
        if value is None:
            return None
        count = read_employees(value if isinstance(value, int) else scalar(value), self.form.language)
        _put(profile, "employees", count.value)
        if value == count.value and not count.flags:
            return None
        self.flags += [f"employees:{flag}" for flag in count.flags]
        if value == count.value or value == str(count.value):
            return None
        text = clean_text(scalar(value), 200).value
        if text is not None and text != str(count.value):
            self.typed["employees"] = text
        return text if count.flags else None


def _put(profile: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        profile[name] = value


def _complete_name(profile: dict[str, Any]) -> None:
    name, first, last = profile.get("name"), profile.get("first_name"), profile.get("last_name")
    if name is None:
        if first or last:
            profile["name"] = f"{first} {last}" if first and last else first or last
    elif not first and not last:
        first, _, last = name.partition(" ")
        profile["first_name"] = first[: LIMITS["first_name"]]
        _put(profile, "last_name", last.strip()[: LIMITS["last_name"]] or None)


def _is_met(names: list[str], profile: Mapping[str, Any]) -> bool:
    return profile.get(names[0]) is not None or any(_has_value(name, profile) for name in names)


def _has_value(name: str, profile: Mapping[str, Any]) -> bool:
    if name.startswith("attributes."):
        return name.removeprefix("attributes.") in profile["attributes"]
    return profile.get(name) is not None


def _lines(form: Form, fields: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    if form.line_field is None:
        return list(form.lines), []
    meanings = {line.casefold(): line for line in form.lines}
    meanings |= {value.casefold(): line for value, line in form.line_values.items()}
    values = [as_text(scalar(value)).strip().casefold() for value in values_at(fields, form.line_field)]
    chosen = list(dict.fromkeys(meanings[value] for value in values if value in meanings))
    flags = ["lines:unknown_value"] if any(value not in meanings for value in values) else []
    return chosen or list(form.lines[:1]), flags


def _is_flagged(path: str | None, fields: Mapping[str, Any]) -> bool:
    return path is not None and any(is_yes(value) for value in values_at(fields, path))


def _vendor_id(form: Form, fields: Mapping[str, Any]) -> str | None:
    values = values_at(fields, form.vendor_id) if form.vendor_id else []
    return clean_text(scalar(values[0]), 200).value if values else None


def _occurred_at(
    form: Form, fields: Mapping[str, Any], received_at: datetime | None
) -> tuple[datetime | None, list[str]]:
    values = values_at(fields, form.vendor_time) if form.vendor_time else []
    if not values:
        return None, []
    at, flags = claimed_time(values[0], received_at)
    return at, [f"occurred_at:{flag}" for flag in flags]
