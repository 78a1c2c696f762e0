"""What a form asks a visitor, field by field: as its page asks, else as its mapping lets one guess. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.domain.wording import label_of
from rulebook.attribution import CLICK_IDS
from rulebook.form_plan import ATTRIBUTION, CLICK_ID
from rulebook.models import FieldMapping, Form, Input
from rulebook.paths import is_plain

_TYPES = {"email": "email", "phone": "tel", "website": "url", "message": "textarea"}
_UNSEEN = frozenset({"external_id", "company_domain", "phone_extension"})
"""Profile fields that no visitor fills in."""
_CHOSEN = frozenset({"industry", "employees"})
"""Profile fields whose replaced values are the choices; others' are corrections of what people type."""
_ATTRIBUTE = "attributes."
_LINE = {
    "en": "What is it about?",
    "es": "¿De qué se trata?",
    "pt": "De que se trata?",
    "it": "Di cosa si tratta?",
    "ro": "Despre ce este vorba?",
    "de": "Worum geht es?",
    "fr": "De quoi s'agit-il ?",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a page. `profile`: what it is read as, if anything; `options`: what is sent, and shown."""

    name: str
    label: str
    type: str
    profile: str | None = None
    value: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    is_required: bool = False


def questions_of(form: Form, language: str) -> list[Question]:
    """In the order of the page where it is known, then as the mapping stands; each field once. Where a
    visitor came from is not asked: baton.js tells it."""
    read_as = {path: name for name, mapping in form.fields.items() for path in mapping.from_}
    own = {form.consent_field, form.honeypot}
    asked = [
        _from_page(name, each, read_as.get(name), language)
        for name, each in form.inputs.items()
        if name not in own
    ]
    return asked + [each for each in _from_mapping(form, language) if each.name not in form.inputs]


def _from_page(name: str, asked: Input, profile: str | None, language: str) -> Question:
    label = asked.label or _label(profile or "", name, language)
    options = dict(asked.options)
    return Question(name, label, asked.type, profile, asked.value, options, asked.required)


def _from_mapping(form: Form, language: str) -> Iterator[Question]:
    alone = {entry for entry in form.required if "|" not in entry}
    if form.line_field is not None and is_plain(form.line_field):
        lines = list(form.line_values) or form.lines
        yield Question(form.line_field, _LINE[language], "text", options={each: each for each in lines})
    for name, mapping in form.fields.items():
        path = next((path for path in mapping.from_ if is_plain(path)), None)
        is_known = any(path in form.inputs for path in mapping.from_)
        if path is None or is_known or name in ATTRIBUTION or name.startswith(CLICK_ID) or path in CLICK_IDS:
            continue
        yield _guessed(name, path, mapping, language, is_required=name in alone)


def _guessed(name: str, path: str, mapping: FieldMapping, language: str, *, is_required: bool) -> Question:
    label = _label(name, path, language)
    if name == "language" or name in _UNSEEN:
        return Question(path, label, "hidden", name, language if name == "language" else None)
    is_choice = name.startswith(_ATTRIBUTE) or name in _CHOSEN
    options = {sent: sent for sent, meant in mapping.values.items() if meant is not None} if is_choice else {}
    kind = _TYPES.get(name, {"number": "number", "boolean": "checkbox"}.get(mapping.as_ or "", "text"))
    return Question(path, label, "text" if options else kind, name, None, options, is_required)


def _label(name: str, path: str, language: str) -> str:
    return label_of(name, language) or path.replace("_", " ").replace("-", " ").strip().capitalize() or path
