"""Deterministic ids: a repeat repeats the id, a new cause never meets an old one."""

import hashlib
from datetime import datetime
from uuid import UUID

_NAMESPACE = UUID("6d1f5a3e-0b57-5c0e-9a4b-0f6b3f6a7c21")
_NAMESPACE_HASHED = hashlib.sha1(_NAMESPACE.bytes, usedforsecurity=False)
_SLOT_SECONDS = 300


_VARIANT = {digit: "89ab"[place % 4] for place, digit in enumerate("0123456789abcdef")}


def _hex(*parts: object) -> str:
    """uuid5 in the namespace as 32 digits, without what the standard function does anew each time: ids are
    made all the time. Source: RFC 9562, sections 4.1 and 5.5, for the digits of variant and version."""
    digest = _NAMESPACE_HASHED.copy()
    digest.update("\x1f".join(map(str, parts)).encode())
    digits = digest.hexdigest()
    return f"{digits[:12]}5{digits[13:16]}{_VARIANT[digits[16]]}{digits[17:32]}"


def _named(*parts: object) -> UUID:
    return UUID(int=int(_hex(*parts), 16))


def event_id(cause: UUID, effect: str, subject: str | UUID, ordinal: int = 0) -> UUID:
    """Id of what `cause` did to `subject`. `ordinal` tells several effects of one name apart."""
    return _named("event", cause, effect, subject, ordinal)


def event_id_text(cause: UUID | str, effect: str, subject: str | UUID, ordinal: int = 0) -> str:
    """The same as text, for where it is only written: a third of the time without the object between."""
    digits = _hex("event", cause, effect, subject, ordinal)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def submission_id(form: str, fingerprint: str, *, key: str | None, received_at: datetime) -> UUID:
    """Id of one submission.

    With a key (Idempotency-Key or the vendor's own id) a retry at any later time has the same id. Without
    one, equal content within the same five-minute slot of `received_at` has; a pair across two slots is left
    to scoring.
    """
    if key is not None:
        return _named("submission", form, "key", key, fingerprint)
    slot = int(received_at.timestamp()) // _SLOT_SECONDS
    return _named("submission", form, "slot", fingerprint, slot)


def imported_submission_id(form: str, fingerprint: str) -> UUID:
    """Id of the submission that an imported row without a vendor's id makes: the same in every import."""
    return _named("submission", form, "import", fingerprint)


def signal_id(
    form: str, content: str, *, key: str | None, at: datetime | None, received_at: datetime
) -> UUID:
    """Id of one signal: by the sender's own id of it (`key`), else by its content.

    Where the sender says when it happened, that is part of the content; equal content without a time within
    the same five-minute slot of `received_at` is one signal.
    """
    if key is not None:
        return _named("signal", form, "key", key)
    if at is not None:
        return _named("signal", form, "at", content)
    slot = int(received_at.timestamp()) // _SLOT_SECONDS
    return _named("signal", form, "slot", content, slot)


def notice_id(form: str, vendor_lead_id: str) -> UUID:
    """Id of a vendor's notice of one lead; the same however often the vendor sends it."""
    return _named("notice", form, vendor_lead_id)


def person_id(submission: UUID) -> UUID:
    """Id of the person first seen in `submission`."""
    return _named("person", submission)


def lead_id(cause: UUID, line: str) -> UUID:
    """Id of the lead that `cause` (a submission, or an ask that arrived after a closing) opens for `line`."""
    return _named("lead", cause, line)


def timer_id(lead: UUID, kind: str, opened_by: UUID, trial: str | None = None) -> UUID:
    """Id of the promise of `kind` on `lead` that the event `opened_by` started; `trial`: under which
    agreement that is only tried."""
    return _named("timer", lead, kind, opened_by, *([trial] if trial is not None else []))


def record_id(topic: str, partition: int, offset: int) -> UUID:
    """Id for a record that carries none."""
    return _named("record", topic, partition, offset)
