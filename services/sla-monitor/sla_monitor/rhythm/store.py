"""Reading and writing of pages. Every function works inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events.words import TimerKind
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.rhythm.schedule import Due, PageKind
from sla_monitor.rhythm.weekly import OpenMatters, Waiting

_q = load_queries("sla_monitor.rhythm")
WORST = 15
"""So many broken promises stand on a page."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it is kept. `report`: the whole report in the language asked for, if there is one."""

    kind: PageKind
    period: str
    company: str
    figures: Mapping[str, Any]
    report: str | None = None


async def take_turn(conn: Connection, *, wait: bool) -> bool:
    """Whether it is this transaction that makes pages now."""
    if wait:
        await conn.execute(_q.wait_for_pages)
        return True
    return bool(await conn.fetchval(_q.lock_pages))


async def not_made(conn: Connection, due: Sequence[Due]) -> list[Due]:
    """Those of the pages due that nobody has made."""
    if not due:
        return []
    rows = await conn.fetch(_q.pages_made, [each.kind.value for each in due], [each.period for each in due])
    made = {(row["page"], row["period"]) for row in rows}
    return [each for each in due if (each.kind.value, each.period) not in made]


async def insert_page(conn: Connection, made: Made, due_at: datetime | None, now: datetime) -> None:
    """Keep a page; one that is made stays as it was."""
    await conn.execute(
        _q.insert_page, made.kind.value, made.period, now, due_at, made.company, dict(made.figures)
    )


async def insert_report(conn: Connection, kind: PageKind, period: str, language: str, html: str) -> None:
    """Keep the report that goes with a page."""
    await conn.execute(_q.insert_report, kind.value, period, language, html)


async def insert_receivers(
    conn: Connection,
    kind: PageKind,
    period: str,
    language: str,
    deliveries: Mapping[str, UUID],
    now: datetime,
) -> set[str]:
    """Note who is sent a page, with the id of the message; returns those who were not sent it before."""
    rows = await conn.fetch(
        _q.insert_receivers,
        kind.value,
        period,
        language,
        list(deliveries),
        list(deliveries.values()),
        now,
    )
    return {row["receiver"] for row in rows}


async def read_page(conn: Connection, kind: PageKind, period: str, language: str) -> Made | None:
    """A page that is made, with its report in a language; None if it is not."""
    row = await conn.fetchrow(_q.read_page, kind.value, period, language)
    if row is None:
        return None
    return Made(kind, period, row["company"], row["figures"], row["html"])


async def list_receivers(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Who was sent what, the newest first, and how it fared."""
    return [dict(row) for row in await conn.fetch(_q.list_receivers, limit)]


async def open_matters(conn: Connection) -> OpenMatters:
    """Broken promises without an act, those due first as the worst, and objections without a verdict."""
    breaches = await conn.fetchval(_q.count_open_breaches)
    rows = await conn.fetch(_q.worst_breaches, WORST)
    worst = [(row["lead_id"], TimerKind(row["kind"]), row["rep_id"], row["due_at"]) for row in rows]
    objections = [Waiting(**dict(row)) for row in await conn.fetch(_q.waiting_objections)]
    return OpenMatters(breaches, worst, objections)


async def closed_months(conn: Connection, since: datetime) -> dict[str, datetime]:
    """Months that were closed after a moment, and when."""
    return {row["period"]: row["closed_at"] for row in await conn.fetch(_q.closed_months, since)}


async def is_closed(conn: Connection, month: str) -> bool:
    """Whether both sides have signed a month."""
    return bool(await conn.fetchval(_q.is_closed, month))
