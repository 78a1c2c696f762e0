"""An operator changes the roster or gives a rep a token."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from router.books import Books
from router.domain.hours import with_absences
from router.errors import UnknownRep
from router.handlers.rulebook import announce, follow_hours
from router.locked import Member
from router.store import Row, q
from rulebook.models import Absence
from service_kit.unit import Unit
from worktime import Calendar


@dataclass(frozen=True, slots=True)
class RepChange:
    """What is to change; None leaves it."""

    capacity: int | None = None
    weight: int | None = None
    is_active: bool | None = None
    absences: list[Absence] | None = None


class RepHandler:
    """Handles changes to reps."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def change(self, rep: str, change: RepChange, by: str) -> Callable[[Unit], Any]:
        """The transaction that changes a rep, audits it, publishes it and lets waiting leads try.

        Raises UnknownRep.
        """

        async def run(unit: Unit) -> dict[str, Any]:
            row = await self._lock(unit, rep)
            after = _changed(row, change)
            if after == _roster_data(row):
                return after
            document = _document(row, after)
            await unit.conn.execute(
                q.update_rep,
                rep,
                after["weight"],
                after["capacity"],
                after["is_active"],
                row["hours"],
                after["absences"],
                document,
                row["revision"] + 1,
            )
            if document != row["document"]:
                await follow_hours(unit, rep, document)
            await unit.conn.execute(q.insert_rep_change, rep, unit.now, by, _roster_data(row), after)
            fresh = (await unit.conn.fetch(q.one_rep, rep))[0]
            announce(unit, fresh)
            return after

        return run

    async def _lock(self, unit: Unit, rep: str) -> Row:
        """Lock the rep's pools, make their drain due, then lock the rep."""
        known = await unit.conn.fetch(q.one_rep, rep)
        if not known:
            raise UnknownRep(rep)
        shelf, member = await self._books.shelf(unit.conn), Member(rep, known[0]["team"], known[0]["email"])
        books = shelf.about(unit.now, unit.now)
        pools = sorted({pool for book in books for pool in book.pools_of(member)})
        await unit.conn.fetch(q.lock_pools, pools)
        await unit.conn.execute(q.mark_drain_due, pools)
        row: Row = (await unit.conn.fetch(q.lock_reps, [rep]))[0]
        await unit.refresh_now()
        return row


def give_token(rep: str) -> Callable[[Unit], Any]:
    """The transaction that makes a token for a rep.

    Returns it, the only time it is seen. Raises UnknownRep.
    """

    async def run(unit: Unit) -> str:
        if not await unit.conn.fetch(q.one_rep, rep):
            raise UnknownRep(rep)
        token = f"rep_{secrets.token_urlsafe(32)}"
        await unit.conn.execute(q.insert_token, hash_token(token), rep, unit.now)
        return token

    return run


def hash_token(token: str) -> bytes:
    """SHA-256: tokens are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


def _roster_data(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "capacity", "weight", "is_active", "absences")}


def _changed(row: Row, change: RepChange) -> dict[str, Any]:
    after = _roster_data(row)
    for name in ("capacity", "weight", "is_active"):
        value = getattr(change, name)
        if value is not None:
            after[name] = value
    if change.absences is not None:
        after["absences"] = [absence.model_dump(mode="json") for absence in change.absences]
    return after


def _document(row: Row, after: dict[str, Any]) -> dict[str, Any]:
    document = with_absences(row["hours"], [Absence.model_validate(each) for each in after["absences"]])
    Calendar.from_dict(document)
    return document
