"""What a submission says about consent, and the whole record of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rulebook.models import Form
from rulebook.paths import is_plain, values_at
from rulebook.scalars import as_text, scalar

YES = frozenset(
    {"1", "true", "on", "yes", "y", "sí", "si", "s", "sì", "sim", "da", "ja", "oui", "x", "accepted", "agree"}
)


def read_consent(form: Form, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Whether consent was given, with the text that was shown and its version; None where nothing is said.

    One yes among several values counts: a hidden "no" before a ticked box is how forms send a tick. A box
    that was not ticked is not sent, so a plain field that is absent is a no; a path into an answer that is
    absent says that nobody asked. `purposes`: those whose boxes were ticked, where the form asks for any.
    """
    if form.consent_field is None:
        return None
    values = values_at(fields, form.consent_field)
    if not values and not is_plain(form.consent_field):
        return None
    consent: dict[str, Any] = {"given": any(is_yes(value) for value in values)}
    if form.consent_version:
        consent["text_version"] = form.consent_version
    if form.consent_purposes:
        consent["purposes"] = [
            purpose
            for purpose, box in form.consent_purposes.items()
            if any(is_yes(value) for value in values_at(fields, box))
        ]
    return consent


def consent_record(
    consent: Mapping[str, Any] | None,
    form: Form,
    form_id: str,
    *,
    at: datetime,
    proof: str | None = None,
) -> dict[str, Any] | None:
    """The whole Consent of an event: the exact text, its version, when, on which form, from which source.

    `consent` is `Mapped.consent`; `at` the buyer's act where the vendor says it, else when it was received.
    """
    if consent is None:
        return None
    record = {**consent, "at": at, "form_id": form_id, "source": form.source}
    if form.consent_text:
        record.setdefault("text", form.consent_text)
    return record | ({"proof": proof} if proof else {})


def is_yes(value: Any) -> bool:
    """Whether a box's value, a flag or a word means yes, in any of the usual languages."""
    return as_text(scalar(value)).strip().casefold() in YES
