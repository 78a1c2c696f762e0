"""Forms: can every field be read, and can every requirement be met."""

import re
from collections.abc import Iterator

from phonenumbers import SUPPORTED_REGIONS

from rulebook.context import PROFILE_FIELDS
from rulebook.documents import Loc
from rulebook.form_plan import ATTRIBUTION
from rulebook.models import Form, Rulebook
from rulebook.paths import PathInvalid, steps
from rulebook.report import Report, did_you_mean

_CLICK_ID = re.compile(r"^click_ids\.[a-z][a-z0-9_]*$")
_ATTRIBUTE = re.compile(r"^attributes\.[a-z_][a-z0-9_]*$")
MAPPED_FIELDS = tuple(name for name in PROFILE_FIELDS if name not in ("attributes", "phone_raw"))
_PATHS = (
    "line_field",
    "vendor_id",
    "vendor_time",
    "test_flag",
    "honeypot",
    "consent_field",
    "redirect_field",
)


def check_forms(rulebook: Rulebook, report: Report) -> None:
    """Report references, keys used twice, fields that do not exist and requirements that cannot be met."""
    if not rulebook.forms and not report.is_partial("forms"):
        report.warning(("forms",), "there is no form", "add one as forms/<id>.yaml, or no lead can come in")
    keys: dict[str, str] = {}
    for name, form in rulebook.forms.items():
        loc: Loc = ("forms", name)
        first = keys.setdefault(form.key, name)
        if first != name:
            report.error((*loc, "key"), f"is also the key of form `{first}`", "give each form its own key")
        report.reference((*loc, "source"), "source", form.source, rulebook.sources)
        _check_lines(rulebook, loc, form, report)
        _check_fields(loc, form, report)
        _check_required(loc, form, report)


def _check_lines(rulebook: Rulebook, loc: Loc, form: Form, report: Report) -> None:
    for number, line in enumerate(form.lines):
        report.reference((*loc, "lines", number), "line", line, rulebook.lines)
    for value, line in form.line_values.items():
        report.reference((*loc, "line_values", value), "line of this form", line, form.lines)
    if form.line_values and form.line_field is None:
        report.error((*loc, "line_values"), "are never read", "add `line_field: ...`, or delete them")


def _check_fields(loc: Loc, form: Form, report: Report) -> None:
    for name in form.fields:
        known = (
            name in MAPPED_FIELDS or name in ATTRIBUTION or _ATTRIBUTE.match(name) or _CLICK_ID.match(name)
        )
        if not known:
            report.error(
                (*loc, "fields", name),
                f"there is no profile field `{name}`",
                _field_hint(name),
            )
    for key, path in _other_paths(form):
        try:
            steps(path)
        except PathInvalid as error:
            message, _, hint = str(error).partition("; ")
            report.error((*loc, *key.split(".")), message, hint or "write a path such as answers[0].text")
    if form.honeypot and any(form.honeypot in mapping.from_ for mapping in form.fields.values()):
        report.error((*loc, "honeypot"), "is also read into the profile", "name a field that no person sees")
    if form.region is not None and form.region not in SUPPORTED_REGIONS:
        report.error((*loc, "region"), f"`{form.region}` is no country", "write its ISO code, such as ES")


def _field_hint(name: str) -> str:
    hint = did_you_mean(name, [*MAPPED_FIELDS, *ATTRIBUTION])
    if hint.startswith("did") and re.fullmatch(r"[a-z_]+", name):
        return hint
    plain = re.sub(r"[^a-z0-9_]+", "_", name.removeprefix("attributes.").lower()).strip("_")
    return f"write `attributes.{plain or 'name'}` for what only this form asks"


def _other_paths(form: Form) -> Iterator[tuple[str, str]]:
    for key in _PATHS:
        path = getattr(form, key)
        if path is not None:
            yield key, path
    yield from ((f"consent_purposes.{purpose}", path) for purpose, path in form.consent_purposes.items())


def _check_required(loc: Loc, form: Form, report: Report) -> None:
    for number, entry in enumerate(form.required):
        names = [name.strip() for name in entry.split("|")]
        can = [name for name in names if name in form.fields or _comes_with(name, form)]
        unknown = [name for name in names if name not in MAPPED_FIELDS and not _ATTRIBUTE.match(name)]
        if unknown:
            hint = did_you_mean(unknown[0], MAPPED_FIELDS)
            report.error((*loc, "required", number), f"there is no profile field `{unknown[0]}`", hint)
        elif not can:
            report.error(
                (*loc, "required", number),
                f"this form reads no `{entry}`, so every submission would be refused",
                f"add it under fields, or write `required: [{'|'.join(sorted(form.fields)[:2])}]`",
            )


def _comes_with(name: str, form: Form) -> bool:
    """Names are completed from each other, and unmapped fields become attributes."""
    if name.startswith("attributes."):
        return True
    names = {"name", "first_name", "last_name"}
    return name in names and bool(names & set(form.fields))
