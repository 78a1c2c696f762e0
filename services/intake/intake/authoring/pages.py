"""A page with a form, as saved by a browser: its fields, what it asks by each, and its language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

from intake.authoring.links import Place, link_of
from intake.domain.refusals import Refusal
from intake.domain.technical import HONEYPOT_PREFIX, TOKEN_FIELD
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
_NO_FIELDS = frozenset({"submit", "button", "image", "reset", "password", "file"})
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


@dataclass(slots=True)
class _Option:
    value: str | None
    text: list[str] = field(default_factory=list)

    def both(self) -> tuple[str, str]:
        """What is sent, and what is read."""
        shown = _label(self.text)
        return (shown if self.value is None else self.value), shown


@dataclass(slots=True)
class _Control:
    """One input, with what stands around it."""

    name: str
    kind: str
    given: dict[str, str]
    label: list[str] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)
    options: list[_Option] = field(default_factory=list)


class _Address(str):
    """Where a link inside a label leads, as written."""

    __slots__ = ()


class _Picture(str):
    """What a picture in a label shows: words beside it say it again, so it counts where there are none."""

    __slots__ = ()


@dataclass(slots=True)
class _Link:
    """A link that is open. `shown`: how many parts its label had before it; `name`: its own, unseen."""

    address: str
    shown: int
    name: str


class _Page(HTMLParser):
    """Collects the named controls of a page's forms."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.forms: list[tuple[str, list[_Control]]] = []
        self.labels: dict[str, list[str]] = {}
        self._controls: list[_Control] | None = None
        self._label: list[str] | None = None
        self._legends: list[list[str]] = []
        self._in_legend = False
        self._select: _Control | None = None
        self._link: _Link | None = None
        self._silent = 0
        self.place = Place()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.place.note(tag, given)
        if tag == "html":
            self.language = given.get("lang", "")
        elif tag == "form":
            self._controls = []
            self.forms.append((given.get("lang", ""), self._controls))
        elif tag == "label":
            self._label = self.labels.setdefault(given["for"], []) if given.get("for") else []
        elif tag == "fieldset":
            self._legends.append([])
        elif tag == "legend":
            self._in_legend = True
        elif tag in ("a", "img"):
            self._note_linked(tag, given)
        elif tag == "option" and self._select is not None:
            self._select.options.append(_Option(given.get("value")))
        elif tag in ("input", "select", "textarea"):
            self._note(tag, given)
        self._silent += tag in ("script", "style", "button", "textarea")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._controls = None
        elif tag == "label":
            self._end_link()
            self._label = None
        elif tag == "fieldset" and self._legends:
            self._legends.pop()
        elif tag == "legend":
            self._in_legend = False
        elif tag == "a":
            self._end_link()
        elif tag == "select":
            self._select = None
        self._silent -= tag in ("script", "style", "button", "textarea") and self._silent > 0

    def handle_comment(self, data: str) -> None:
        self.place.note_comment(data)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._select is not None:
            if self._select.options:
                self._select.options[-1].text.append(data)
        elif self._in_legend and self._legends:
            self._legends[-1].append(data)
        elif self._label is not None:
            self._label.append(data)

    def _note_linked(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            alt = given.get("alt", "")
            self.handle_data(alt if self._link is not None else _Picture(alt))
            return
        self._end_link()
        if self._label is not None:
            name = given.get("aria-label") or given.get("title") or ""
            self._link = _Link(link_of(given.get("href", "")), len(self._label), name)

    def _end_link(self) -> None:
        if self._link is not None and self._label is not None:
            if not "".join(self._label[self._link.shown :]).strip():
                self._label.append(self._link.name)
            if self._link.address:
                self._label.append(_Address(self._link.address))
        self._link = None

    def _note(self, tag: str, given: dict[str, str]) -> None:
        kind = (given.get("type") or "text").lower() if tag == "input" else tag
        name = given.get("name", "")
        control = _Control(name, kind, given, self._label if self._label is not None else [])
        if self._legends:
            control.legend = self._legends[-1]
        if tag == "select":
            self._select = control
        is_own = name.startswith(HONEYPOT_PREFIX) or name == TOKEN_FIELD
        if self._controls is not None and name and not is_own and kind not in _NO_FIELDS:
            self._controls.append(control)


def read_page(body: bytes) -> Sample:
    """The largest form of a page, empty fields filled in by their type. Raises Refusal without one."""
    page = _Page()
    page.feed(_text(body))
    page.close()
    language, controls = max(page.forms, key=lambda form: len(form[1]), default=("", []))
    if not controls:
        raise Refusal(400, "No form", "the page holds no <form> with named fields: save the page that has it")
    by_name: dict[str, list[_Control]] = {}
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


def _value(controls: list[_Control]) -> str:
    first = controls[0]
    if first.kind == "select":
        return next((value for value, _ in map(_Option.both, first.options) if value.strip()), "")
    value = first.given.get("value", "")
    if first.kind == "checkbox":
        return value or "on"
    return value or _MADE_UP.get(first.kind, "")


def _input(controls: list[_Control], page: _Page) -> Input:
    first = controls[0]
    said = [_label(_parts(each, page)) for each in controls]
    is_required = any(
        "required" in each.given or each.given.get("aria-required") == "true" for each in controls
    )
    if first.kind == "radio" or (first.kind == "checkbox" and len(controls) > 1):
        options = {
            each.given.get("value", "on"): text or each.given.get("value", "on")
            for each, text in zip(controls, said, strict=True)
        }
        label = _label(first.legend) or None
        return Input(type=_KINDS.get(first.kind, "text"), label=label, options=options, required=is_required)
    options = {
        value: shown for value, shown in map(_Option.both, first.options[:_MOST_OPTIONS]) if value.strip()
    }
    hint = first.given.get("aria-label") or first.given.get("placeholder") or ""
    kind = _KINDS.get(first.kind, "text")
    value = first.given.get("value") if kind in ("hidden", "checkbox") else None
    label = None if kind == "hidden" else (said[0] or _label([hint]) or None)
    if kind == "checkbox":  # what is agreed to is often behind a link
        label = _with_links(_parts(first, page), label or first.name, page) or label
    return Input(type=kind, label=label, value=value or None, options=options, required=is_required)


def _known(control: _Control) -> str | None:
    words = control.given.get("autocomplete", "").lower().split()
    return _AUTOFILL.get(words[-1]) if words and control.kind != "hidden" else None


def _parts(control: _Control, page: _Page) -> list[str]:
    """What the label around a control holds, else the one that names it."""
    return control.label or page.labels.get(control.given.get("id", ""), [])


def _with_links(parts: list[str], name: str, page: _Page) -> str:
    """A label with the address behind each link; `name` where it shows no text. "" without links."""
    has_words = any(part.strip() for part in parts if type(part) is str)
    seen = [] if has_words else [name]
    links = 0
    for part in parts:
        if not isinstance(part, _Address):
            seen += [part] if type(part) is str else []
        elif address := page.place.address_of(part):
            seen.append(f" ({address})")
            links += 1
    return _line(seen) if links else ""


def _label(parts: list[str]) -> str:
    """The words of a label, else what its pictures show."""
    words = [part for part in parts if not isinstance(part, _Address | _Picture)]
    return _line(words) or _line([part for part in parts if isinstance(part, _Picture)])


def _line(parts: Iterable[str]) -> str:
    return " ".join("".join(parts).split()).rstrip(" *:").strip()
