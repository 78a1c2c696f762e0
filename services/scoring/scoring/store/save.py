"""Writes what a batch changed, each table in one statement."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from lead_events.model import EventModel
from scoring.domain.holdings import Moved
from scoring.domain.leads import Lead, LeadState
from scoring.domain.merging import Merge
from scoring.domain.people import Key, KeyName, Person
from scoring.domain.progress import Ending
from scoring.domain.publications import Publication
from scoring.domain.submissions import Fate, Incoming, SubmissionState
from service_kit.errors import Transient
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/batch.sql")

Taken = tuple[Incoming, Fate, str]
"""A submission, what became of it, and its event as JSON text."""

_RACES = {
    "submissions_pkey": "the submission was kept by another transaction meanwhile",
    "leads_one_open": "a lead of this person and line was opened by another transaction meanwhile",
    "leads_pkey": "the lead was opened by another transaction meanwhile",
}
"""Constraints that another transaction may have won: the batch is repeated and then sees its rows."""


def race_lost(error: asyncpg.UniqueViolationError) -> Transient | None:
    """What a broken constraint asks for: to repeat the batch, or None where it is a fault of the program."""
    reason = _RACES.get(error.constraint_name or "")
    return None if reason is None else Transient(reason)


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows as `width` columns, also where there are none."""
    listed = list(rows)
    return [list(column) for column in zip(*listed, strict=True)] if listed else [[] for _ in range(width)]


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def _list(items: Iterable[Any]) -> str:
    """A JSON array as text: the driver would take a list of lists for a matrix."""
    return orjson.dumps(list(items), default=str).decode()


