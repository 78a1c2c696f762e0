"""A stored submission read again by its form as it is now: what would change, and whether it may."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from lead_events import Attribution, Consent, LeadSubmitted, Profile, Verdict
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from scoring.domain.desk import MAPPED
from scoring.domain.submissions import ACCEPTED, SubmissionState

MENDED = frozenset({QuarantineReason.FIELD_MISSING, QuarantineReason.MAPPING_ERROR})
"""Reasons that a better mapping takes away. Of the others it changes what a person who looks will see."""
_NOT_OF_THE_MAPPING = ("click_ids", "first_touch", "last_touch")


class Finding(StrEnum):
    """What mapping a submission again comes to."""

    CHANGED = "changed"
    SAME = "same"
    STILL_INCOMPLETE = "still_incomplete"
    """It waits in quarantine, and would go on waiting."""
    WOULD_LOSE_CONTACT = "would_lose_contact"
    """It is a lead, and what the form requires would be gone: it is left as it is."""
    UNREADABLE = "unreadable"
    """Its body could not be decoded when it came, or retention has taken what was typed."""
    BROKEN = "broken"
    """The mapping makes something that no profile can hold."""


@dataclass(frozen=True, slots=True)
class Again:
    """What was found, and the submission as it would be sent again if it changes; of a broken one `why`."""

    finding: Finding
    submission: LeadSubmitted | None = None
    why: str | None = None


def map_again(
    stored: LeadSubmitted,
    form: Form,
    *,
    version: int,
    lines: Collection[str],
    state: SubmissionState,
    reason: QuarantineReason | None,
) -> Again:
    """Read what was sent by `form` of rulebook `version`, whose scorecards are those of `lines`.

    What is not the mapping's business stays: source, campaign, the consent text that was shown, what the
    snippet measured, the mark of a test.
    """
    if not stored.fields or stored.raw is not None:
        return Again(Finding.UNREADABLE)
    try:
        mapped = map_submission(form, stored.fields, stored.received_at)
        new = _with(stored, form, mapped, version)
    except (ValidationError, ValueError, TypeError, RecursionError) as error:
        return Again(Finding.BROKEN, why=why_broken(error))
    if mapped.missing and state in ACCEPTED:
        return Again(Finding.WOULD_LOSE_CONTACT)
    if state is SubmissionState.QUARANTINED and reason in MENDED:
        if mapped.missing or not set(new.lines) <= set(lines):
            return Again(Finding.STILL_INCOMPLETE)
        return Again(Finding.CHANGED, new.model_copy(update={"verdict": _verdict(form, mapped, new)}))
    if any(getattr(new, name) != getattr(stored, name) for name in MAPPED):
        return Again(Finding.CHANGED, new)
    return Again(Finding.SAME)


def why_broken(error: Exception) -> str:
    """Why a submission could not be mapped or sent, without anything that somebody typed."""
    if isinstance(error, ValidationError):
        places = (".".join(map(str, each["loc"])) + f": {each['type']}" for each in error.errors()[:5])
        return "; ".join(places)
    return type(error).__name__


def changes(before: LeadSubmitted, after: LeadSubmitted) -> dict[str, tuple[Any, Any]]:
    """What mapping it again changes, by field: before and after; None stands for nothing."""
    old, new = dict(_shown(before)), dict(_shown(after))
    return {
        name: (old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def _shown(submission: LeadSubmitted) -> Iterator[tuple[str, Any]]:
    for name in ("profile", "attribution", "consent"):
        part = getattr(submission, name)
        fields = {} if part is None else part.model_dump(mode="json", exclude_none=True)
        attributes = fields.pop("attributes", {})
        yield from ((f"{name}.{field}", value) for field, value in fields.items())
        yield from ((f"profile.attributes.{field}", value) for field, value in attributes.items())
    yield "lines", list(submission.lines)
    yield "is_test", submission.is_test


def _with(stored: LeadSubmitted, form: Form, mapped: Mapped, version: int) -> LeadSubmitted:
    own = stored.imported is None
    return stored.model_copy(
        update={
            "profile": Profile.model_validate(mapped.profile),
            "lines": mapped.lines or list(form.lines),
            "attribution": _attribution(stored, mapped),
            "consent": _consent(stored, mapped),
            "is_test": stored.is_test or mapped.is_test,
            "occurred_at": _occurred_at(stored, form, mapped) if own else stored.occurred_at,
            "flags": [*(flag for flag in stored.flags if ":" not in flag), *mapped.flags],
            "unmapped": mapped.unmapped or None,
            "typed": getattr(mapped, "typed", None) or None,
            "rulebook_version": version,
        }
    )


def _occurred_at(stored: LeadSubmitted, form: Form, mapped: Mapped) -> Any:
    """As intake has it: where a signature is asked for and nobody signed, nobody vouches for a time."""
    return None if form.signature is not None and stored.sender is None else mapped.occurred_at


def _attribution(stored: LeadSubmitted, mapped: Mapped) -> Attribution:
    measured = stored.attribution.model_dump(include=set(_NOT_OF_THE_MAPPING), exclude_none=True)
    return Attribution.model_validate(measured | mapped.attribution)


def _consent(stored: LeadSubmitted, mapped: Mapped) -> Consent | None:
    """Only whether it was given, and for what, is read anew: the text is that which was shown then."""
    if mapped.consent is None:
        return stored.consent
    if stored.consent is not None:
        read = ("given", "purposes")
        return stored.consent.model_copy(update={str(k): v for k, v in mapped.consent.items() if k in read})
    return Consent(
        given=mapped.consent["given"],
        purposes=mapped.consent.get("purposes"),
        at=stored.received_at,
        form_id=stored.form_id,
        source=stored.source,
    )


def _verdict(form: Form, mapped: Mapped, new: LeadSubmitted) -> Verdict:
    """Of one that is complete now: the rules that intake did not come to because it was not."""
    if mapped.honeypot_filled:
        return _waits(QuarantineReason.HONEYPOT, f"field {form.honeypot} holds a value")
    if form.consent_required and (new.consent is None or not new.consent.given):
        return _waits(QuarantineReason.CONSENT_MISSING, "the form requires consent, and none was given")
    return Verdict()


def _waits(reason: QuarantineReason, detail: str) -> Verdict:
    return Verdict(outcome="quarantined", reason=reason, detail=detail)
