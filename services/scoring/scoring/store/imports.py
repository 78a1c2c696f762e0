"""What is kept of imports."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from lead_events import ImportProgressed
from scoring.domain.imports import Found
from scoring.domain.people import KeyName
from scoring.store.save import columns
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/imports.sql")


async def note(conn: Connection, reports: Sequence[ImportProgressed]) -> None:
    """Keep the newest word on each import."""
    newest: dict[UUID, ImportProgressed] = {}
    for report in sorted(reports, key=lambda each: each.seq):
        newest[report.import_id] = report
    rows = [
        (
            each.import_id,
            each.seq,
            each.state,
            each.form_id,
            each.file,
            each.by,
            each.settings,
            each.started_at,
            each.at,
            each.rows,
            each.published,
            each.refused,
            each.skipped,
            each.error,
        )
        for _, each in sorted(newest.items())
    ]
    if rows:
        await conn.execute(_q.note_imports, *columns(rows, 14))


async def newest(conn: Connection, *, after: Place | None, limit: int) -> list[dict[str, Any]]:
    """Imports, newest first."""
    at, identity = (after.at, after.id) if after else (None, None)
    return [_told(row) for row in await conn.fetch(_q.list_imports, at, identity, limit)]


async def one(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """One import: what intake said, its rows by state, how many came again and how many are on their way.

    Of one moment: what commits between two statements is in none of them. `repeated` is None until intake has
    read the file and every row has arrived; before that nobody knows.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        row = await conn.fetchrow(_q.one_import, identity)
        if row is None:
            return None
        states = {each["state"]: each["submissions"] for each in await conn.fetch(_q.rows_by_state, identity)}
        arrived = await conn.fetchval(_q.rows_arrived, f"import-{identity}")
    on_the_way = max(0, row["published"] - arrived)
    is_settled = row["state"] != "reading" and not on_the_way
    return _told(row) | {
        "rows_by_state": states,
        "repeated": max(0, arrived - sum(states.values())) if is_settled else None,
        "on_the_way": on_the_way,
        "is_settled": is_settled,
    }


async def behind_keys(conn: Connection, rows: Sequence[Sequence[KeyName]]) -> list[Found]:
    """The leads of whoever is known by each row's keys; of a person without any, one `Found` that says so."""
    asked = [(place, kind, value) for place, keys in enumerate(rows) for kind, value in keys]
    if not asked:
        return []
    found = await conn.fetch(_q.leads_behind_keys, *columns(asked, 3))
    return [
        Found(row["place"], row["lead_id"], row["line"], row["state"], row["close_reason"]) for row in found
    ]


def _told(row: Any) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if value is not None and name != "seq"}
    told["import_id"] = told.pop("id")
    return told
