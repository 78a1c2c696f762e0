"""An operator changes the roster or gives a rep a token. Each change is kept: what, by whom, when."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from router.books import Books
from router.domain.absences import (
    absent_spans,
    asked_return,
    ended,
    entry,
    joined,
    read_spans,
    set_aside,
    write_spans,
)
from router.domain.book import Book
from router.domain.hours import Span, check_own_hours, hours_document
from router.errors import NoRulebook, RosterInvalid, UnknownRep
from router.handlers.rulebook import announce, follow_hours
from router.handlers.teams import leave_teams
from router.locked import Member
from router.rep_audit import audit_change, audit_new
from router.rep_rows import FIELDS, KEPT, NewRep, feed_spans, insert_reps, write_rep
from router.store import Row, q
from rulebook.models import RepSeed
from rulebook.normalise import read_email
from service_kit.unit import Unit

Changes = Mapping[str, Any]
"""New values of a rep's columns, as JSON has them; a column left out stays."""
Edit = Callable[[Unit, Row], Changes]
MOST_ABSENCES = 400
"""By hand, of one rep: the document travels with every handoff."""
_RETURNS_AT_MOST = 10
"""Early returns, not over yet, that are kept against feeds."""


class RepHandler:
    """Handles changes to reps. Each method returns the transaction, for the runtime to run.

    All raise UnknownRep, and RosterInvalid for what the roster or the rulebook in force does not allow.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def add(
        self, rep: str, seed: RepSeed, by: str, own_hours: Mapping[str, Any] | None = None
    ) -> Callable[[Unit], Any]:
        """A new rep, published; leads that wait for somebody like them are tried. Raises NoRulebook."""

        async def run(unit: Unit) -> Row:
            await unit.conn.execute(q.one_newcomer_at_a_time)
            if await unit.conn.fetch(q.one_rep, rep):
                raise _known(rep)
            book = await self._book(unit)
            document = seed.model_dump(mode="json")
            await _check(unit, rep, document, FIELDS, book)
            calendar = book.company.calendars[seed.calendar]
            if own_hours is not None:
                check_own_hours(own_hours, calendar.tz)
            await self._lock_pools(unit, [Member(rep, seed.team, seed.email)])
            hours = hours_document(calendar, year=unit.now.year, own=own_hours)
            if not await insert_reps(unit, [NewRep(rep, seed, hours, own_hours)]):
                raise _known(rep)
            row = (await unit.conn.fetch(q.one_rep, rep))[0]
            await audit_new(unit, row, by)
            announce(unit, row)
            return row

        return run

    def change(self, rep: str, changes: Changes, by: str) -> Callable[[Unit], Any]:
        """Change fields of a rep. Raises CalendarError for hours that cannot be worked."""
        return self._edit(rep, by, lambda _, __: changes)

    def away(
        self, rep: str, start: date | datetime | None, until: date | datetime, reason: str, by: str
    ) -> Callable[[Unit], Any]:
        """One more absence, of whole days or part of one; without a start it begins now."""

        def edit(unit: Unit, row: Row) -> Changes:
            try:
                made = entry(start, until, reason=reason, tz=row["hours"]["tz"], now=unit.now)
            except ValueError as error:
                raise RosterInvalid("until", str(error)) from None
            known: list[dict[str, Any]] = row["absences"]
            return {"absences": known if made in known else [*known, made]}

        return self._edit(rep, by, edit)

    def back(
        self,
        rep: str,
        by: str,
        start: date | datetime | None = None,
        until: date | datetime | None = None,
    ) -> Callable[[Unit], Any]:
        """The rep is at work after all: from now or `start`, to the end of the absence that holds then or to
        `until`. What is said by hand ends, and what a feed says is set aside."""

        async def run(unit: Unit) -> Row:
            row = await self._lock(unit, rep)
            if row["left_at"] is not None:
                raise RosterInvalid("left_at", f"{rep} has left; send is_active true to take them back first")
            told = await feed_spans(unit.conn, rep, row["absence_feeds"])
            return await self._write(unit, row, _return(row, told, start, until, unit.now), by)

        return run

    def left(self, rep: str, by: str) -> Callable[[Unit], Any]:
        """The rep has left for good: nothing new reaches them, what they have not answered goes on, and the
        teams they led have no lead."""

        def edit(unit: Unit, row: Row) -> Changes:
            return {"is_active": False, "left_at": row["left_at"] or unit.now}

        leave = self._edit(rep, by, edit)

        async def run(unit: Unit) -> Row:
            row: Row = await leave(unit)
            await leave_teams(unit, rep, by)
            return row

        return run

    def hear_feed(self, rep: str, feed: str, note: Callable[[Unit], Any]) -> Callable[[Unit], Any]:
        """`note` writes what a feed says now, and the rep's hours follow. Nothing if it is named no more."""

        async def run(unit: Unit) -> None:
            row = await self._lock(unit, rep)
            if feed in row["absence_feeds"]:
                await note(unit)
                await self._write(unit, row, {}, f"feed {feed}")

        return run

    def _edit(self, rep: str, by: str, edit: Edit) -> Callable[[Unit], Any]:
        async def run(unit: Unit) -> Row:
            known = await unit.conn.fetch(q.one_rep, rep)
            asked = edit(unit, known[0]) if known else {}
            if "email" in asked:
                await unit.conn.execute(q.one_newcomer_at_a_time)
            team = asked.get("team")
            row = await self._lock(unit, rep, also=[team] if team is not None else [])
            return await self._write(unit, row, edit(unit, row), by)

        return run

    async def _write(self, unit: Unit, row: Row, changes: Changes, by: str) -> Row:
        """Write a locked rep as `changes` say; nothing is published or kept where nothing changes."""
        after = {**{name: row[name] for name in KEPT}, **changes}
        if changes.get("is_active"):
            after["left_at"] = None
        changed = [name for name in KEPT if after[name] != row[name]]
        hours = row["hours"]
        if changed:
            hours = await self._hours(unit, row, after, changed)
        feeds = await feed_spans(unit.conn, row["id"], after["absence_feeds"])
        spans = absent_spans(after["absences"], feeds, read_spans(after["returned"]), hours["tz"])
        if not changed and _same(row, spans):
            return row
        document = await write_rep(unit, row, after, hours, spans)
        if document != row["document"]:
            await follow_hours(unit, row["id"], document)
        await audit_change(unit, row, after, changed, document, by)
        fresh: Row = (await unit.conn.fetch(q.one_rep, row["id"]))[0]
        announce(unit, fresh)
        return fresh

    async def _hours(
        self, unit: Unit, row: Row, after: Mapping[str, Any], changed: Collection[str]
    ) -> dict[str, Any]:
        book = await self._book(unit)
        await _check(unit, row["id"], after, changed, book)
        if not {"calendar", "own_hours"} & set(changed):
            kept: dict[str, Any] = row["hours"]
            return kept
        calendar = book.company.calendars.get(after["calendar"])
        if calendar is None:
            raise _unknown("calendar", after["calendar"], book.company.calendars)
        if after["own_hours"] is not None:
            check_own_hours(after["own_hours"], calendar.tz)
        return hours_document(calendar, year=unit.now.year, own=after["own_hours"])

    async def _book(self, unit: Unit) -> Book:
        book = (await self._books.shelf(unit.conn)).at(unit.now)
        if book is None:
            raise NoRulebook
        return book

    async def _lock(self, unit: Unit, rep: str, also: Iterable[str] = ()) -> Row:
        """Lock the rep's pools, those of the teams `also` too, make their drain due, then lock the rep."""
        known = await unit.conn.fetch(q.one_rep, rep)
        if not known:
            raise UnknownRep(rep)
        email = known[0]["email"]
        await self._lock_pools(unit, [Member(rep, team, email) for team in (known[0]["team"], *also)])
        row: Row = (await unit.conn.fetch(q.lock_reps, [rep]))[0]
        await unit.refresh_now()
        return row

    async def _lock_pools(self, unit: Unit, members: Sequence[Member]) -> None:
        books = (await self._books.shelf(unit.conn)).about(unit.now, unit.now)
        pools = sorted(set().union(*(book.pools_fed_by(each) for book in books for each in members)))
        await unit.conn.fetch(q.lock_pools, pools)
        await unit.conn.execute(q.mark_drain_due, pools)


