"""One calendar for both teams. Calendar programs send no header, so its token is in the URL."""

import asyncio
import hashlib
import secrets
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from router.api.allowed import allowed
from router.api.names import Who
from router.api.roster_bodies import CalendarTokenNew
from router.books import Books
from router.domain.absences import read_spans
from router.domain.book import Book
from router.domain.hours import hours_document
from router.domain.published import AwayRep, shared_calendar
from router.handlers.reps import hash_token
from router.store import Row, q
from service_kit.audit import audited
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from service_kit.unit import Unit


class ICalendar(Response):
    """RFC 5545."""

    media_type = "text/calendar"


def calendar_router(runtime: Runtime, books: Books) -> APIRouter:
    """The calendar for whoever has a calendar token, and those tokens for the operator."""
    router = APIRouter(prefix="/v1", tags=["calendar"])
    latest = _Latest()
    _add_tokens(router, runtime)

    @router.get(
        "/calendar.ics",
        response_class=ICalendar,
        responses={304: {"description": "It is as it was."}, **refusals(401)},
    )
    async def read_calendar(
        token: Annotated[str, Query(min_length=1, max_length=200, description="a calendar token")],
        if_none_match: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Absences without their reasons, public holidays of each calendar, and campaigns."""
        async with runtime.database.transaction() as conn:
            if not await conn.fetch(q.calendar_token, hash_token(token)):
                raise Problem(401, "The token is not valid", "make one with `baton rep calendar-token NAME`")
            now = await runtime.database.clock.now(conn)
            book = (await books.shelf(conn)).at(now)
            rows = list(await conn.fetch(q.all_reps))
        content = await latest.of(rows, book, now)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, max-age=300"}
        if if_none_match == etag:
            return Response(status_code=304, headers=headers)
        return ICalendar(content, headers=headers)

    return router


def _add_tokens(router: APIRouter, runtime: Runtime) -> None:
    operator = allowed(runtime, Scope.ROSTER_WRITE)

    @router.post("/calendar-tokens", status_code=201, dependencies=operator)
    async def create_calendar_token(subscriber: CalendarTokenNew, who: Who) -> dict[str, Any]:
        """A token that reads the calendar and nothing else, shown this once; an older of the name ends."""
        token = f"cal_{secrets.token_urlsafe(32)}"

        async def work(unit: Unit) -> None:
            await unit.conn.execute(
                q.put_calendar_token, subscriber.name, hash_token(token), unit.now, who.by
            )

        made = audited(who, "calendar_token.create", "calendar_token", subscriber.name, work)
        await runtime.in_transaction(made)
        return {"name": subscriber.name, "token": token, "path": f"/v1/calendar.ics?token={token}"}


class _Latest:
    """The calendar as last made: every change of a rep raises a revision, and it is made anew each day."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._content = b""
        self._making = asyncio.Lock()

    async def of(self, rows: list[Row], book: Book | None, now: datetime) -> bytes:
        """The content. Making it takes a second for hundreds of reps, so a thread does."""
        version = book.version if book is not None else None
        key = now.date(), version, *((row["id"], row["revision"]) for row in rows)
        async with self._making:
            if key != self._key:
                self._content = await asyncio.to_thread(_content, rows, book, now)
                self._key = key
            return self._content


def _content(rows: list[Row], book: Book | None, now: datetime) -> bytes:
    reps = [
        AwayRep(row["id"], row["name"], row["hours"]["tz"], read_spans(row["document"].get("absences", [])))
        for row in rows
        if row["left_at"] is None
    ]
    if book is None:
        return shared_calendar(reps, {}, {}, name="Baton", now=now)
    company = book.company
    holidays = {
        name: [date.fromisoformat(day) for day in hours_document(calendar, year=now.year)["holidays"]]
        for name, calendar in company.calendars.items()
    }
    return shared_calendar(reps, holidays, company.campaigns, name=company.company, now=now)
