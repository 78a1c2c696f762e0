"""Loads what submissions of a batch come back to: themselves as kept, or what a vendor puts right."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from lead_events import Attribution, Consent, ImportedRow, LeadSubmitted, Profile, Verdict
from scoring.domain.contributions import Contributions, Said
from scoring.domain.people import KeyName, Person
from scoring.domain.submissions import Kept, Registry, SubmissionState, is_correction
from service_kit.errors import Transient
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.turns import in_turns

_q = load_queries("scoring", "queries/batch.sql")

ACCEPTED = Verdict()


@dataclass(frozen=True, slots=True)
class Places:
    """What must be locked before the submissions that a batch comes back to are."""

    submissions: tuple[UUID, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    persons: frozenset[UUID] = frozenset()
    leads: frozenset[UUID] = frozenset()
    names: frozenset[KeyName] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.submissions or self.keys)


@dataclass(slots=True)
class Before:
    """Submissions as they were kept before this batch. `earlier`: by form and vendor's id, newest first."""

    kept: dict[UUID, Kept] = field(default_factory=dict)
    earlier: dict[tuple[str, str], list[Kept]] = field(default_factory=dict)
    said: Contributions = field(default_factory=Contributions)


async def places(conn: Connection, submissions: Sequence[LeadSubmitted], registry: Registry) -> Places:
    """Which submissions come again or are put right, whose they are and in which leads; nothing is locked."""
    again = [s.submission_id for s in submissions if s.rerun is not None]
    keys = list(dict.fromkeys((s.form_id, s.key or "") for s in submissions if is_correction(s, registry)))
    rows = await conn.fetch(_q.keys_and_owners, again) if again else []
    rows += await _under(conn, keys) if keys else []
    return Places(
        tuple(again),
        tuple(keys),
        frozenset(row["person_id"] for row in rows if row["person_id"] is not None),
        frozenset(lead for row in rows for lead in row["lead_ids"]),
        frozenset(_name(key) for row in rows if row["person_id"] is not None for key in row["keys"]),
    )


async def load_before(conn: Connection, found: Places, persons: Collection[Person], *, whole: bool) -> Before:
    """Load and lock, once the persons are; `whole`: with all that they have said.

    Raises Transient where a submission came to another person or lead meanwhile.
    """
    roots = [person.id for person in persons if person.merged_into is None]
    said = await _said(conn, roots) if whole else Contributions()
    if not found:
        return Before(said=said)
    rows = await conn.fetch(_q.lock_submissions, list(found.submissions))
    kept = [_kept(row) for row in rows if row["state"] != SubmissionState.ERASED]
    earlier = defaultdict(list)
    for row in await _under(conn, found.keys) if found.keys else []:
        earlier[row["form_id"], row["key"]].append(_kept(row))
    locked = {person.id for person in persons}
    every = [*kept, *(each for group in earlier.values() for each in group)]
    owners = {each.person_id for each in every}
    if not owners - {None} <= locked or any(not found.leads.issuperset(each.lead_ids) for each in every):
        raise Transient("a submission that comes again was brought to another person or lead meanwhile")
    return Before({each.submission.submission_id: each for each in kept}, dict(earlier), said)


async def _under(conn: Connection, keys: Sequence[tuple[str, str]]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await conn.fetch(
        _q.accepted_under_keys, [form for form, _ in keys], [key for _, key in keys]
    )
    return rows


async def _said(conn: Connection, persons: Sequence[UUID]) -> Contributions:
    said = Contributions()
    async for row in in_turns(await conn.fetch(_q.contributions, persons)):
        said.add(row["root"], Said(_as_said(row), _names(row["keys"]), tuple(row["leads"])))
    return said


def _as_said(row: asyncpg.Record) -> LeadSubmitted:
    """What a submission brings to its person and leads; nothing else of it need be readable. Whatever the
    model would have a default made for is given: finding out how costs ten times what all the rest does."""
    event = row["event"]
    parts: dict[str, Any] = {
        "submission_id": row["id"],
        "form_id": row["form_id"],
        "received_at": row["received_at"],
        "source": event.get("source", ""),
        "campaign": event.get("campaign"),
        "profile": Profile.model_validate(event.get("profile") or {}),
        "attribution": Attribution.model_validate(event.get("attribution") or {}),
        "consent": Consent.model_validate(event["consent"]) if event.get("consent") else None,
        "explicit_ask": event.get("explicit_ask", True),
        "is_test": event.get("is_test", False),
        "visitor": event.get("visitor"),
        "flags": [],
        "verdict": ACCEPTED,
        "imported": ImportedRow.model_validate(event["imported"]) if event.get("imported") else None,
    }
    return LeadSubmitted.model_construct(**parts)


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(
        submission=LeadSubmitted.model_validate(row["event"]),
        keys=_names(row["keys"]),
        durable_at=row["durable_at"],
        state=SubmissionState(row["state"]),
        person_id=row["person_id"],
        lead_ids=tuple(row["lead_ids"]),
        merged_leads=tuple(row["merged_leads"]),
        is_superseded=row["superseded_by"] is not None,
    )


def _names(written: Sequence[str]) -> tuple[KeyName, ...]:
    return tuple(_name(key) for key in written)


def _name(written: str) -> KeyName:
    kind, _, value = written.partition(":")
    return kind, value