def hash_token(token: str) -> bytes:
    """SHA-256: tokens are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


async def _check(
    unit: Unit, rep: str, after: Mapping[str, Any], changed: Collection[str], book: Book
) -> None:
    """Raises RosterInvalid for a changed field that names what the roster or the rulebook does not have."""
    company = book.company
    if "team" in changed:
        teams = {row["id"] for row in await unit.conn.fetch(q.teams)}
        if after["team"] not in teams:
            raise _unknown("team", after["team"], teams)
    if "calendar" in changed and after["calendar"] not in company.calendars:
        raise _unknown("calendar", after["calendar"], company.calendars)
    for line in after["lines"] if "lines" in changed else ():
        if line not in company.lines:
            raise _unknown("lines", line, company.lines)
    if "email" in changed:
        await _check_email(unit, rep, after["email"])
    if "absences" in changed and len(after["absences"]) > MOST_ABSENCES:
        raise RosterInvalid("absences", f"more than {MOST_ABSENCES}; take out those that are long over")


async def _check_email(unit: Unit, rep: str, email: str) -> None:
    if read_email(email).value is None:
        raise RosterInvalid("email", f"{email!r} is no e-mail address; write one such as ana@example.com")
    others = await unit.conn.fetch(q.other_of_email, email, rep)
    if others:
        raise RosterInvalid("email", f"is also the address of {others[0]['id']}; give each rep their own")


def _unknown(field: str, name: str, known: Iterable[str]) -> RosterInvalid:
    return RosterInvalid(field, f"there is no {name!r}; write one of {', '.join(sorted(known))}")


def _same(row: Row, spans: Iterable[Span]) -> bool:
    """Whether the absences are those of the rep's document, however they are cut."""
    return joined(spans) == joined(read_spans(row["document"].get("absences", [])))


def _return(
    row: Row,
    told: Iterable[Span],
    start: date | datetime | None,
    until: date | datetime | None,
    now: datetime,
) -> Changes:
    """Raises RosterInvalid for a span in which the rep is not away, and beyond _RETURNS_AT_MOST."""
    tz, returned = row["hours"]["tz"], read_spans(row["returned"])
    try:
        at, end = asked_return(start, until, tz, now)
    except ValueError as error:
        raise RosterInvalid("until", str(error)) from None
    new = set_aside(absent_spans([], told, returned, tz), at, end)
    counts = [each for each in (*returned, *filter(None, [new])) if each[1] > now]
    if len(counts) > _RETURNS_AT_MOST:
        raise RosterInvalid("absence_feeds", "too many returns from what it says; correct it at its source")
    by_hand = ended(row["absences"], tz, at, end)
    if (start or until) is not None and new is None and by_hand == row["absences"]:
        raise RosterInvalid("from", f"{row['id']} is not away then; GET /v1/reps/{row['id']} shows when")
    return {"absences": by_hand, "returned": write_spans(counts)}


def _known(rep: str) -> RosterInvalid:
    return RosterInvalid("id", f"{rep} is in the roster already; change it, or choose another id")
