"""A page with a form, as saved by a browser: its fields, what it asks by each, and its language."""

import re
from typing import Literal

from intake.authoring.controls import Address, Control, Option, Page, label_text, one_line
from intake.domain.refusals import Refusal
from rulebook.countries import country_code
from rulebook.form_sample import Sample
from rulebook.models import Input

Kind = Literal["text", "email", "tel", "url", "number", "date", "textarea", "checkbox", "hidden"]
_KINDS: dict[str, Kind] = {
    "email": "email",
    "tel": "tel",
    "url": "url",
    "number": "number",
    "range": "number",
    "date": "date",
    "datetime-local": "date",
    "textarea": "textarea",
    "checkbox": "checkbox",
    "hidden": "hidden",
}
_MADE_UP = {
    "email": "ana@example.com",
    "tel": "+34600000001",
    "url": "https://www.example.com",
    "number": "5",
}
"""What an empty field of a page is filled with, by the type of its input, so that its type shows."""
_AUTOFILL = {
    "email": "email",
    "tel": "phone",
    "tel-national": "phone",
    "name": "name",
    "given-name": "first_name",
    "family-name": "last_name",
    "organization": "company",
    "organization-title": "job_title",
    "country": "country",
    "country-name": "country",
    "address-level1": "region",
    "address-level2": "city",
    "postal-code": "postcode",
    "url": "website",
}
"""The profile field that HTML's `autocomplete` names. Source: HTML standard, "Autofill"."""
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
_MOST_OPTIONS = 300


def read_page(body: bytes) -> Sample:
    """The largest form of a page, empty fields filled in by their type. Raises Refusal without one."""
    page = Page()
    page.feed(_text(body))
    page.close()
    language, controls = max(page.forms, key=lambda form: len(form[1]), default=("", []))
    if not controls:
        raise Refusal(400, "No form", "the page holds no <form> with named fields: save the page that has it")
    by_name: dict[str, list[Control]] = {}
    for control in controls:
        by_name.setdefault(control.name, []).append(control)
    spoken, region = _language(language or page.language)
    return Sample(
        fields={name: _value(each) for name, each in by_name.items()},
        kind="page",
        inputs={name: _input(each, page) for name, each in by_name.items()},
        profile={name: known for name, each in by_name.items() if (known := _known(each[0]))},
        language=spoken,
        region=region,
    )


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        told = _CHARSET.search(body[:4096])
        try:
            return body.decode(told[1].decode("ascii") if told else "cp1252", "replace")
        except LookupError:
            return body.decode("cp1252", "replace")


def _language(code: str) -> tuple[str | None, str | None]:
    """ISO 639-1 and ISO 3166-1 of a language tag such as es-ES (RFC 5646)."""
    language, *rest = code.strip().replace("_", "-").split("-")
    region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), None)
    known = region if region is not None and country_code(region) == region else None
    return (language.lower() if len(language) == 2 and language.isalpha() else None), known


def _value(controls: list[Control]) -> str:
    first = controls[0]
    if first.kind == "select":
        return next((value for value, _ in map(Option.both, first.options) if value.strip()), "")
    value = first.given.get("value", "")
    if first.kind == "checkbox":
        return value or "on"
    return value or _MADE_UP.get(first.kind, "")


def _input(controls: list[Control], page: Page) -> Input:
    first = controls[0]
    said = [label_text(_parts(each, page)) for each in controls]
    is_required = any(
        "required" in each.given or each.given.get("aria-required") == "true" for each in controls
    )
    if first.kind == "radio" or (first.kind == "checkbox" and len(controls) > 1):
        options = {
            each.given.get("value", "on"): text or each.given.get("value", "on")
            for each, text in zip(controls, said, strict=True)
        }
        label = label_text(first.legend) or None
        return Input(type=_KINDS.get(first.kind, "text"), label=label, options=options, required=is_required)
    options = {
        value: shown for value, shown in map(Option.both, first.options[:_MOST_OPTIONS]) if value.strip()
    }
    hint = first.given.get("aria-label") or first.given.get("placeholder") or ""
    kind = _KINDS.get(first.kind, "text")
    value = first.given.get("value") if kind in ("hidden", "checkbox") else None
    label = None if kind == "hidden" else (said[0] or label_text([hint]) or None)
    if kind == "checkbox":  # what is agreed to is often behind a link
        label = _with_links(_parts(first, page), label or first.name, page) or label
    return Input(type=kind, label=label, value=value or None, options=options, required=is_required)


def _known(control: Control) -> str | None:
    words = control.given.get("autocomplete", "").lower().split()
    return _AUTOFILL.get(words[-1]) if words and control.kind != "hidden" else None


def _parts(control: Control, page: Page) -> list[str]:
    """What the label around a control holds, else the one that names it."""
    return control.label or page.labels.get(control.given.get("id", ""), [])


def _with_links(parts: list[str], name: str, page: Page) -> str:
    """A label with the address behind each link; `name` where it shows no text. "" without links."""
    has_words = any(part.strip() for part in parts if type(part) is str)
    seen = [] if has_words else [name]
    links = 0
    for part in parts:
        if not isinstance(part, Address):
            seen += [part] if type(part) is str else []
        elif address := page.place.address_of(part):
            seen.append(f" ({address})")
            links += 1
    return one_line(seen) if links else ""
