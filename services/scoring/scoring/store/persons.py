"""What is kept of persons: found, locked, exported, erased, suppressed.

Locks are taken as everywhere: identity keys, persons, leads, each sorted; before them the erasures' own lock.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from scoring.domain.erasure import deciding_keys, pattern
from scoring.domain.people import EMAIL, PHONE, KeyName
from scoring.store import duplicates, feedback, nurturing, signals
from scoring.store.accounts import forget as forget_companies
from scoring.store.save import columns
from service_kit.postgres import Connection
from service_kit.queries import load_queries

VISITOR = "visitor"
_q = load_queries("scoring", "queries/persons.sql")


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything of one person: who is behind it, by which keys, and what stands under their ids.

    `persons` begins with the one that stands for all; it is empty for somebody known from quarantine only.
    `visitors` are the browsers they came with, `sent` all keys that their submissions carry.
    """

    persons: tuple[UUID, ...]
    keys: tuple[KeyName, ...]
    shared_phones: tuple[KeyName, ...]
    leads: tuple[UUID, ...]
    open_leads: tuple[UUID, ...]
    submissions: tuple[UUID, ...]
    visitors: tuple[KeyName, ...] = ()
    sent: tuple[KeyName, ...] = ()
    suppressed_at: datetime | None = None
    profile: Mapping[str, Any] | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything at all is kept."""
        return bool(self.persons or self.submissions)

    def counts(self) -> dict[str, int]:
        """How much of each kind is kept."""
        return {
            "persons": len(self.persons),
            "identity_keys": len(self.keys) + len(self.shared_phones),
            "submissions": len(self.submissions),
            "leads": len(self.leads),
            "open_leads": len(self.open_leads),
        }


async def hold_erasures(conn: Connection) -> None:
    """Keep erasures out until this transaction ends."""
    await conn.execute(_q.hold_erasures)


async def lock_erasures(conn: Connection) -> None:
    """Wait for batches in work and keep others out until this transaction ends; before any other lock."""
    await conn.execute(_q.lock_erasures)


async def tombstones(conn: Connection, hashes: Sequence[str]) -> tuple[set[str], dict[str, datetime]]:
    """Checks of the keys that tombstones were made with, and since when these hashes are of the erased."""
    rows = await conn.fetch(_q.tombstones, hashes)
    checks = {row["key_check"] for row in rows if row["key_check"] is not None}
    return checks, {row["hash"]: row["erased_at"] for row in rows if row["hash"] is not None}


async def person_of(conn: Connection, name: KeyName) -> tuple[UUID | None, bool]:
    """Whom a key was first seen with, and whether it identifies nobody because several share it."""
    row = await conn.fetchrow(_q.persons_of_key, *name)
    if row is None:
        return None, False
    return (row["person_id"], False) if row["identifies"] else (None, True)


async def lock_subject(conn: Connection, first: UUID | None, named: Collection[KeyName] = ()) -> Subject:
    """Lock and list everything of the person `first` and of the keys they were named by."""
    ids = [row["id"] for row in await conn.fetch(_q.whole_persons, [first])] if first else []
    keys = await conn.fetch(_q.lock_keys_of_persons, ids)
    rows = await conn.fetch(_q.lock_persons, ids)
    leads = await conn.fetch(_q.lock_leads, ids)
    sent = await conn.fetch(_q.submissions_of_persons, ids)
    shared = {(row["kind"], row["value"]) for row in keys if row["kind"] == PHONE and not row["identifies"]}
    names = {(row["kind"], row["value"]) for row in keys}
    names |= {name for row in sent for name in deciding_keys([_name(key) for key in row["keys"]])}
    names = (names | set(named)) - shared
    found = await conn.fetch(
        _q.submissions_of_nobody, [_key(name) for name in names], pattern(names), [row["id"] for row in sent]
    )
    root = next((row for row in rows if row["merged_into"] is None), None)
    return Subject(
        persons=tuple(ids),
        keys=tuple(sorted(names)),
        shared_phones=tuple(sorted(shared)),
        leads=tuple(row["id"] for row in leads),
        open_leads=tuple(row["id"] for row in leads if row["state"] == "open"),
        submissions=tuple(dict.fromkeys(row["id"] for row in (*sent, *found))),
        visitors=tuple(sorted({(VISITOR, row["visitor"]) for row in sent if row["visitor"] is not None})),
        sent=tuple(sorted({_name(key) for row in (*sent, *found) for key in row["keys"]} | names)),
        suppressed_at=root["suppressed_at"] if root else None,
        profile=root["profile"] if root else None,
    )


async def erase(
    conn: Connection, subject: Subject, now: datetime, *, keeps_unsubscribes: bool = False
) -> int:
    """Take everything of a person out of the store; returns how many records waited to be published."""
    shared = await _shared(conn, subject.shared_phones, subject)
    persons, submissions = list(subject.persons), list(subject.submissions)
    leads = list(subject.leads)
    await signals.erase(conn, subject.keys, submissions)
    await forget_companies(conn, persons, leads)
    await nurturing.erase(conn, persons, () if keeps_unsubscribes else subject.keys, leads, now)
    await conn.execute(_q.erase_submission_keys, submissions)
    await conn.execute(_q.erase_submissions, submissions)
    await conn.execute(_q.erase_quarantine, submissions)
    await conn.execute(_q.erase_decisions, submissions)
    await erase_leads(conn, leads, now)
    await conn.execute(_q.erase_merges, persons)
    await conn.execute(_q.erase_identity_keys, persons, [_key(name) for name in shared])
    await _erase_keys_of_nobody(conn, subject)
    await conn.execute(_q.free_shared_keys, persons)
    await conn.execute(_q.forget_beside_phones, [value for kind, value in subject.keys if kind == EMAIL])
    await conn.execute(_q.erase_kept_apart, *columns(subject.sent, 2))
    await conn.execute(_q.erase_kept_together, *columns(subject.sent, 2))
    await conn.execute(_q.erase_persons, persons)
    named = pattern(subject.keys)
    await conn.execute(_q.erase_reasons, persons, named)
    marks = [str(identity) for identity in (*leads, *submissions)]
    done: str = await conn.execute(_q.erase_outbox, marks, named)
    return int(done.rpartition(" ")[2])


async def erase_leads(conn: Connection, leads: Sequence[UUID], now: datetime) -> None:
    """Leave of leads what counts need."""
    await feedback.erase(conn, leads)
    await duplicates.erase(conn, leads, now)
    await conn.execute(_q.erase_scores, leads)
    await conn.execute(_q.erase_leads, leads, now)


async def _erase_keys_of_nobody(conn: Connection, subject: Subject) -> None:
    """Of the keys that the person sent those by which nobody is known, unless somebody else sent them too."""
    sent = await conn.fetch(_q.keys_of_nobody, *columns(subject.sent, 2))
    loose = {(row["kind"], row["value"]) for row in sent}
    gone = sorted(loose - {*await _shared(conn, loose, subject)})
    await conn.execute(_q.erase_keys_of_nobody, *columns(gone, 2))


async def _shared(conn: Connection, names: Collection[KeyName], subject: Subject) -> list[KeyName]:
    """Which of these keys somebody else's submissions carry too."""
    asked = [_key(name) for name in names]
    rows = await conn.fetch(_q.shared_keys, asked, list(subject.submissions)) if asked else []
    return [_name(row["key"]) for row in rows]


