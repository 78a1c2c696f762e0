"""Signing a month: with the second name it is closed, and each part of its figures is booked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Literal

from service_kit.audit import Caller, audit
from service_kit.errors import is_transient
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.runtime import ATTEMPTS, Runtime
from service_kit.unit import Unit
from sla_monitor.child_process import asked, child_process, why_broken_off
from sla_monitor.ledger.book import SIDES, Side
from sla_monitor.ledger.books import Book, Books, readable
from sla_monitor.ledger.child import REPORT, Question
from sla_monitor.ledger.corrections import closed_periods
from sla_monitor.ledger.errors import NotBooked, OutOfTurn, SignedAlready, TooSoon
from sla_monitor.ledger.periods import Period, working_days

_q = load_queries("sla_monitor.ledger", "queries/closing.sql")
_AT_ONCE = 500_000
"""Bytes of bookings in one statement."""
_LONGEST_SILENCE = 10.0
"""Seconds: PostgreSQL ends a transaction that says nothing for a minute."""
_Name = tuple[str, datetime]
_Isolation = Literal["read_committed", "repeatable_read"]
_BOOKED = ("booked_in", "of", "measure", "subject", "goal", "amount")


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


_Work = Callable[[Unit, Signing], Awaitable[Signed | None]]


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

    async def _in_turn(self, work: _Work, signing: Signing, isolation: _Isolation) -> Signed | None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(work, signing, isolation)
            except Exception as error:
                if attempt == ATTEMPTS or not is_transient(error):
                    raise
            await self._runtime.clock.sleep(0.05 * 2**attempt)
        raise AssertionError("unreachable")

    async def _once(self, work: _Work, signing: Signing, isolation: _Isolation) -> Signed | None:
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
        period = await self._checked(unit, signing)
        await unit.conn.execute(_q.insert_month, period.name, period.start, period.end)
        row = await _unsigned(unit.conn, period, signing.side)
        if any(row[f"{side}_at"] is not None for side in SIDES):
            return None
        await _write(unit, signing)
        return Signed(period.name, signing.side, is_closed=False)

    async def _second(self, unit: Unit, signing: Signing) -> Signed | None:
        period = await self._checked(unit, signing)
        row = await _unsigned(unit.conn, period, signing.side)
        booked = await self._book(unit, period, _names(row) | {signing.side: (signing.name, unit.now)})
        await unit.conn.execute(_q.forget_changes)
        await _write(unit, signing)
        await unit.conn.execute(_q.close_month, period.name, unit.now)
        corrections = await unit.conn.fetchval(_q.count_corrections, period.name)
        return Signed(period.name, signing.side, True, booked - corrections, corrections)

    async def _book(self, unit: Unit, period: Period, names: dict[str, _Name]) -> int:
        """Book what the child finds in this transaction's own view of the store, and keep the whole report.
        How many rows were booked."""
        settings, booked = self._runtime.settings, 0
        question = Question(
            dsn=settings.require_dsn(),
            schema_name=settings.store_schema,
            snapshot=await unit.conn.fetchval(_q.export_snapshot),
            period=period.name,
            marketing=names["marketing"],
            sales=names["sales"],
            now=unit.now,
        )
        async with child_process("sla_monitor.ledger.child") as process:
            source = await asked(process, question)
            async for lines in _parts(source, unit.conn):
                rows, _, report = lines.partition(REPORT)
                booked += await _copy(unit.conn, rows)
                if report:
                    await unit.conn.execute(_q.keep_report, period.name, report.decode())
            if await process.wait() != 0:
                raise NotBooked(period.name, why_broken_off(process))
        return booked

    async def _checked(self, unit: Unit, signing: Signing) -> Period:
        """The month, where it may be signed now."""
        period, book = readable(self._books, signing.period, unit.now)
        number, first = signs_from(period, book)
        if first is None or unit.now.astimezone(period.zone).date() < first:
            raise TooSoon(period.name, first, number)
        closed = await closed_periods(unit.conn, period.zone)
        if closed and period not in closed and closed[-1].next != period:
            raise OutOfTurn(period.name, closed[-1].next.name)
        return period


def signs_from(period: Period, book: Book) -> tuple[int, date | None]:
    """From which working day of the next month on a month may be signed, by the agreement that judges it, and
    which day that is; None where the calendar does not open so often."""
    agreement = book.agreed_in(period).agreement
    number, open_days = agreement.closes_on_working_day, working_days(period.next, book.paces(agreement))
    return number, open_days[number - 1] if number <= len(open_days) else None


async def _unsigned(conn: Connection, period: Period, side: Side) -> Any:
    """The month's row, locked. Raises SignedAlready."""
    row = await conn.fetchrow(_q.lock_month, period.name)
    if row is None:
        raise AssertionError(f"{period.name} was inserted by the first signature")
    if row[f"{side}_at"] is not None:
        raise SignedAlready(period.name, side, row[f"{side}_name"], row[f"{side}_at"])
    return row


def _names(row: Any) -> dict[str, _Name]:
    """Who has signed."""
    return {side: (row[f"{side}_name"], row[f"{side}_at"]) for side in SIDES if row[f"{side}_at"] is not None}


async def _write(unit: Unit, signing: Signing) -> None:
    query = _q.sign_for_marketing if signing.side == "marketing" else _q.sign_for_sales
    await unit.conn.execute(query, signing.period, signing.name, signing.who.by, unit.now)


async def _parts(source: asyncio.StreamReader, conn: Connection) -> AsyncIterator[bytes]:
    """Whole lines, so many at once as are written in good time; meanwhile the store hears that we live."""
    rest = b""
    while part := await _read(source, conn):
        rest += part
        if len(rest) > _AT_ONCE:
            whole, newline, rest = rest.rpartition(b"\n")
            yield whole + newline
    if rest:
        yield rest


async def _read(source: asyncio.StreamReader, conn: Connection) -> bytes:
    while True:
        try:
            async with asyncio.timeout(_LONGEST_SILENCE):
                return await source.read(2**16)
        except TimeoutError:
            await conn.execute("SELECT 1")


async def _copy(conn: Connection, lines: bytes) -> int:
    await conn.copy_to_table("bookings", source=BytesIO(lines), columns=_BOOKED)
    return lines.count(b"\n")
