"""One row as the submission that scoring reads. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from intake.domain.fingerprint import fingerprint
from intake.domain.submission import Read, checked, event_json
from intake.domain.verdict import ACCEPTED, quarantined
from intake.imports.layout import Layout
from intake.imports.reading.moments import read_moment
from intake.imports.reading.rows import Row
from intake.imports.wish import Wish
from lead_events import LeadSubmitted, Receipt, Verdict
from lead_events.codec import headers_of
from lead_events.ids import event_id, imported_submission_id, submission_id
from lead_events.words import ImportMode, QuarantineReason
from rulebook.identity import identity_keys, record_key
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from service_kit.records import Headers, Outgoing

TOPIC = "lead-imported"
LARGEST = 900 * 1024
"""Bytes of one event; the topic takes a little more."""
_META_COLUMNS = frozenset({"created_time", "ad_id", "form_id"})
_META_PREFIX = re.compile(r"(?:l|ag|as|c|f|p):(?=[+\d<])")
_META_PREFIXED = ("id", "ad_id", "adset_id", "campaign_id", "form_id", "phone_number", "phone")


class RowRefused(Exception):
    """No submission can be made of the row; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Order:
    """What all rows of one import share. `received_at`: when the file came."""

    import_id: UUID
    form_id: str
    form: Form
    rulebook_version: int
    received_at: datetime
    wish: Wish
    staff_domains: tuple[str, ...] = ()