async def insert_tombstones(
    conn: Connection, hashes: Sequence[str], act: UUID, now: datetime, key_check: str
) -> None:
    """Keep by what the erased are known again, so that nothing received before brings them back."""
    await conn.execute(_q.note_erasure_key, key_check, now)
    await conn.execute(_q.insert_tombstones, hashes, act, now)


async def insert_act(
    conn: Connection,
    act: UUID,
    kind: str,
    person: UUID | None,
    now: datetime,
    by: str,
    reason: str,
    counts: Mapping[str, int],
) -> None:
    """Keep who did what about whom."""
    await conn.execute(_q.insert_act, act, kind, person, now, by, reason, dict(counts))


async def suppress(conn: Connection, persons: Sequence[UUID], now: datetime) -> None:
    """Not to be contacted from now on."""
    await conn.execute(_q.suppress, list(persons), now)


async def allow(conn: Connection, persons: Sequence[UUID]) -> None:
    """May be contacted again."""
    await conn.execute(_q.allow, list(persons))


async def export(conn: Connection, subject: Subject) -> dict[str, Any]:
    """Everything that is kept of a person."""
    persons, leads = list(subject.persons), list(subject.leads)
    said = await feedback.export(conn, leads)
    scores: dict[UUID, list[dict[str, Any]]] = {}
    for row in await conn.fetch(_q.export_scores, leads):
        scores.setdefault(row["lead_id"], []).append(dict(row))
    submissions = [dict(row) for row in await conn.fetch(_q.export_submissions, list(subject.submissions))]
    return {
        "persons": [dict(row) for row in await conn.fetch(_q.export_persons, persons)],
        "identity_keys": [dict(row) for row in await conn.fetch(_q.export_keys, persons)],
        "consents": [_consent(each) for each in submissions if each["event"].get("consent")],
        "submissions": submissions,
        "leads": [
            dict(row) | {"scores": scores.get(row["lead_id"], []), "feedback": said.get(row["lead_id"], [])}
            for row in await conn.fetch(_q.export_leads, leads)
        ],
        "signals": [
            dict(row)
            for row in await conn.fetch(
                _q.export_signals, [_key(name) for name in (*subject.keys, *subject.visitors)]
            )
        ],
        **await nurturing.export(conn, persons, subject.keys),
        "duplicates": await duplicates.export(conn, leads),
        "acts": [dict(row) for row in await conn.fetch(_q.export_acts, persons)],
    }


