"""Loads what persons did beside sending forms, as far as it still counts."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from rulebook.context import signal_values
from scorecard.score import Signal
from scoring.domain.interest import VISITOR, Kept, Signals
from scoring.domain.people import KeyName, Person
from scoring.domain.publications import Cards
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/signals.sql")

MOST = 500
"""Acts of one name that are looked at, the newest of each kind in turns: rules count fifty at most."""


async def lock_browsers(conn: Connection, visitors: Collection[str]) -> None:
    """Before identity keys are locked: forms and signals of one browser take turns."""
    if visitors:
        await conn.execute(_q.lock_browsers, list(visitors))


async def owners(conn: Connection, visitors: Collection[str]) -> dict[str, set[UUID]]:
    """Who has sent forms from each of these browsers."""
    found: dict[str, set[UUID]] = {}
    rows = await conn.fetch(_q.owners_of_browsers, list(visitors)) if visitors else []
    for row in rows:
        found.setdefault(row["visitor"], set()).add(row["person_id"])
    return found


async def load(
    conn: Connection,
    persons: Iterable[Person],
    names: Collection[KeyName],
    cards: Iterable[Cards],
    now: datetime,
) -> Signals:
    """The signals of these persons, and under names that submissions of this batch carry. Call it once both
    are locked. `cards`: those that may be used; where none counts signals, none are loaded."""
    reach = max((each.reach for each in cards), default=timedelta())
    if not reach:
        return Signals()
    known: dict[UUID, set[KeyName]] = {}
    roots = [person.id for person in persons if person.merged_into is None]
    for row in await conn.fetch(_q.names_of_persons, roots) if roots else []:
        known.setdefault(row["root"], set()).add((row["kind"], row["value"]))
    every = {*names, *(name for each in known.values() for name in each)}
    kept = await _kept(conn, every, now - reach)
    if not kept:
        return Signals()
    visitors = {value for kind, value in every if kind == VISITOR}
    return Signals(kept, known, await owners(conn, visitors))


async def _kept(conn: Connection, names: Collection[KeyName], since: datetime) -> list[Kept]:
    spelled = [f"{kind}:{value}" for kind, value in names]
    rows = await conn.fetch(_q.signals_named, spelled, since, MOST) if spelled else []
    return [_signal(row) for row in rows]


def _signal(row: asyncpg.Record) -> Kept:
    values = signal_values(
        row["kind"],
        url=row["url"],
        form=row["form_id"],
        source=row["source"],
        attributes=row["attributes"],
    )
    names = frozenset((kind, value) for kind, _, value in (key.partition(":") for key in row["keys"]))
    return Kept(Signal(row["id"], row["kind"], row["at"], values), names, row["line"])
