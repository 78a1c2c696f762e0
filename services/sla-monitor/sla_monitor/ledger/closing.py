"""Signing a month: with the second name it is closed, and each part of its figures is booked."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from service_kit.audit import Caller, audit
from service_kit.errors import Fault, classify
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.runtime import ATTEMPTS, Runtime
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor.ledger.book import Correction
from sla_monitor.ledger.books import Book, Books, book_for
from sla_monitor.ledger.corrections import closed_periods, open_corrections
from sla_monitor.ledger.entries import Entry, entries
from sla_monitor.ledger.errors import NothingAgreed, OutOfTurn, SignedAlready, TooSoon, WrongPeriod
from sla_monitor.ledger.gathering import Gathering, no_cycles
from sla_monitor.ledger.periods import Period, parse_period, working_days

_q = load_queries("sla_monitor.ledger")
Side = Literal["marketing", "sales"]
SIDES: tuple[Side, Side] = ("marketing", "sales")
_AT_ONCE = 20_000
_BOOKED = ("booked_in", "of", "measure", "subject", "goal", "amount")
_Row = tuple[str, str, str, UUID, str, Decimal]


@dataclass(frozen=True, slots=True)
class Signing:
    """Somebody signs a month for a side."""

    period: str
    side: Side
    name: str
    who: Caller


@dataclass(frozen=True, slots=True)
class Signed:
    """A month after a signature. `booked`: parts of its figures that were kept, 0 while it is open."""

    period: str
    side: Side
    is_closed: bool
    booked: int = 0
    corrections: int = 0


class MonthCloser:
    """Signs months of one installation."""

    def __init__(self, runtime: Runtime, books: Books) -> None:
        self._runtime, self._books = runtime, books

    async def sign(self, signing: Signing) -> Signed:
        """Keep a signature; the second one closes the month in the same transaction.

        The first is kept alone with the months: whatever changes from then on is noted for corrections. The
        closing reads one moment, and is done anew where another signer was sooner. Raises a Problem that says
        why a month cannot be signed now.
        """
        signed = await self._in_turn(self._first, signing, "read_committed")
        if signed is None:
            signed = await self._in_turn(self._second, signing, "repeatable_read")
        if signed is None:
            raise AssertionError("the other side's signature cannot be taken back")
        return signed

    async def _in_turn(
        self,
        work: Callable[[Unit, Signing], Awaitable[Signed | None]],
        signing: Signing,
        isolation: Literal["read_committed", "repeatable_read"],
    ) -> Signed | None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(work, signing, isolation)
            except Exception as error:
                if attempt == ATTEMPTS or classify(error) not in (Fault.TRANSIENT, Fault.EXHAUSTED):
                    raise
            await self._runtime.clock.sleep(0.05 * 2**attempt)
        raise AssertionError("unreachable")

    async def _once(
        self,
        work: Callable[[Unit, Signing], Awaitable[Signed | None]],
        signing: Signing,
        isolation: Literal["read_committed", "repeatable_read"],
    ) -> Signed | None:
        database = self._runtime.database
        async with database.acquire() as conn, conn.transaction(isolation=isolation):
            if isolation == "read_committed":
                await conn.execute(_q.lock_closing)
            clock = database.clock
            unit = Unit(conn, now=await clock.now(conn), clock=clock, source=self._runtime.source)
            await self._books.learn(conn)
            done = await work(unit, signing)
            if done is not None:
                fields = ("name", "side")
                await audit(unit, signing.who, "month.sign", "month", signing.period, fields)
        return done

    async def _first(self, unit: Unit, signing: Signing) -> Signed | None:
        """None where the other side has signed already: then this one closes."""
        period, _ = await self._checked(unit, signing)
        await unit.conn.execute(_q.insert_month, period.name, period.start, period.end)
        row = await _unsigned(unit.conn, period, signing.side)
        if any(row[f"{side}_at"] is not None for side in SIDES):
            return None
        await _write(unit, signing)
        return Signed(period.name, signing.side, is_closed=False)

    async def _second(self, unit: Unit, signing: Signing) -> Signed | None:
        period, book = await self._checked(unit, signing)
        await _unsigned(unit.conn, period, signing.side)
        closed = await closed_periods(unit.conn, period.zone)
        later = await open_corrections(unit.conn, self._books, closed, unit.now)
        with no_cycles():
            whole = await Gathering(unit.conn, period, unit.now, book).whole()
            booked = await _book(unit.conn, (_of_entry(period, entry) for entry in entries(whole)))
        await _book(unit.conn, (_of_correction(period, each) for each in later))
        await unit.conn.execute(_q.forget_changes)
        await _write(unit, signing)
        await unit.conn.execute(_q.close_month, period.name, unit.now)
        return Signed(period.name, signing.side, True, booked, len(later))

    async def _checked(self, unit: Unit, signing: Signing) -> tuple[Period, Book]:
        """The month, where it may be signed now."""
        period, book = readable(self._books, signing.period, unit.now)
        number, first = signs_from(period, book)
        if first is None or unit.now.astimezone(period.zone).date() < first:
            raise TooSoon(period.name, first, number)
        closed = await closed_periods(unit.conn, period.zone)
        if closed and period not in closed and closed[-1].next != period:
            raise OutOfTurn(period.name, closed[-1].next.name)
        return period, book


def readable(books: Books, name: str, now: datetime) -> tuple[Period, Book]:
    """A month by its name, and the rulebook that judges it. Raises WrongPeriod or NothingAgreed."""
    current = books.at(now)
    if current is None:
        raise NothingAgreed("no rulebook is published yet: publish one with `baton rulebook publish`")
    try:
        period = parse_period(name, current.zone)
    except ValueError as error:
        raise WrongPeriod(str(error)) from None
    return period, book_for(books, period, now)


def signs_from(period: Period, book: Book) -> tuple[int, date | None]:
    """From which working day of the next month on a month may be signed, by the agreement that judges it, the
    one of its last day that has one; None where the calendar does not open so often."""
    days = (book.agreed_on(day) for day in reversed(list(period.days())))
    agreed = next((each for each in days if each.id), book.agreed_on(period.last_day))
    number = agreed.agreement.closes_on_working_day
    open_days = working_days(period.next, book.paces(agreed.agreement))
    return number, open_days[number - 1] if number <= len(open_days) else None


async def _unsigned(conn: Connection, period: Period, side: Side) -> Any:
    """The month's row, locked. Raises SignedAlready."""
    row = await conn.fetchrow(_q.lock_month, period.name)
    if row is None:
        raise AssertionError(f"{period.name} was inserted by the first signature")
    if row[f"{side}_at"] is not None:
        raise SignedAlready(period.name, side, row[f"{side}_name"], row[f"{side}_at"])
    return row


async def _write(unit: Unit, signing: Signing) -> None:
    query = _q.sign_for_marketing if signing.side == "marketing" else _q.sign_for_sales
    await unit.conn.execute(query, signing.period, signing.name, signing.who.by, unit.now)


def _of_entry(period: Period, entry: Entry) -> _Row:
    return period.name, period.name, entry.measure, entry.subject, entry.goal, entry.amount


def _of_correction(period: Period, each: Correction) -> _Row:
    return period.name, each.of, each.measure, each.subject, each.goal or "", each.amount


async def _book(conn: Connection, rows: Iterable[_Row]) -> int:
    """Keep rows, so many in a statement as end in good time. How many they were."""
    booked, part = 0, list[_Row]()
    async for row in in_turns(rows):
        part.append(row)
        if len(part) == _AT_ONCE:
            await _copy(conn, part)
            booked, part = booked + len(part), []
    await _copy(conn, part)
    return booked + len(part)


async def _copy(conn: Connection, rows: Iterable[_Row]) -> None:
    await conn.copy_records_to_table("bookings", records=rows, columns=_BOOKED)
