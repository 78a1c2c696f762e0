"""A lead that a rep found: what goes to scoring, and what becomes of the lead it makes or joins."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lead_events import LeadSubmitted
from lead_events.submitted import Profile, Receipt
from lead_events.words import OWN_FORM, OWN_SOURCE
from router.domain.leads import Lead, LeadState

INSTANCE = "router+own"
"""Under this name the router numbers what it sends to scoring."""


class Became(StrEnum):
    """What became of an entry."""

    ENTERED = "entered"  # on its way through scoring
    YOURS = "yours"
    JOINED = "joined"  # the person had an open lead, which stays where it is
    LEFT_ALONE = "left_alone"  # the person asked not to be contacted
    OVER = "over"  # the lead had just ended


@dataclass(frozen=True, slots=True)
class Entry:
    """What a rep wrote, checked; `profile` by the fields of an event."""

    line: str
    profile: dict[str, Any]
    key: str | None = None

    def fingerprint(self) -> str:
        """SHA-256, hex, over what was written."""
        written = json.dumps([self.line, self.profile], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()

    @property
    def sent_as(self) -> str:
        """What the person is known by."""
        return str(self.profile.get("email") or self.profile.get("phone"))


def submission_of(
    entry: Entry, identity: UUID, rep: str, *, number: int, version: int, now: datetime
) -> LeadSubmitted:
    """The submission. It asks for nothing, and says of no consent: a rep did it, not the person.

    Its id is its key, so that the same person entered by two reps within minutes is no double click.
    """
    return LeadSubmitted(
        submission_id=identity,
        form_id=OWN_FORM,
        lines=[entry.line],
        source=OWN_SOURCE,
        key=str(identity),
        key_origin="header",
        fingerprint=entry.fingerprint(),
        received_at=now,
        fields={**entry.profile, "finder": rep},
        profile=Profile.model_validate(entry.profile),
        explicit_ask=False,
        sender="rep",
        receipt=Receipt(instance=INSTANCE, number=number),
        rulebook_version=version,
    )


def is_own(lead: Lead) -> bool:
    """Whether a rep found it: it is none of marketing's, and no promise of the agreement is about it."""
    return lead.form_id == OWN_FORM


def was_free(before: LeadState) -> bool:
    """Whether nobody had, or waited to be given, the lead as it was before this entry."""
    return before in (LeadState.STUB, LeadState.NURTURING)


def became_of(lead: Lead, *, is_given: bool) -> Became:
    """What the finder is told of a lead as it is after their entry."""
    if is_given:
        return Became.YOURS
    if lead.is_over:
        is_left_alone = lead.close_reason is not None and lead.close_reason.value == "do_not_contact"
        return Became.LEFT_ALONE if is_left_alone else Became.OVER
    return Became.JOINED


_SAYS = {
    Became.ENTERED: "it is on its way; look again in a moment",
    Became.LEFT_ALONE: "this person asked not to be contacted: leave them alone",
    Became.OVER: "this person's lead ended at that moment; enter it once more if you still want it",
}


def says(row: Mapping[str, Any]) -> str:
    """What became of an entry, in words."""
    became = Became(row["became"])
    if became in _SAYS:
        return _SAYS[became]
    if became is Became.YOURS:
        return "it is yours; see GET /v1/me/assignments"
    if row["has"] == row["rep_id"]:
        return "you have this person's lead already; see GET /v1/me/assignments"
    has = row["has_name"] or row["has"]
    if has is not None:
        return f"this person was known already, and {has} has the lead: speak to them"
    return "this person was known already, and the lead waits for whoever is next"
