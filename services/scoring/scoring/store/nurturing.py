"""Nurturing as it is kept: who is to be looked at, who is there, what the tool is told."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from delivery.message import Target
from lead_events import Consent
from lead_events.words import ImportMode, Quadrant, Stage
from scoring.domain.feedback import Feedback
from scoring.domain.handover import Row, place_of
from scoring.domain.leads import LeadState
from scoring.domain.nurturing import Candidate, Left
from scoring.domain.people import KeyName
from scoring.domain.profile import Known
from scoring.domain.waking import Waking
from scoring.store.save import columns
from scoring.store.views import Place as Cursor
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/nurturing.sql")

PersonLine = tuple[UUID, str]
PERSON = "person"
"""Kind of an unsubscribe by the id of a person, of whom no e-mail may be known."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Which of those in nurturing are asked for."""

    line: str | None = None
    quadrant: str | None = None
    only_handed: bool = False


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A recycled lead whose day has come, and the event that recycled it. `is_recycled`: it ended by that."""

    lead_id: UUID
    event_id: UUID
    wake_at: datetime
    is_recycled: bool


async def take_looks(conn: Connection, limit: int) -> list[UUID]:
    """Take leads to look at, locking out whoever else looks. The same lead may come several times."""
    await conn.execute(_q.lock_nurturing)
    return [row["lead_id"] for row in await conn.fetch(_q.take_looks, limit)]


async def ask_looks(conn: Connection, leads: Collection[UUID]) -> None:
    """Have leads looked at."""
    if leads:
        await conn.execute(_q.ask_looks, list(leads))


async def ask_looks_at_all(conn: Connection) -> None:
    """Have everybody looked at who may be in nurturing, or whose leaving is still to be told."""
    await conn.execute(_q.ask_looks_at_all)


async def candidates(conn: Connection, leads: Sequence[UUID]) -> dict[PersonLine, list[Candidate]]:
    """All leads, open or ended, of the persons and lines that these leads are of."""
    found: dict[PersonLine, list[Candidate]] = defaultdict(list)
    for row in await conn.fetch(_q.candidates, leads):
        found[row["root"], row["line"]].append(_candidate(row))
    return found


def _candidate(row: asyncpg.Record) -> Candidate:
    consent = row["consent"]
    return Candidate(
        lead_id=row["lead_id"],
        state=LeadState(row["state"]),
        stage=Stage(row["stage"]),
        quadrant=Quadrant(row["quadrant"]),
        opened_at=row["opened_at"],
        is_test=row["is_test"],
        is_off_limits=row["is_off_limits"],
        consent=None if consent is None else Consent.model_validate(consent),
        mode=ImportMode(row["mode"]) if row["mode"] else None,
        is_request_of_ours=row["is_request_of_ours"],
        is_competitor=row["is_competitor"],
        handed_at=row["handed_at"],
        closed_at=row["closed_at"],
        close_reason=row["close_reason"],
        wake_at=row["wake_at"],
        said=row["said"],
    )


async def unsubscribed(conn: Connection, persons: Collection[UUID]) -> set[UUID]:
    """Which of these persons are known by a key that has unsubscribed."""
    return {row["root"] for row in await conn.fetch(_q.unsubscribed, list(persons))}


async def rows(
    conn: Connection, leads: Sequence[UUID], places: Collection[PersonLine]
) -> dict[PersonLine, tuple[Row, Left | None]]:
    """Who is or was in nurturing by these leads or for these persons and lines; and why somebody cannot be
    any more who is a person of their own no longer."""
    found = await conn.fetch(_q.rows_to_judge, leads, *columns(places, 2))
    return {(row["person_id"], row["line"]): (_row(row), _ended(row)) for row in found}


def _ended(row: asyncpg.Record) -> Left | None:
    if row["is_gone"]:
        return Left.ERASED
    return Left.MERGED if row["merged_into"] is not None else None


def _row(row: asyncpg.Record) -> Row:
    return Row(
        person_id=row["person_id"],
        line=row["line"],
        place=place_of(dict(row)),
        since=row["since"],
        changed_at=row["changed_at"],
        is_told=row["is_told"],
        revision=row["revision"],
        left_at=row["left_at"],
        left_because=Left(row["left_because"]) if row["left_because"] else None,
        was_handed=row["was_handed"],
        told_contact=row["told_contact"],
    )


async def save(conn: Connection, changed: Collection[Row]) -> None:
    """Keep who is in nurturing, and who has left."""
    if changed:
        await conn.execute(_q.save_places, *columns((_values(each) for each in changed), 18))


def _values(row: Row) -> tuple[Any, ...]:
    place = row.place
    return (
        row.person_id,
        row.line,
        row.contact_id,
        place.lead_id,
        place.why.value,
        place.quadrant.value,
        place.stage.value,
        place.reason if row.left_because is not Left.ERASED else "",
        row.since,
        place.wake_at,
        place.kept_back.value if place.kept_back else None,
        row.is_told,
        row.revision,
        row.changed_at,
        row.left_at,
        row.left_because.value if row.left_because else None,
        row.was_handed,
        row.told_contact,
    )


async def profiles(conn: Connection, persons: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What these persons are called and how they are reached."""
    found = await conn.fetch(_q.profiles, list(persons)) if persons else []
    return {row["id"]: Known(row["profile"], {}).as_mapping() for row in found}


async def last_policy(conn: Connection) -> tuple[dict[str, Any] | None, str | None]:
    """nurturing.yaml as everybody was last looked at by, and the address that was told last."""
    row = await conn.fetchrow(_q.policy)
    return (row["policy"], row["told_url"]) if row else (None, None)


