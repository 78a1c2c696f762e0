"""A store of sla-monitor with many timers pending: copies of leads that the service itself has written.

Whatever columns a table has, a copy differs from its original in its ids, and in its moments by one length.
The working time of the bench has no end, so a copy's due times are those the service would give it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from lead_events.ids import lead_id, timer_id

_MADE = """
    CREATE TEMP TABLE made (of uuid, lead uuid, fact uuid, shift interval, partition integer, rep text);
    CREATE TEMP TABLE made_timers (of uuid, timer uuid, lead uuid, fact uuid, shift interval, rep text)
"""
_COLUMNS = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
        AND attidentity = '' AND attgenerated = ''
    ORDER BY attnum
"""
_ORIGINALS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "leads": ("made ON made.of = t.id", {"id": "made.lead", "partition": "made.partition"}),
    "facts": (
        "made ON made.of = t.lead_id",
        {"id": "made.fact", "lead_id": "made.lead", "rep_id": "made.rep"},
    ),
    "timers": (
        "made_timers AS made ON made.of = t.id",
        {"id": "made.timer", "lead_id": "made.lead", "opened_by": "made.fact", "rep_id": "made.rep"},
    ),
    "firings": (
        "made_timers AS made ON made.of = t.timer_id",
        {
            "timer_id": "made.timer",
            "lead_id": "made.lead",
            "event_id": "gen_random_uuid()",
            "event": "t.event || jsonb_build_object('timer_id', made.timer, 'lead_id', made.lead)",
        },
    ),
}
"""Tables with rows of a lead: how a copy is found, and what it has of its own. Moments move by themselves."""


@dataclass(frozen=True)
class Copies:
    """Copies of one lead: how many, for whom, and by how much the moments of the first and the last of them
    differ from the original's. Those between are spread evenly."""

    of: UUID
    count: int
    first: timedelta
    last: timedelta
    rep: str


class _Made(NamedTuple):
    lead: UUID
    fact: UUID
    shift: timedelta
    partition: int
    rep: str


def copy_leads(connection: psycopg.Connection, wanted: Copies, *, partitions: int) -> dict[UUID, int]:
    """Write the copies in one transaction. Returns the new leads and the partition of each.

    The original has one handoff, and any number of promises and of warnings said.
    """
    with connection.transaction():
        connection.execute(_MADE)
        made = list(_made(wanted, partitions))
        _stage(connection, wanted.of, made)
        for table, (joined, own) in _ORIGINALS.items():
            connection.execute(_copying(connection, table, joined, own))
        connection.execute("DROP TABLE made")
        connection.execute("DROP TABLE made_timers")
    return {copy.lead: copy.partition for copy in made}


def _stage(connection: psycopg.Connection, original: UUID, made: Sequence[_Made]) -> None:
    timers = connection.execute("SELECT id, kind FROM timers WHERE lead_id = %s", (original,)).fetchall()
    with connection.cursor() as cursor:
        with cursor.copy("COPY made FROM STDIN") as copy:
            for each in made:
                copy.write_row((original, *each))
        with cursor.copy("COPY made_timers FROM STDIN") as copy:
            for each in made:
                for timer, kind in timers:
                    row = timer, timer_id(each.lead, kind, each.fact), each.lead, each.fact
                    copy.write_row((*row, each.shift, each.rep))


def _made(copies: Copies, partitions: int) -> Iterator[_Made]:
    step = (copies.last - copies.first) / max(1, copies.count - 1)
    for number in range(copies.count):
        shift = copies.first + step * number
        yield _Made(lead_id(uuid4(), "main"), uuid4(), shift, number % partitions, copies.rep)


def _copying(connection: psycopg.Connection, table: str, joined: str, own: Mapping[str, str]) -> sql.Composed:
    columns = connection.execute(_COLUMNS, (table,)).fetchall()
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} AS t JOIN {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        sql.SQL(", ").join(_value(name, kind, own) for name, kind in columns),
        sql.Identifier(table),
        sql.SQL(joined),
    )


def _value(name: str, kind: str, own: Mapping[str, str]) -> sql.Composable:
    column = sql.Identifier("t", name)
    if name in own:
        return sql.SQL(own[name])
    if kind == "timestamp with time zone":
        return sql.SQL("{} + made.shift").format(column)
    if kind == "timestamp with time zone[]":
        moved = (
            "ARRAY(SELECT at + made.shift FROM unnest({}) WITH ORDINALITY AS each (at, place) ORDER BY place)"
        )
        return sql.SQL(moved).format(column)
    return column
