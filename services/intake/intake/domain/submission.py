"""One submission as the event that scoring reads."""

import base64
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from intake.domain.verdict import quarantined
from lead_events import Attribution, Consent, LeadSubmitted, Profile, Receipt, Verdict
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped
from rulebook.models import Form

TOPIC = "lead-submitted"


class Read(NamedTuple):
    """What is known of a submission before it has a number. `raw`: a body that could not be decoded."""

    form_id: str
    form: Form
    rulebook_version: int
    submission_id: UUID
    fingerprint: str
    key: str | None
    key_origin: str | None
    received_at: datetime
    fields: dict[str, Any]
    mapped: Mapped
    verdict: Verdict
    flags: tuple[str, ...] = ()
    raw: bytes | None = None


def compose(read: Read, receipt: Receipt) -> LeadSubmitted:
    """The event. A profile that its types refuse is left out, and the submission waits in quarantine."""
    try:
        return _event(read, receipt, read.mapped, read.verdict)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        verdict = quarantined(QuarantineReason.MAPPING_ERROR, f"{where}: {first['msg']}")
        return _event(read, receipt, unmapped(read.form), verdict)


def unmapped(form: Form) -> Mapped:
    """What stands for the mapping where there is none."""
    return Mapped(profile={}, lines=list(form.lines))


def _event(read: Read, receipt: Receipt, mapped: Mapped, verdict: Verdict) -> LeadSubmitted:
    return LeadSubmitted(
        submission_id=read.submission_id,
        form_id=read.form_id,
        lines=mapped.lines or list(read.form.lines),
        source=read.form.source,
        campaign=read.form.campaign,
        key=read.key,
        key_origin=read.key_origin,
        fingerprint=read.fingerprint,
        received_at=read.received_at,
        occurred_at=mapped.occurred_at,
        fields=read.fields,
        raw=None if read.raw is None else base64.b64encode(read.raw).decode("ascii"),
        profile=Profile(**mapped.profile),
        flags=[*read.flags, *mapped.flags],
        attribution=Attribution(**mapped.attribution),
        consent=None if mapped.consent is None else Consent(**mapped.consent),
        explicit_ask=read.form.explicit_ask,
        verdict=verdict,
        is_test=mapped.is_test,
        receipt=receipt,
        rulebook_version=read.rulebook_version,
    )
