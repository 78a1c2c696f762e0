"""Locks and loads what a batch touches.

The order, the same in every transaction: content of form keys, identity keys, persons, leads; each sorted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from lead_events import Attribution, Consent, Handling, LeadSubmitted
from lead_events.words import Quadrant, Stage
from scoring.domain.grouping import Pair, turning
from scoring.domain.leads import Lead, LeadState, Newest, Origin
from scoring.domain.people import PHONE, Key, KeyName, Person
from scoring.domain.profile import Known
from scoring.domain.progress import StoredSubmission
from scoring.domain.submissions import DOUBLE_CLICK, SubmissionState, Window
from scoring.store.save import columns
from service_kit.errors import Transient
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/batch.sql")

ROUNDS = 5
"""So often locking starts again because of merges committed meanwhile; then the whole batch is repeated."""


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """Locked keys and persons, and locked leads: those named, and the open ones of the persons.

    `is_whole`: a phone may stop identifying, so everything of the persons is locked. `apart`,
    `together`: of these keys.
    """

    keys: tuple[Key, ...]
    persons: tuple[Person, ...]
    leads: tuple[Lead, ...]
    is_whole: bool = False
    apart: frozenset[Pair] = frozenset()
    together: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class _Wider:
    """Whom to lock too, with their keys."""

    persons: Sequence[UUID]


async def register_keys(
    conn: Connection, submissions: Sequence[LeadSubmitted]
) -> Mapping[tuple[str, str], str]:
    """The content that the keys of these submissions were first used with, theirs included."""
    keyed = sorted(
        ((s.form_id, s.key, s.fingerprint, s.submission_id) for s in submissions if s.key is not None),
        key=lambda entry: entry[:2],
    )
    if not keyed:
        return {}
    forms, keys, fingerprints, ids = (list(column) for column in zip(*keyed, strict=True))
    await conn.execute(_q.register_keys, forms, keys, fingerprints, ids)
    rows = await conn.fetch(_q.registered_keys, forms, keys)
    return {(row["form_id"], row["key"]): row["fingerprint"] for row in rows}


async def lock_working_set(
    conn: Connection,
    names: Collection[KeyName],
    lead_ids: Collection[UUID],
    person_ids: Collection[UUID] = (),
    *,
    sent: Collection[Sequence[KeyName]] = (),
    whole: bool = False,
) -> WorkingSet:
    """Lock and load; `person_ids`: whom perhaps no key here leads to. `sent`: the keys of each submission to
    come; where they show a phone to be shared, and with `whole`, everything of the persons is locked.

    Raises Transient when merges of other transactions keep getting in between.
    """
    wanted, persons = set(names), set(person_ids)
    for _ in range(ROUNDS):
        savepoint = conn.transaction()
        await savepoint.start()
        leads = sorted(lead_ids, key=lambda identity: identity.bytes)
        found = await _attempt(conn, sorted(wanted), leads, persons, sent, whole)
        if isinstance(found, WorkingSet):
            await savepoint.commit()
            return found
        await savepoint.rollback()
        rows = await conn.fetch(_q.keys_of_persons, found.persons)
        wanted |= {(row["kind"], row["value"]) for row in rows}
        persons |= set(found.persons)  # also whom no key leads to
    raise Transient("persons of this batch are being merged by others")


async def _attempt(
    conn: Connection,
    names: Sequence[KeyName],
    lead_ids: Sequence[UUID],
    person_ids: Collection[UUID],
    sent: Collection[Sequence[KeyName]],
    whole: bool,
) -> WorkingSet | _Wider:
    """The working set, or whom it lacks: survivors of merges that were committed while we waited for locks,
    and all that belongs to somebody who may have to be parted."""
    keys = await _lock_keys(conn, names)
    owners = await conn.fetch(_q.owners_of_leads, lead_ids) if lead_ids else []
    first = {key.person_id for key in keys if key.person_id} | {row["person_id"] for row in owners}
    first |= set(person_ids)
    persons = await _lock_persons(conn, first)
    known = {person.id for person in persons}
    survivors = {p.merged_into for p in persons if p.merged_into is not None} - known
    if survivors:
        return _Wider(sorted(survivors))
    is_whole = whole or turning(sent, {key.name: key.email for key in keys if _identifies(key)})
    if is_whole and known:
        (family,) = await conn.fetch(_q.family_of_persons, list(known), *columns(names, 2))
        if family["lacking"] or not known.issuperset(family["persons"]):
            return _Wider(family["persons"])
        lead_ids = sorted({*lead_ids, *family["leads"]}, key=lambda identity: identity.bytes)
    leads = await _lock_leads(conn, lead_ids, known)
    strangers = {lead.person_id for lead in leads} - known
    if strangers:
        return _Wider(sorted(strangers))
    is_told = is_whole or any(len(each) > 1 for each in sent)
    apart = await _pairs(conn, _q.keys_kept_apart, names) if is_told else frozenset()
    together = await _pairs(conn, _q.keys_kept_together, names) if is_whole else frozenset()
    return WorkingSet(tuple(keys), tuple(persons), tuple(leads), is_whole, apart, together)


def _identifies(key: Key) -> bool:
    return key.name[0] == PHONE and key.identifies


async def _pairs(conn: Connection, query: str, names: Sequence[KeyName]) -> frozenset[Pair]:
    rows = await conn.fetch(query, *columns(names, 2)) if names else []
    return frozenset(
        frozenset({(row["kind"], row["value"]), (row["other_kind"], row["other_value"])}) for row in rows
    )


async def _lock_keys(conn: Connection, names: Sequence[KeyName]) -> list[Key]:
    if not names:
        return []
    kinds, values = [kind for kind, _ in names], [value for _, value in names]
    await conn.execute(_q.insert_identity_keys, kinds, values)
    rows = await conn.fetch(_q.lock_identity_keys, kinds, values)
    if len(rows) < len(names):
        raise Transient("an identity key that nobody was known by went meanwhile")
    return [
        Key((row["kind"], row["value"]), row["person_id"], row["email"], row["identifies"]) for row in rows
    ]


async def _lock_persons(conn: Connection, first: Collection[UUID]) -> list[Person]:
    if not first:
        return []
    chain = [row["id"] for row in await conn.fetch(_q.roots_of, list(first))]
    rows = await conn.fetch(_q.lock_persons, chain)
    return [person_of(row) for row in rows]


def person_of(row: asyncpg.Record) -> Person:
    """A person from a row of `persons`."""
    return Person(
        id=row["id"],
        first_at=row["first_at"],
        known=Known(row["profile"], row["profile_received"], set(row["profile_unsure"])),
        merged_into=row["merged_into"],
        merges=row["merges"],
        suppressed_at=row["suppressed_at"],
    )


async def _lock_leads(conn: Connection, lead_ids: Sequence[UUID], persons: Collection[UUID]) -> list[Lead]:
    if lead_ids:
        rows = await conn.fetch(_q.lock_leads, lead_ids, list(persons))
    elif persons:
        rows = await conn.fetch(_q.lock_open_leads, list(persons))
    else:
        return []
    return [lead_of(row) for row in rows]


def lead_of(row: asyncpg.Record) -> Lead:
    """A lead from a row of `leads`."""
    consent, handling = row["consent"], row["handling"]
    return Lead(
        id=row["id"],
        person_id=row["person_id"],
        opened_person=row["opened_person"],
        line=row["line"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        origins=[(each[0], each[1], each[2]) for each in row["origins"]],
        attribution=Attribution.model_construct(**row["attribution"]),
        consent=None if consent is None else Consent.model_validate(consent),
        is_test=row["is_test"],
        asks=row["asks"],
        submissions=row["submissions"],
        seq=row["seq"],
        state=LeadState(row["state"]),
        fit=row["fit"],
        interest=row["interest"],
        quadrant=Quadrant(row["quadrant"]),
        stage=Stage(row["stage"]),
        sql_at=row["sql_at"],
        rulebook_version=row["rulebook_version"],
        merged_into=row["merged_into"],
        handling=None if handling is None else Handling.model_validate(handling),
        invited_at=row["invited_at"],
        newest=_newest(row),
        is_own=row["is_own"],
        due_at=row["due_at"],
    )


def _newest(row: asyncpg.Record) -> dict[Origin, Newest]:
    """Of each origin. Rows written before it was kept count from the lead's opening."""
    opening = Newest(row["opened_at"], row["opened_by"])
    return {
        (form, source, campaign): Newest(datetime.fromisoformat(rest[0]), UUID(rest[1])) if rest else opening
        for form, source, campaign, *rest in row["origins"]
    }


