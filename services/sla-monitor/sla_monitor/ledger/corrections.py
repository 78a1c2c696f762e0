"""What turned out differently after a month was closed: what it is now less what is booked for it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.domain.terms import SPEED
from sla_monitor.ledger.book import Correction
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.entries import Entry, entries
from sla_monitor.ledger.gathering import Gathering
from sla_monitor.ledger.periods import Period, parse_period, period_of

_q = load_queries("sla_monitor.ledger", "queries/corrections.sql")
Key = tuple[str, UUID, str]
"""Measure, subject and goal."""


def corrections(of: str, now: Iterable[Entry], booked: Mapping[Key, Decimal]) -> list[Correction]:
    """What a closed month's parts are now, less what is booked for them so far; nothing where they agree."""
    current = {entry.key: entry.amount for entry in now}
    found = []
    for key in sorted(current.keys() | booked.keys(), key=str):
        amount = current.get(key, Decimal(0)) - booked.get(key, Decimal(0))
        if amount:
            measure, subject, goal = key
            found.append(Correction(of, measure, subject, amount, goal or None))
    return found


async def closed_periods(conn: Connection, zone: ZoneInfo) -> list[Period]:
    """The months that are closed, in order."""
    return [parse_period(row["period"], zone) for row in await conn.fetch(_q.closed_months)]


async def open_corrections(
    conn: Connection, books: Books, closed: Collection[Period], now: datetime
) -> list[Correction]:
    """Corrections to all closed months that are booked nowhere yet: they belong to the month after the last.

    Looked for among what changed since the last closing only.
    """
    changed = await conn.fetch(_q.changed_subjects)
    if not changed or not closed:
        return []
    promises = [row["subject"] for row in changed if row["is_promise"]]
    promises = [*{*promises, *await _places_moved(conn, books, closed)}]
    leads = [row["subject"] for row in changed if not row["is_promise"]]
    booked = await _booked(conn, closed, [*promises, *leads])
    found: list[Correction] = []
    for period in closed:
        gathering = Gathering(conn, period, now, books)
        book = await gathering.some(leads, promises)
        subjects = {*promises, *leads}
        current = (entry for entry in entries(book) if entry.subject in subjects)
        found += corrections(period.name, current, booked.get(period.name, {}))
    return found


async def _places_moved(conn: Connection, books: Books, closed: Collection[Period]) -> set[UUID]:
    """Promises of leads that may have another place in the volume by a delivery that came or went."""
    zone, found = next(iter(closed)).zone, set[UUID]()
    for row in await conn.fetch(_q.moved_deliveries, zone.key):
        period = period_of(row["at"], zone)
        if period in closed and books.have_volume:
            behind = await conn.fetch(_q.promises_behind, row["at"], period.end, [*SPEED])
            found |= {each["id"] for each in behind}
    return found


async def _booked(
    conn: Connection, closed: Iterable[Period], subjects: list[UUID]
) -> dict[str, dict[Key, Decimal]]:
    found: dict[str, dict[Key, Decimal]] = {}
    for row in await conn.fetch(_q.booked_for, [period.name for period in closed], subjects):
        key = row["measure"], row["subject"], row["goal"]
        found.setdefault(row["of"], {})[key] = row["amount"]
    return found