class Maker:
    """Makes submissions of the rows of one file. The same row makes the same one, always."""

    def __init__(self, order: Order, layout: Layout) -> None:
        self._order = order
        self._layout = layout
        self._form = order.form.model_copy(update={"language": order.wish.language or order.form.language})
        self._names = [None if name is None else layout.columns.name(name) for name in layout.header.names]
        self._date = _place(layout, layout.date_column)
        self._owner = _place(layout, order.wish.owner_column)
        self._prefixed = self._meta_places()
        self._instance = f"import-{order.import_id}"
        self._shared = _shared(order)
        self._headers = headers_of(
            LeadSubmitted,
            id=order.import_id,
            source="intake",
            time=order.received_at,
            subject=str(order.import_id),
            topic=TOPIC,
        )

    def read(self, row: Row) -> Read:
        """The row as the form's mapping reads it. Raises RowRefused."""
        if row.fault is not None:
            raise RowRefused(row.fault)
        order = self._order
        fields = self._fields(row.cells)
        mapped = map_submission(self._form, fields, None, staff_domains=order.staff_domains)
        _check_contact(mapped)
        mapped, flags = self._dated(mapped, row)
        if order.wish.consent_proof is not None:
            mapped = replace(mapped, consent=self._consent(mapped, order.wish.consent_proof))
        print_ = fingerprint(fields, self._form.volatile)
        key = mapped.vendor_id
        identity = (
            submission_id(order.form_id, print_, key=key, received_at=order.received_at)
            if key is not None
            else imported_submission_id(order.form_id, print_)
        )
        return Read(
            form_id=order.form_id,
            form=self._form,
            rulebook_version=order.rulebook_version,
            submission_id=identity,
            fingerprint=print_,
            key=key,
            key_origin="vendor" if key is not None else None,
            received_at=order.received_at,
            fields=fields,
            mapped=mapped,
            verdict=self._verdict(mapped),
            flags=(*row.flags, *flags),
            imported=self._imported(row),
        )

    def record(self, read: Read, number: int, voided: Sequence[int] = ()) -> Outgoing:
        """The row as it goes to scoring, under the import's own count. Raises RowRefused."""
        read = checked(read)
        receipt = Receipt(instance=self._instance, number=number, voided=list(voided))
        value = event_json(read, receipt)
        if len(value) > LARGEST:
            raise RowRefused(f"it is larger than {LARGEST // 1024} KiB: shorten its longest cell")
        key = record_key(read.mapped.profile, read.submission_id)
        return Outgoing(TOPIC, key.encode(), value, self._headers_of(read.submission_id))

    def keys(self, read: Read) -> list[str]:
        """By which the person is known again, as `kind:value`."""
        return [f"{key.kind}:{key.value}" for key in identity_keys(read.mapped.profile)]

    def _headers_of(self, identity: UUID) -> Headers:
        """As `headers_of` says; all but two are the same for each row."""
        submission = str(identity)
        own = {"ce_id": str(event_id(identity, TOPIC, submission)), "ce_subject": submission}
        return tuple(
            (name, own[name].encode()) if name in own else (name, value) for name, value in self._headers
        )

    def _fields(self, cells: list[str]) -> dict[str, Any]:
        """By field name what was typed; a blank cell is not given."""
        if self._prefixed:
            cells = list(cells)
            for place in self._prefixed:
                if place < len(cells):
                    cells[place] = _META_PREFIX.sub("", cells[place], count=1)
        return {
            name: cell
            for name, cell in zip(self._names, cells, strict=False)
            if name is not None and cell and not cell.isspace()
        }

    def _meta_places(self) -> list[int]:
        names = [(name or "").casefold() for name in self._layout.header.names]
        if not set(names) >= _META_COLUMNS:
            return []
        return [place for place, name in enumerate(names) if name in _META_PREFIXED]

    def _dated(self, mapped: Mapped, row: Row) -> tuple[Mapped, tuple[str, ...]]:
        if self._date is None or len(row.cells) <= self._date or not row.cells[self._date].strip():
            return (mapped, ()) if self._date is None else (replace(mapped, occurred_at=None), ())
        at, why = read_moment(row.cells[self._date], self._layout.clock)
        if at is not None and at > self._order.received_at:
            at, why = None, "outside_window"
        own = [flag for flag in mapped.flags if not flag.startswith("occurred_at:")]
        flags = () if why is None else (f"occurred_at:{why}",)
        return replace(mapped, occurred_at=at, flags=own), flags

    def _consent(self, mapped: Mapped, proof: str) -> dict[str, Any]:
        consent = mapped.consent
        column = self._form.consent_field
        if consent is not None and column is not None and not consent["given"] and column in self._names:
            return consent
        told = {"given": True, "proof": proof, "form_id": self._order.form_id, "source": self._form.source}
        return {**(consent or {}), **told}

    def _verdict(self, mapped: Mapped) -> Verdict:
        if self._form.consent_required and not (mapped.consent or {}).get("given"):
            return quarantined(
                QuarantineReason.CONSENT_MISSING,
                "the form requires consent: import the file with consent_proof, or with its consent column",
            )
        return ACCEPTED

    def _imported(self, row: Row) -> dict[str, Any]:
        told = {**self._shared, "row": row.number}
        if self._owner is not None and len(row.cells) > self._owner and row.cells[self._owner].strip():
            told["owner"] = row.cells[self._owner].strip()[:254]
        return told


def _shared(order: Order) -> dict[str, Any]:
    wish = order.wish
    told: dict[str, Any] = {
        "import_id": order.import_id,
        "mode": wish.mode.value,
        "counts": wish.counts,
    }
    return told | ({"per_rep_daily": wish.per_rep_daily} if wish.mode is ImportMode.PACED else {})


def _check_contact(mapped: Mapped) -> None:
    """A row is a lead when somebody can be reached or known again by it, whatever else the form requires."""
    profile = mapped.profile
    if profile.get("email") or profile.get("phone") or profile.get("external_id"):
        return
    told = [flag.partition(":")[0] for flag in mapped.flags if flag in ("email:unusable", "phone:unusable")]
    if "email" in told:
        raise RowRefused(
            "its e-mail address is not usable: write one such as ana@example.com, or a phone number"
        )
    if profile.get("phone_raw"):
        raise RowRefused(
            "its phone number is not usable: write it with its country code, such as +34600000001, and as "
            "text, not as a spreadsheet's number"
        )
    raise RowRefused("it has no e-mail address, no phone number and no id: write one of them")


def _place(layout: Layout, column: str | None) -> int | None:
    if column is None:
        return None
    folded = column.strip().casefold()
    names = [(name or "").casefold() for name in layout.header.names]
    return names.index(folded)
