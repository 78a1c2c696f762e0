"""A form proposed for a payload, a page or a file: by its vendor's ready mapping where the shape is known,
else by the fields' names, questions and values. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulebook.answer_pairs import pairs_in
from rulebook.attribution import CLICK_IDS, OWN_PREFIX
from rulebook.form_explain import laid_out, leaves
from rulebook.form_plan import ATTRIBUTION, plan_of
from rulebook.form_sample import Sample, labels_of
from rulebook.mapping import map_submission
from rulebook.models import Form, Input
from rulebook.proposal_fields import Found, Leaf, settle_names, take
from rulebook.proposal_text import Open, form_yaml
from rulebook.unfolding import unfolded
from rulebook.vendor_presets import with_preset
from rulebook.vendor_shapes import is_notice, vendor_of

_SIGNATURES = {
    "typeform": "{scheme: typeform, secret: my-typeform}",
    "google_ads": "{scheme: google_key, secret: my-google-ads}",
    "hubspot": "{scheme: hubspot_v3, secret: my-hubspot}",
    "meta": "{scheme: meta, secret: my-meta-app, verify_token: my-meta-challenge}",
    "linkedin": "{scheme: linkedin, secret: my-linkedin-app}",
    "jotform": "{scheme: shared_secret, secret: my-jotform, field: key}",
    "gravity_forms": "{scheme: shared_secret, secret: my-site, header: X-Baton-Key}",
    "contact_form_7": "{scheme: shared_secret, secret: my-site, header: X-Baton-Key}",
}
_FETCHES = {
    "meta": "fetch: {api: meta, token: my-meta-token}",
    "linkedin": "fetch: {api: linkedin, token: my-linkedin-token}",
}
_SENDS_COUNTRY_CODES = frozenset({"typeform", "meta", "google_ads", "linkedin"})
_REGION_OF = {"es": "ES", "pt": "PT", "it": "IT", "ro": "RO", "de": "DE", "fr": "FR"}
_SPOKEN = re.compile("[a-z]{2}")


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
    fields: Mapping[str, Any] | Sample, name: str, *, key: str | None = None, source: str = "website"
) -> Proposal:
    """A form for payloads such as `fields` (decoded, as sent), called `name`; `key`, else one made of the
    name, is what stands in the page; `source` is one of the rulebook's."""
    sample = fields if isinstance(fields, Sample) else Sample(fields)
    form_id = slug(name)
    vendor = vendor_of(sample.fields) if sample.kind == "post" else None
    document: dict[str, Any] = {"name": name, "key": key or f"{form_id}-lead-form", "source": source}
    document |= _particulars(sample, vendor)
    labels = _labels(sample)
    found = _found(sample, document, labels)
    document |= found.keys
    inputs = _inputs(sample, found, document)
    if inputs:
        document["inputs"] = inputs
    if found.volatile:
        document["volatile"] = found.volatile
    document["fields"] = {name: _mapping(paths, found) for name, paths in found.mapping.items()}
    opens = [
        *_reach(document, sample, found),
        *found.opens,
        *_region(document, sample, found),
        *_undecided(found),
    ]
    opens += _sender(vendor, form_id, sample)
    notes = [each.why for each in opens]
    return Proposal(
        form_id, vendor, _plain(document), form_yaml(document, opens, {} if inputs else labels), notes
    )


def slug(name: str) -> str:
    """A form's id from its name: `Solicitar demostración` is `solicitar-demostracion`."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "form"


def _particulars(sample: Sample, vendor: str | None) -> dict[str, Any]:
    """What is known before any field is looked at."""
    known: dict[str, Any] = {}
    if vendor is not None:
        known["vendor"] = vendor
    if sample.language is not None and _SPOKEN.fullmatch(sample.language):
        known["language"] = sample.language
    if sample.region is not None:
        known["region"] = sample.region
    if sample.kind == "file":
        known["alert_on_silence"] = False
    unfold = pairs_in(sample.fields) if vendor is None and sample.kind == "post" else []
    return known | ({"unfold": unfold} if unfold else {})


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """As YAML says it."""
    plain = dict(document)
    if "unfold" in plain:
        plain["unfold"] = [each.model_dump() for each in plain["unfold"]]
    if "inputs" in plain:
        plain["inputs"] = {
            name: each.model_dump(exclude_defaults=True) for name, each in plain["inputs"].items()
        }
    return plain


def _labels(sample: Sample) -> dict[str, str]:
    asked = {name: each.label for name, each in sample.inputs.items() if each.label}
    return asked | labels_of(sample.fields)


def _found(sample: Sample, document: Mapping[str, Any], labels: Mapping[str, str]) -> Found:
    """What the vendor's ready mapping leaves over, by name and value; without a vendor, everything."""
    found, fields = Found(), sample.fields
    if is_notice(fields):
        return found
    base = Form.model_validate(with_preset(_plain(document) | {"fields": {}}))
    opened = unfolded(base.unfold, fields)
    read = map_submission(base, fields).profile if base.vendor is not None else {}
    left = set(plan_of(base).unmapped(opened)) if base.vendor is not None else set(opened)
    usual = _usual()
    inside = laid_out(base, fields)
    for place, path, value in leaves(opened):
        top = place[0]
        is_inside = any(place[: len(other)] == other for other in inside)
        if is_inside or top not in left or top in usual or top.startswith(OWN_PREFIX):
            continue
        asked = sample.inputs.get(top) if len(place) == 1 else None
        known = sample.profile.get(top) if len(place) == 1 else None
        is_own_id = base.vendor is None and sample.kind == "post"
        leaf = Leaf(
            path, value, len(place) == 1, asked, labels.get(top, ""), known, is_own_id, sample.kind == "file"
        )
        take(found, leaf, read)
    settle_names(found)
    return found


