"""A form proposed for a payload: by its vendor's ready mapping where the shape is known, else by the fields'
names and values. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rulebook.attribution import CLICK_IDS, OWN_PREFIX
from rulebook.consent import YES
from rulebook.field_guess import guess, last_word
from rulebook.form_explain import attribute_key, leaves, quoted
from rulebook.form_plan import ATTRIBUTION, plan_of
from rulebook.mapping import map_submission
from rulebook.models import Form
from rulebook.paths import PathInvalid, steps
from rulebook.scalars import as_text
from rulebook.unfolding import unfolded
from rulebook.vendor_presets import preset, with_preset
from rulebook.vendor_shapes import is_notice, vendor_of

_CONSENT = re.compile(
    "consent|privacy|gdpr|rgpd|terms|agree|accept|consentimiento|privacidad|consentimento|privacidade|acepto"
    "|aceito|consenso|accetto|acord|consimt|datenschutz|einwillig|consentement|acceptance",
    re.IGNORECASE,
)
_PASSING = re.compile(
    "token|nonce|csrf|timestamp|captcha|signature|secret|api_?key|password|^_|(^|_)hash$", re.IGNORECASE
)
_MOST_ATTRIBUTES = 40
_SIGNATURES = {
    "typeform": "signature: {scheme: typeform, secret: my-typeform}",
    "google_ads": "signature: {scheme: google_key, secret: my-google-ads}",
    "hubspot": "signature: {scheme: hubspot_v3, secret: my-hubspot}",
    "meta": "signature: {scheme: meta, secret: my-meta-app, verify_token: my-meta-challenge}",
    "linkedin": "signature: {scheme: linkedin, secret: my-linkedin-app}",
}
_FETCHES = {
    "meta": "fetch: {api: meta, token: my-meta-token}",
    "linkedin": "fetch: {api: linkedin, token: my-linkedin-token}",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A form to look over and keep as `forms/<form_id>.yaml`.

    `vendor`: whose ready mapping it starts from; `document`: the form as YAML says it; `yaml`: its text;
    `notes`: what a person has to decide still.
    """

    form_id: str
    vendor: str | None
    document: dict[str, Any]
    yaml: str
    notes: list[str] = field(default_factory=list)


def propose(
    fields: Mapping[str, Any], name: str, *, key: str | None = None, source: str = "website"
) -> Proposal:
    """A form for payloads such as `fields` (decoded, as sent), called `name`; `key`, else one made of the
    name, is what stands in the page; `source` is one of the rulebook's."""
    form_id = slug(name)
    vendor = vendor_of(fields)
    document: dict[str, Any] = {"name": name, "key": key or f"{form_id}-lead-form", "source": source}
    if vendor is not None:
        document["vendor"] = vendor
    found = _found(fields, document)
    document |= found.keys
    document["fields"] = found.mapping
    if found.volatile:
        document["volatile"] = found.volatile
    notes = [*found.notes, *_reach(document, fields)]
    return Proposal(form_id, vendor, document, _yaml(document, notes, vendor, is_notice(fields)), notes)


def slug(name: str) -> str:
    """A form's id from its name: `Solicitar demostración` is `solicitar-demostracion`."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "form"


@dataclass(slots=True)
class _Found:
    mapping: dict[str, list[str]] = field(default_factory=dict)
    volatile: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _found(fields: Mapping[str, Any], document: Mapping[str, Any]) -> _Found:
    """What the vendor's ready mapping leaves over, by name and value; without a vendor, everything."""
    found = _Found()
    base = Form.model_validate(with_preset({**document, "fields": {}})) if "vendor" in document else None
    opened = unfolded(base.unfold, fields) if base is not None else fields
    read = map_submission(base, fields).profile if base is not None and not is_notice(fields) else {}
    left = set(plan_of(base).unmapped(opened)) if base is not None else set(opened)
    usual = {usual for names in ATTRIBUTION.values() for usual in names} | set(CLICK_IDS)
    for place, path, value in leaves(opened):
        top = place[0]
        if top not in left or top in usual or top.startswith(OWN_PREFIX) or is_notice(fields):
            continue
        _place(found, path, value, read, is_top=len(place) == 1)
    return found


def _place(found: _Found, path: str, value: Any, read: Mapping[str, Any], *, is_top: bool) -> None:
    word = last_word(path)
    if not _is_readable(path):
        found.notes.append(f"the field {quoted(path)} cannot be written as a path: rename it in the tool")
    elif is_top and _PASSING.search(word):
        found.volatile.append(path)
    elif _CONSENT.search(word) and as_text(value).strip().casefold() in YES:
        found.keys.setdefault("consent_field", path)
    elif word.lower() in ("is_test", "test", "istest"):
        found.keys.setdefault("test_flag", path)
    elif (known := guess(path, value)) is not None and known not in read:
        found.mapping.setdefault(known, []).append(path)
    elif (
        value not in (None, "", [], {})
        and sum("attributes" in name for name in found.mapping) < _MOST_ATTRIBUTES
    ):
        found.mapping[_free_name(f"attributes.{attribute_key(word)}", found.mapping)] = [path]


def _free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    return next(each for n in count(1) if (each := name if n == 1 else f"{name}_{n}") not in taken)


def _is_readable(path: str) -> bool:
    try:
        steps(path)
    except PathInvalid:
        return False
    return True


def _reach(document: dict[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """Whether a person can be reached by what is mapped; else what the form asks for instead."""
    if is_notice(fields):
        return ["the payload is a notice of ids only: each lead is fetched, give the token's secret"]
    form = Form.model_validate(with_preset(document))
    profile = map_submission(form, fields).profile
    if profile.get("email") or profile.get("phone"):
        return []
    named = [name for name in ("external_id", "name", "first_name", "company") if profile.get(name)]
    if not named:
        return ["nothing in the payload looks like an e-mail or a phone: map one by hand"]
    document["required"] = [f"email|phone|{named[0]}"]
    return [f"no e-mail and no phone in this payload: the form takes leads by {named[0]} too"]


def _yaml(document: Mapping[str, Any], notes: list[str], vendor: str | None, notice: bool) -> str:
    lines = ["# yaml-language-server: $schema=../.schemas/form.schema.json"]
    lines += [f"# To decide: {note}" for note in notes]
    for key, value in document.items():
        if key == "fields":
            lines += _fields_yaml(value, vendor)
        elif isinstance(value, list):
            lines.append(f"{key}: [{', '.join(quoted(each, within=True) for each in value)}]")
        else:
            lines.append(f"{key}: {quoted(value)}")
    if vendor in _SIGNATURES:
        lines.append(f"# so that only {vendor} can send: {_SIGNATURES[vendor]}")
    if vendor in _FETCHES:
        lines.append(_FETCHES[vendor] if notice else f"# for notices: {_FETCHES[vendor]}")
    return "\n".join(lines) + "\n"


def _fields_yaml(mapping: Mapping[str, list[str]], vendor: str | None) -> list[str]:
    if vendor is not None:
        ready = ", ".join(preset(vendor).get("fields", {}))
        head = [f"# read by the ready mapping of {vendor}: {ready}"]
    else:
        head = []
    if not mapping:
        return head + ([] if vendor is not None else ["fields: {}"])
    lines = [*head, "fields:"]
    for name, paths in mapping.items():
        shown = (
            quoted(paths[0])
            if len(paths) == 1
            else f"[{', '.join(quoted(each, within=True) for each in paths)}]"
        )
        lines.append(f"  {name}: {shown}")
    return lines