async def stored_ids(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these submissions are kept already."""
    return {row["id"] for row in await conn.fetch(_q.stored_submissions, ids)} if ids else set()


async def accepted_content(conn: Connection, submissions: Sequence[LeadSubmitted]) -> Window:
    """What was accepted around the times of these submissions with the content of those that have no key."""
    window = Window()
    keyless = [s for s in submissions if s.key is None]
    if keyless:
        moments: list[datetime] = [s.received_at for s in keyless]
        rows = await conn.fetch(
            _q.accepted_content,
            list({s.fingerprint for s in keyless}),
            min(moments) - DOUBLE_CLICK,
            max(moments) + DOUBLE_CLICK,
        )
        for row in rows:
            window.add(row["form_id"], row["fingerprint"], row["received_at"], row["id"])
    return window


async def lead_ids_in_use(conn: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Which of these ids are a lead's, of an erased one's too."""
    return {row["id"] for row in await conn.fetch(_q.lead_ids_in_use, list(ids))} if ids else set()


Named = dict[UUID, StoredSubmission | None]


async def named_submissions(conn: Connection, ids: Sequence[UUID], before: Named | None = None) -> Named:
    """The submissions that late asks name, or the corrections that stand for them; None for an erased one.

    `before`: as they were found unlocked. Raises Transient where one came to other leads meanwhile.
    """
    named = await _named(conn, ids)
    for identity, each in named.items():
        seen = (before or named).get(identity)
        if each is not None and (seen is None or seen.lead_ids != each.lead_ids):
            raise Transient("the submission of a late ask was brought to another lead meanwhile")
    return named


async def _named(conn: Connection, ids: Sequence[UUID]) -> Named:
    rows = await conn.fetch(_q.submissions_with_events, ids) if ids else []
    return {
        row["named"]: None
        if row["state"] == SubmissionState.ERASED
        else StoredSubmission(
            submission=LeadSubmitted.model_validate(row["event"]),
            durable_at=row["durable_at"],
            lead_ids=tuple(row["lead_ids"]),
            merged_leads=tuple(row["merged_leads"]),
            state=SubmissionState(row["state"]),
            released_at=row["released_at"],
        )
        for row in rows
    }