def _usual() -> set[str]:
    """Fields that say where a visitor came from, which are read as they are."""
    return {usual for names in ATTRIBUTION.values() for usual in names} | set(CLICK_IDS)


def _mapping(paths: list[str], found: Found) -> Any:
    kind = next((found.kinds[path] for path in paths if path in found.kinds), None)
    return paths if kind is None else {"from": paths, "as": kind}


def _inputs(sample: Sample, found: Found, document: Mapping[str, Any]) -> dict[str, Input]:
    """How the page asks, for what does not differ from visit to visit; of a consent box only that it must be
    ticked, as its text stands for itself."""
    box = str(document.get("consent_field"))
    left_out = {*found.volatile, *_usual(), box}
    asked = {name: each for name, each in sample.inputs.items() if name not in left_out}
    if box in sample.inputs and sample.inputs[box].required:
        asked[box] = Input(type="checkbox", required=True)
    return asked


def _reach(document: dict[str, Any], sample: Sample, found: Found) -> list[Open]:
    """Whether a person can be reached by what is mapped; else what the form asks for instead."""
    if is_notice(sample.fields):
        return [Open("the payload is a notice of ids only: each lead is fetched, give the token's secret")]
    form = Form.model_validate(with_preset(_plain(document)))
    profile = map_submission(form, sample.fields).profile
    reached = {"email", "phone"} & found.mapping.keys() or profile.get("email") or profile.get("phone")
    if reached:
        return []
    named = [
        name
        for name in ("external_id", "name", "first_name", "company")
        if profile.get(name) or name in found.mapping
    ]
    if not named:
        return [Open("nothing in the payload looks like an e-mail or a phone: map one by hand")]
    document["required"] = [f"email|phone|{named[0]}"]
    document["fields"] = document.pop("fields")
    return [Open(f"no e-mail and no phone in this payload: the form takes leads by {named[0]} too")]


def _region(document: Mapping[str, Any], sample: Sample, found: Found) -> list[Open]:
    """Numbers without a country code say nothing without a region."""
    if document.get("region") or document.get("vendor") in _SENDS_COUNTRY_CODES or is_notice(sample.fields):
        return []
    form = Form.model_validate(with_preset(_plain(document)))
    if "phone" not in found.mapping and not map_submission(form, sample.fields).profile.get("phone_raw"):
        return []
    region = _REGION_OF.get(document.get("language", ""), "ES")
    why = (
        f"Phone numbers written without a country code are read only where the form names a country, such as "
        f"`region: {region}` (its ISO code)."
    )
    return [Open(why, (f"region: {region}",))]


def _undecided(found: Found) -> list[Open]:
    if not found.undecided:
        return []
    why = (
        "Nothing reads these fields; they are kept as they come. Under `fields:`, for what rules shall read:"
    )
    lines = tuple(f"{name}: {path}" for name, path in found.undecided.items())
    return [Open(why, lines, inside=True)]


def _sender(vendor: str | None, form_id: str, sample: Sample) -> list[Open]:
    """How only the tool can send; a page's visitors and a file's rows prove nothing."""
    if sample.kind != "post" or vendor == "salesforce":
        return []
    if vendor is not None:
        opens = [Open(f"So that only {vendor} can send:", (f"signature: {_SIGNATURES[vendor]}",))]
        if vendor in _FETCHES:
            why = (
                "Each lead is fetched with this token:"
                if is_notice(sample.fields)
                else "For notices of ids only:"
            )
            opens.append(Open(why, (_FETCHES[vendor],)))
        return opens
    why = (
        "So that only your tool can send, where it signs by Standard Webhooks; where it only sends a fixed "
        "header, `scheme: shared_secret` with `header: X-Baton-Key`:"
    )
    return [Open(why, (f"signature: {{scheme: standard_webhooks, secret: {form_id}-webhook}}",))]