def _json(model: EventModel | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json", exclude_none=True)


async def save_people(conn: Connection, persons: Collection[Person], keys: Collection[Key]) -> None:
    """New and changed persons, and the keys that belong to somebody else or nobody now."""
    if persons:
        rows = (
            (
                p.id,
                p.first_at,
                p.merged_into,
                p.merges,
                p.known.values,
                p.known.received,
                p.suppressed_at,
                _list(sorted(p.known.unsure)),
            )
            for p in persons
        )
        await conn.execute(_q.save_persons, *columns(rows, 8))
    if keys:
        key_rows = ((*key.name, key.person_id, key.email, key.identifies) for key in keys)
        await conn.execute(_q.save_identity_keys, *columns(key_rows, 5))


async def drop_unused_keys(conn: Connection, names: Sequence[KeyName]) -> None:
    """Take out keys, locked by this batch, by which nobody is known."""
    if names:
        await conn.execute(_q.drop_unused_keys, *columns(names, 2))


async def save_submissions(conn: Connection, taken: Sequence[Taken], now: datetime) -> None:
    """Submissions with what became of them; the quarantined ones also where people look for them. Those that
    came again and are erased are emptied by the caller."""
    fresh = [each for each in taken if each[1].again is None]
    if fresh:
        await conn.execute(_q.insert_submissions, now, *columns((_submission(now, *e) for e in fresh), 18))
        await _quarantine(conn, fresh, now)
    for again in _in_turn([each for each in taken if each[1].again is not None and not is_gone(each[1])]):
        await conn.execute(_q.update_submissions, *columns((_again(*each) for each in again), 10))
        settled = [i.submission.submission_id for i, f, _ in again if not _waits(f)]
        await conn.execute(_q.leave_quarantine, settled)
        await _quarantine(conn, again, now)
    superseded = [(f.supersedes, i.submission.submission_id) for i, f, _ in taken if f.supersedes]
    if superseded:
        await conn.execute(_q.supersede_submissions, *columns(superseded, 2))


def _in_turn(again: Sequence[Taken]) -> Iterator[list[Taken]]:
    """In portions that hold no submission twice, each in order: a statement changes a row only once."""
    left = list(again)
    while left:
        firsts: dict[UUID, Taken] = {}
        for each in left:
            firsts.setdefault(each[0].submission.submission_id, each)
        yield list(firsts.values())
        left = [each for each in left if firsts[each[0].submission.submission_id] is not each]


def is_gone(fate: Fate) -> bool:
    """Whether it was kept before, and is an erased person's."""
    return fate.again is not None and fate.state is SubmissionState.ERASED


def _waits(fate: Fate) -> bool:
    return fate.state is SubmissionState.QUARANTINED


async def _quarantine(conn: Connection, taken: Sequence[Taken], now: datetime) -> None:
    rows = [
        (s.submission_id, s.form_id, fate.reason, fate.detail, s.received_at)
        for incoming, fate, _ in taken
        if _waits(fate)
        for s in (incoming.submission,)
    ]
    if rows:
        await conn.execute(_q.insert_quarantine, now, *columns(rows, 5))


def _submission(now: datetime, incoming: Incoming, fate: Fate, event: str) -> tuple[Any, ...]:
    """A row. Of one from before its person's erasure nothing is kept but that it came."""
    submission = incoming.submission
    is_erased = fate.state is SubmissionState.ERASED
    row = submission.imported
    return (
        submission.submission_id,
        submission.form_id,
        "" if is_erased else submission.fingerprint,
        None if is_erased else submission.key,
        submission.received_at,
        incoming.durable_at,
        incoming.is_bulk,
        fate.state,
        fate.person_id,
        _array(fate.lead_ids),
        _array(fate.merged_leads),
        "[]" if is_erased else _keys(incoming),
        fate.duplicate_of,
        "{}" if is_erased else event,
        now if incoming.is_bulk and fate.lead_ids else None,
        fate.superseded_by,
        None if row is None else row.import_id,
        None if row is None else row.row,
    )


def _again(incoming: Incoming, fate: Fate, event: str) -> tuple[Any, ...]:
    rerun = incoming.rerun
    released = rerun.at if rerun is not None and fate.lead_ids else None
    return (
        incoming.submission.submission_id,
        fate.state,
        fate.person_id,
        _array(fate.lead_ids),
        _array(fate.merged_leads),
        _keys(incoming),
        fate.duplicate_of,
        event,
        released,
        fate.superseded_by,
    )


def _keys(incoming: Incoming) -> str:
    return _list([f"{kind}:{value}" for kind, value in incoming.keys])


async def save_leads(
    conn: Connection, leads: Collection[Lead], moved: Collection[UUID], endings: Mapping[UUID, Ending]
) -> None:
    """Those that went to another person leave their place as the open one of a person and line first, then
    those that ended do: others may take it, also in a ring."""
    if moved:
        await conn.execute(_q.leave_places, list(moved))
    ended = [lead for lead in leads if lead.state is not LeadState.OPEN]
    still_open = [lead for lead in leads if lead.state is LeadState.OPEN]
    for group in (ended, still_open):
        if group:
            rows = (_lead(lead, endings.get(lead.id)) for lead in group)
            await conn.execute(_q.save_leads, *columns(rows, 27))


def _lead(lead: Lead, ending: Ending | None) -> tuple[Any, ...]:
    return (
        lead.id,
        lead.person_id,
        lead.opened_person,
        lead.line,
        lead.opened_by,
        lead.opened_at,
        lead.state,
        lead.seq,
        lead.submissions,
        lead.asks,
        lead.is_test,
        _list((*origin, *lead.newest[origin]) for origin in lead.origins),
        _json(lead.attribution),
        _json(lead.consent),
        lead.fit,
        lead.interest,
        lead.quadrant,
        lead.stage,
        lead.sql_at,
        lead.rulebook_version,
        lead.merged_into,
        ending.at if ending else None,
        ending.reason if ending else None,
        _json(lead.handling),
        lead.invited_at,
        lead.is_own,
        lead.due_at if lead.state is LeadState.OPEN else None,
    )


async def save_scores(conn: Connection, publications: Sequence[Publication], now: datetime) -> None:
    """The score of each publication with what contributed."""
    if publications:
        rows = (_score(publication) for publication in publications)
        await conn.execute(_q.insert_scores, now, *columns(rows, 10))


def _score(publication: Publication) -> tuple[Any, ...]:
    event = publication.event
    return (
        event.lead_id,
        event.seq,
        event.cause.id,
        event.cause.kind,
        event.score.fit,
        event.score.interest,
        event.quadrant,
        event.stage,
        event.rulebook_version,
        _list(_json(each) for each in event.score.contributions),
    )


async def save_merges(conn: Connection, merges: Sequence[Merge], now: datetime) -> None:
    """Which persons were found to be one, and which not to be after all, in the order found."""
    for is_undone, found in groupby(merges, lambda merge: merge.event.kind == "undone"):
        if is_undone:
            others = [merge.event.person_id for merge in found]
            await conn.execute(_q.undo_merges, others, now)
        else:
            await _insert_merges(conn, list(found), now)


async def _insert_merges(conn: Connection, merges: Sequence[Merge], now: datetime) -> None:
    if merges:
        rows = (
            (
                merge.event.person_id,
                merge.event.other_person_id,
                merge.submission,
                _array(merge.event.leads_ended),
                _array(merge.event.leads_moved),
            )
            for merge in merges
        )
        await conn.execute(_q.insert_merges, now, *columns(rows, 5))


async def move_submissions(conn: Connection, moved: Collection[Moved]) -> None:
    """Submissions that a late ask has brought to another lead, or that turned out to be somebody else's;
    what they put right goes along."""
    if moved:
        rows = (
            (
                each.submission,
                each.state,
                None if each.lead_ids is None else _array(each.lead_ids),
                None if each.merged_leads is None else _array(each.merged_leads),
                each.person_id,
            )
            for each in moved
        )
        await conn.execute(_q.move_submissions, *columns(rows, 5))
    owners = [(each.submission, each.person_id) for each in moved if each.person_id is not None]
    if owners:
        await conn.execute(_q.move_superseded, *columns(owners, 2))
