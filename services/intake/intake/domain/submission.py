"""One submission as the event that scoring reads."""

import base64
import re
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from pydantic import ValidationError

from intake.domain.verdict import ACCEPTED, quarantined
from lead_events import Profile, Receipt, Verdict
from lead_events.words import QuarantineReason
from rulebook.consent import consent_record
from rulebook.mapping import Mapped
from rulebook.models import Form

TOPIC = "lead-submitted"
_ACCEPTED = {"outcome": ACCEPTED.outcome}
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""As JSON writes it. Behind an escaped backslash the same letters are plain text that somebody typed."""


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
    sender: str | None = None
    fetched: dict[str, Any] | None = None
    imported: dict[str, Any] | None = None


def checked(read: Read) -> Read:
    """The same; a profile that its types refuse is left out, and the submission waits in quarantine."""
    try:
        Profile.model_validate(read.mapped.profile)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(("profile", *map(str, first["loc"])))
        verdict = quarantined(QuarantineReason.MAPPING_ERROR, f"{where}: {first['msg']}")
        return read._replace(mapped=unmapped(read.form), verdict=verdict)
    return read


def unmapped(form: Form) -> Mapped:
    """What stands for the mapping where there is none."""
    return Mapped(profile={}, lines=list(form.lines))


def event_json(read: Read, receipt: Receipt, spooled_at: datetime | None = None) -> bytes:
    """What `LeadSubmitted` writes of a submission that is `checked`; a test holds the two to the same.

    Written straight from what was read: to build the event's models and dump them again would take a tenth of
    a request's time, and checks nothing that can be wrong here.
    """
    form, mapped = read.form, read.mapped
    event = {
        "submission_id": read.submission_id,
        "form_id": read.form_id,
        "lines": mapped.lines or form.lines,
        "source": form.source,
        "fingerprint": read.fingerprint,
        "received_at": read.received_at,
        "fields": read.fields,
        "profile": mapped.profile or {"attributes": {}},
        "flags": [*read.flags, *mapped.flags],
        "attribution": mapped.attribution,
        "explicit_ask": form.explicit_ask,
        "verdict": _ACCEPTED if read.verdict is ACCEPTED else _verdict(read.verdict),
        "is_test": mapped.is_test,
        "receipt": {"instance": receipt.instance, "number": receipt.number, "voided": receipt.voided},
        "rulebook_version": read.rulebook_version,
    }
    absent_as_a_rule = {
        "campaign": form.campaign,
        "key": read.key,
        "key_origin": read.key_origin,
        "occurred_at": mapped.occurred_at,
        "raw": None if read.raw is None else base64.b64encode(read.raw).decode("ascii"),
        "typed": mapped.typed or None,
        "unmapped": mapped.unmapped or None,
        "consent": consent_record(
            mapped.consent, form, read.form_id, at=mapped.occurred_at or read.received_at
        ),
        "sender": read.sender,
        "visitor": mapped.visitor,
        "imported": read.imported,
        "fetched": read.fetched,
        "spooled_at": spooled_at,
    }
    event |= _present(absent_as_a_rule)
    return _without_nul(orjson.dumps(event, option=orjson.OPT_UTC_Z))


def _without_nul(written: bytes) -> bytes:
    """No store keeps NUL. In a body it is refused; JSON in a text, and what a vendor tells, may hold it."""
    return _NUL.sub(rb"\1", written) if b"\\u0000" in written else written


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return _present({"outcome": verdict.outcome, "reason": verdict.reason, "detail": verdict.detail})


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