def _consent(submission: Mapping[str, Any]) -> dict[str, Any]:
    """What was agreed to with a submission: by which text, when, on which form."""
    event = submission["event"]
    told = {"form_id": event["form_id"], "source": event["source"], "at": event["received_at"]}
    return {"submission_id": submission["submission_id"], **told, **event["consent"]}


async def next_persons(
    conn: Connection, after: UUID, limit: int, before: datetime
) -> list[tuple[UUID, bool]]:
    """The next persons by id, each with whether nothing was heard of them since `before`."""
    return [(row["id"], row["is_over"]) for row in await conn.fetch(_q.next_persons, after, limit, before)]


async def is_in_use(conn: Connection, persons: Sequence[UUID], since: datetime) -> bool:
    """Whether anything was heard of these persons since a moment, or a lead of theirs is open."""
    return bool(await conn.fetchval(_q.is_in_use, list(persons), since))


async def expired_submissions(
    conn: Connection, states: Collection[str], before: datetime, limit: int
) -> list[UUID]:
    """Lock submissions in one of `states` since `before`, with what was typed still in them."""
    rows = await conn.fetch(_q.expired_submissions, list(states), before, limit)
    return [row["id"] for row in rows]


async def empty_submissions(conn: Connection, ids: Sequence[UUID]) -> None:
    """Leave of submissions only that they were."""
    await conn.execute(_q.erase_submission_keys, ids)
    await conn.execute(_q.erase_submissions, ids)
    await conn.execute(_q.erase_quarantine, ids)
    await conn.execute(_q.erase_decisions, ids)


async def with_repeats(conn: Connection, ids: Sequence[UUID]) -> list[UUID]:
    """Submissions, their double clicks, and what a vendor put right by them."""
    return [row["id"] for row in await conn.fetch(_q.with_repeats, ids)]


async def strip_submissions(conn: Connection, ids: Sequence[UUID], now: datetime) -> None:
    """Take what was typed out of submissions; consent and what became of them stay."""
    await conn.execute(_q.strip_submissions, ids, now)
    await conn.execute(_q.erase_decisions, ids)


async def note_night(conn: Connection, day: date, now: datetime, counts: Mapping[str, int]) -> None:
    """Note that retention has run for a day, and what it took."""
    await conn.execute(_q.note_night, day, now, dict(counts))


async def last_night(conn: Connection) -> date | None:
    """The day retention ran for last, None before the first."""
    found: date | None = await conn.fetchval(_q.last_night)
    return found


def _key(name: KeyName) -> str:
    return ":".join(name)


def _name(key: str) -> KeyName:
    kind, _, value = key.partition(":")
    return kind, value
