"""The keys by which a person is known again. They spread load and find candidates; scoring decides who is
who."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rulebook.models import Matching
from rulebook.normalise import email_key, gmail_key

KINDS = ("email", "phone", "external")
"""At most one of each in a profile; an e-mail is of kind `role` instead where many people read it. `visitor`
comes last and from signals only."""
ROLE = "role"
"""Kind of an e-mail that names a task and not a person, as info@: it says who sent a submission only where
nothing else does."""


@dataclass(frozen=True, slots=True, order=True)
class IdentityKey:
    """One key; `value` is normalised, so that equal keys are equal texts."""

    kind: str
    value: str


def identity_keys(profile: Mapping[str, Any], matching: Matching | None = None) -> list[IdentityKey]:
    """The keys in a profile: e-mail (lower case, IDNA), phone (E.164), external id; in that order, at most
    one each.

    Dots and +tags of an address are kept, as guessing that two mailboxes are one joins strangers; but for
    gmail.com, where `matching` (the rulebook's) says so. Without `matching` no address is a role's.
    """
    mailbox = gmail_key if matching is not None and matching.gmail_dots_and_tags else email_key
    values = {
        "email": _text(profile, "email", mailbox),
        "phone": _text(profile, "phone"),
        "external": _text(profile, "external_id"),
    }
    keys = [IdentityKey(kind, value) for kind in KINDS if (value := values[kind])]
    if matching is not None and values["email"] and is_role(values["email"], matching):
        keys[0] = IdentityKey(ROLE, values["email"])
    return keys


def is_role(email: str, matching: Matching) -> bool:
    """Whether a normalised address is one that many people read: by what stands before its @, +tag apart."""
    local, _, _ = email.partition("@")
    return local.partition("+")[0] in matching.role_addresses


def signal_keys(identity: Mapping[str, str], matching: Matching | None = None) -> list[IdentityKey]:
    """The keys of a signal's `identity` (email, phone, external_id, visitor), the same way."""
    visitor = _text(identity, "visitor")
    return identity_keys(identity, matching) + ([IdentityKey("visitor", visitor)] if visitor else [])


def record_key(profile: Mapping[str, Any], submission_id: UUID) -> str:
    """The Kafka key of a submission: its first identity key, else its own id."""
    email = profile.get("email")  # nearly all have one
    if isinstance(email, str) and (key := email_key(email)):
        return f"email:{key}"
    keys = identity_keys(profile)
    return f"{keys[0].kind}:{keys[0].value}" if keys else str(submission_id)


def _text(values: Mapping[str, Any], name: str, normal: Any = str.strip) -> str | None:
    value = values.get(name)
    return normal(value) or None if isinstance(value, str) else None
