"""Whether a submission goes on, waits in quarantine, or is given back to whoever can correct it."""

from collections.abc import Mapping
from typing import Any

from intake.domain.refusals import Fault, FieldError, Refusal
from lead_events import Verdict
from lead_events.words import QuarantineReason
from rulebook.form_plan import plan_of
from rulebook.mapping import Mapped
from rulebook.models import Form
from rulebook.unfolding import unfolded

ACCEPTED = Verdict()
_FAULTS = {"email": Fault.EMAIL, "phone": Fault.PHONE}


def quarantined(reason: QuarantineReason, detail: str) -> Verdict:
    """A verdict that keeps the submission for a person to look at."""
    return Verdict(outcome="quarantined", reason=reason, detail=detail)


def judge(
    form: Form,
    form_id: str,
    fields: Mapping[str, Any],
    mapped: Mapped,
    *,
    is_retired: bool,
    trap: str | None = None,
) -> Verdict:
    """The verdict on a readable submission; `trap` names a honeypot of intake's own that holds a value.

    In this order: the form is retired, the honeypot holds a value, a required field is absent although fields
    that nobody maps carry values (the page has probably been changed: its visitor cannot know), or absent or
    malformed where a machine proves that it sends (no visitor would read a refusal, and vendors give up).
    Raises Refusal (422) when a required field is absent with nothing else in it, or there and malformed.
    """
    if is_retired:
        return quarantined(QuarantineReason.FORM_RETIRED, "the form is no longer in use")
    if mapped.honeypot_filled or trap is not None:
        return quarantined(QuarantineReason.HONEYPOT, f"field {trap or form.honeypot} holds a value")
    if not mapped.missing:
        return ACCEPTED
    if form.signature is not None:
        return _field_missing(mapped)
    malformed = [error for entry in mapped.missing if (error := _malformed(form, entry, mapped)) is not None]
    if malformed:
        raise _refused(malformed)
    if _carries_something(form, form_id, fields, mapped):
        return _field_missing(mapped)
    raise _refused([_absent(form, entry) for entry in mapped.missing])


def _field_missing(mapped: Mapped) -> Verdict:
    return quarantined(QuarantineReason.FIELD_MISSING, f"required and absent: {', '.join(mapped.missing)}")


def _malformed(form: Form, entry: str, mapped: Mapped) -> FieldError | None:
    for name in _alternatives(entry):
        if f"{name}:unusable" in mapped.flags:
            kind = {
                "email": "an e-mail address such as ana@example.com",
                "phone": "a phone number such as +34600000001",
            }
            return FieldError(
                _field_name(form, name),
                f"is not usable: send {kind.get(name, 'another value')}",
                _FAULTS.get(name, Fault.VALUE),
                (name,),
            )
    return None


def _absent(form: Form, entry: str) -> FieldError:
    names = [_field_name(form, name) for name in _alternatives(entry)]
    about = tuple(_alternatives(entry))
    if len(names) == 1:
        return FieldError(names[0], "is required: send a value", Fault.REQUIRED, about)
    return FieldError(names[0], f"is required: send at least one of {', '.join(names)}", Fault.ONE_OF, about)


def _refused(errors: list[FieldError]) -> Refusal:
    detail = "; ".join(f"{error.field} {error.message}" for error in errors)
    return Refusal(422, "The submission cannot be taken", detail, field=errors[0].field, errors=tuple(errors))


def _carries_something(form: Form, form_id: str, fields: Mapping[str, Any], mapped: Mapped) -> bool:
    """Whether an unmapped field says more than which form this is; so may an answer inside another field."""
    laid_out = unfolded(plan_of(form).unfold, fields)
    return any(
        not _is_blank(laid_out.get(name))
        and laid_out.get(name) not in (form_id, form.key)
        and not name.startswith("_")
        for name in mapped.unmapped
    )


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list):
        return all(_is_blank(item) for item in value)
    return value is None or value == {}


def _alternatives(entry: str) -> list[str]:
    return [name.strip() for name in entry.split("|")]


def _field_name(form: Form, name: str) -> str:
    """What the caller calls the profile field `name`."""
    mapping = form.fields.get(name)
    return mapping.from_[0] if mapping and mapping.from_ else name