async def save_policy(conn: Connection, policy: dict[str, Any], version: int, now: datetime) -> None:
    """Note by what everybody is looked at from now on."""
    await conn.execute(_q.save_policy, policy, version, now)


async def tell_anew(conn: Connection) -> None:
    """Another tool is told from now on, which knows nobody yet."""
    await conn.execute(_q.tell_anew)


async def listed(
    conn: Connection, wanted: Listed, *, after: Cursor | None, limit: int
) -> list[dict[str, Any]]:
    """Who is in nurturing, the newest first, each with their profile."""
    at, identity = (after.at, after.id) if after else (None, None)
    found = await conn.fetch(
        _q.list_places, at, identity, wanted.line, wanted.quadrant, limit, wanted.only_handed
    )
    return [dict(row) | {"profile": Known(row["profile"], {}).as_mapping()} for row in found]


async def left_since(conn: Connection, since: datetime) -> list[dict[str, Any]]:
    """Of whom the tool was told, and who left or is kept back since a moment; their ids only."""
    return [dict(row) for row in await conn.fetch(_q.left_since, since)]


async def counts(conn: Connection) -> dict[tuple[str, bool], int]:
    """How many are in nurturing, by quadrant and whether the tool is told of them."""
    rows_ = await conn.fetch(_q.count_places)
    return {(row["quadrant"], row["is_handed"]): row["persons"] for row in rows_}


async def count_looks(conn: Connection) -> int:
    """How many are still to be looked at."""
    return int(await conn.fetchval(_q.count_looks))


async def forget_left(conn: Connection, before: datetime) -> None:
    """Drop some of those who left before a moment, and of whom the tool has nothing to hear any more."""
    await conn.execute(_q.forget_left, before)


async def last_file(conn: Connection) -> tuple[date, datetime] | None:
    """The day of the last CSV file, and when it was written."""
    row = await conn.fetchrow(_q.last_file)
    return (row["day"], row["at"]) if row else None


async def note_file(conn: Connection, day: date, now: datetime, rows_: int) -> None:
    """Note that a day's file is written."""
    await conn.execute(_q.note_file, day, now, rows_)


async def unsubscribe(
    conn: Connection, names: Collection[KeyName], *, now: datetime, via: str, by: str
) -> int:
    """Keep that these want no marketing, and have whoever is known by them looked at; how many are new."""
    if not names:
        return 0
    kinds, values = columns(sorted(set(names)), 2)
    fresh = await conn.fetch(_q.unsubscribe, kinds, values, now, via, by)
    await conn.execute(_q.ask_looks_of_keys, kinds, values)
    return len(fresh)


async def persons_of(conn: Connection, contacts: Sequence[UUID]) -> dict[UUID, tuple[UUID, str | None]]:
    """Who contacts are, with their e-mails; those that nobody here is known by are left out."""
    found = await conn.fetch(_q.persons_of_contacts, contacts) if contacts else []
    return {row["contact_id"]: (row["person_id"], row["email"]) for row in found}


async def note_wake_ups(conn: Connection, said: Iterable[Feedback]) -> None:
    """Keep when recycled leads are to come back."""
    waking = [(each.lead_id, each.id, each.wake_at) for each in said if each.wake_at is not None]
    firsts = list({lead: (lead, event, at) for lead, event, at in reversed(waking)}.values())
    if firsts:
        await conn.execute(_q.note_wake_ups, *columns(firsts, 3))


async def wake_ups_due(conn: Connection, now: datetime, lines: Collection[str], limit: int) -> list[WakeUp]:
    """Recycled leads of these lines whose day has come, unlocked."""
    rows_ = await conn.fetch(_q.wake_ups_due, now, limit, list(lines))
    return [WakeUp(row["lead_id"], row["event_id"], row["wake_at"], row["is_recycled"]) for row in rows_]


async def end_wake_ups(conn: Connection, ended: Collection[tuple[UUID, Waking]], now: datetime) -> None:
    """Keep what became of leads whose day had come."""
    if ended:
        leads, became = columns(((lead, each.value) for lead, each in ended), 2)
        await conn.execute(_q.end_wake_ups, leads, became, now)


async def overtaken(conn: Connection, leads: Collection[UUID]) -> set[UUID]:
    """Which of these leads a later one of the same person and line has followed."""
    return {row["lead"] for row in await conn.fetch(_q.overtaken, list(leads))}


async def erase(
    conn: Connection,
    persons: Sequence[UUID],
    keys: Collection[KeyName],
    leads: Sequence[UUID],
    now: datetime,
) -> None:
    """Take out what is written about persons, and that `keys` have unsubscribed; that they leave is told by
    whoever looks next."""
    named = [*keys, *((PERSON, str(each)) for each in persons)]
    gone = await conn.fetch(_q.erase_nurturing, list(persons), *columns(named, 2), list(leads))
    if gone:
        await conn.execute(_q.erase_deliveries, [row["contact_id"] for row in gone], now)


async def send_again(conn: Connection, target: Target, *, now: datetime, for_: timedelta) -> int:
    """Have the tool told once more what was given up, of each contact the newest; of how many. It says all
    that the messages before it said, and those of another address would reach nobody."""
    return len(await conn.fetch(_q.send_again, target.as_json(), now, for_))


async def export(conn: Connection, persons: Sequence[UUID], keys: Collection[KeyName]) -> dict[str, Any]:
    """What is kept of persons in nurturing, and by which keys they have unsubscribed."""
    places = await conn.fetch(_q.export_nurturing, list(persons))
    named = [*keys, *((PERSON, str(each)) for each in persons)]
    refused = await conn.fetch(_q.export_unsubscribes, *columns(named, 2))
    return {"nurturing": [dict(row) for row in places], "unsubscribes": [dict(row) for row in refused]}
