"""Simulations of the past: read page by page, worked out in another process, told line by line."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lead_events.words import OWN_FORM
from router.books import Books
from router.domain.book import Book, read_book
from router.errors import NoRulebook
from router.store import q
from router.whatif.observing import observe_staff
from rulebook.publication import prepare, to_document
from service_kit.runtime import Runtime

AT_ONCE = 2
"""Simulations beside each other: each keeps a core busy."""
PAGE = 250
"""Leads read in one go."""
_FIRST = UUID(int=0)


class TooManySimulations(Exception):
    """As many simulations run as may: ask again once one of them has ended."""


class NoSuchPeriod(Exception):
    """Nothing can have come between these moments: ask for others."""


class SimulationBroke(Exception):
    """The process that simulates has ended without a result: the log tells why."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is asked, checked. `question`: the first line for the process that simulates."""

    question: Mapping[str, Any]
    since: datetime
    until: datetime


class Histories:
    """Runs simulations, so many at once."""

    def __init__(self, runtime: Runtime, books: Books) -> None:
        self._runtime = runtime
        self._books = books
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ready_to_replay(
        self,
        *,
        rulebook: Mapping[str, Any] | None,
        routing: Mapping[str, Any] | None,
        since: datetime,
        until: datetime | None,
        seed: int,
    ) -> Ready:
        """Check a draft: a whole rulebook, or a routing in place of the one in force. Raises
        RulebookInvalid with all findings, ConditionInvalid, NoRulebook, NoSuchPeriod, TooManySimulations."""
        book, now = await self._in_force()
        ends = _end(since, until, now)
        current = to_document(book.company)
        draft = dict(rulebook) if rulebook is not None else _with_routing(current, routing)
        checked = await asyncio.to_thread(_checked, draft)
        question = {"question": "replay", "current": current, "draft": checked, "seed": seed}
        return Ready({**question, "version": book.version}, since, ends)

    async def ready_to_staff(
        self, pool: str, *, since: datetime, until: datetime | None, most_late: float
    ) -> Ready:
        """Check the question how many reps a pool needs. Raises KeyError for a pool that is not there,
        NoRulebook, NoSuchPeriod, TooManySimulations."""
        book, now = await self._in_force()
        if pool not in book.pools:
            raise KeyError(f"there is no pool {pool!r}; name one of {', '.join(sorted(book.pools))}")
        until = _end(since, until, now)
        question = {"question": "reps", "current": to_document(book.company), "version": book.version}
        moments = {"since": since.isoformat(), "until": until.isoformat()}
        return Ready({**question, **moments, "pool": pool, "most_late": most_late}, since, until)

    async def _in_force(self) -> tuple[Book, datetime]:
        if self._turns.locked():
            raise TooManySimulations(
                f"{AT_ONCE} simulations are under way, and more would take live leads' time: ask again once "
                "one of them has ended"
            )
        async with self._runtime.database.acquire() as conn:
            now: datetime = await self._runtime.database.clock.now(conn)
            book = (await self._books.shelf(conn)).at(now)
        if book is None:
            raise NoRulebook
        return book, now

    async def run(self, ready: Ready) -> AsyncGenerator[dict[str, Any], None]:
        """How far it is, again and again, and the result at the end. Raises SimulationBroke."""
        async with self._turns:
            async with self._runtime.database.acquire() as conn:
                counts = dict((await conn.fetch(q.history_counts, ready.since, ready.until, OWN_FORM))[0])
            yield {"seen": 0, "of": counts["leads"], "left_out": counts}
            staff = await observe_staff(self._runtime, ready.since)
            question = {**ready.question, "staff": staff}
            async with _child() as process:
                feeding = asyncio.create_task(self._feed(process, question, ready))
                try:
                    async for told in _answers(process):
                        if "seen" in told:
                            told["of"] = counts["leads"]
                        elif "result" in told:
                            told["result"]["left_out"] = counts
                        yield told
                    await feeding
                except SimulationBroke:
                    if feeding.done():
                        feeding.result()  # what the store refused is the cause, and goes on as it is
                    raise
                finally:
                    feeding.cancel()

    async def _feed(self, process: Process, question: Mapping[str, Any], ready: Ready) -> None:
        """Write what is asked and every lead. A simulation that has ended needs no more."""
        if process.stdin is None:
            raise AssertionError("the process was started with a pipe to it")
        try:
            process.stdin.write(_line(question))
            async for row in self._leads(ready):
                process.stdin.write(_line(row))
                await process.stdin.drain()
            process.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            return
        except BaseException:
            process.kill()  # it would wait for leads that do not come, or answer from a part of them
            raise

    async def _leads(self, ready: Ready) -> AsyncIterator[dict[str, Any]]:
        async with self._runtime.database.acquire() as conn:
            now = await self._runtime.database.clock.now(conn)
        place: tuple[datetime, UUID] = ready.since, _FIRST
        while True:
            async with self._runtime.database.acquire() as conn:
                rows = await conn.fetch(q.history_leads, *place, ready.until, PAGE, now, OWN_FORM)
            for row in rows:
                yield dict(row)
            if len(rows) < PAGE:
                return
            place = rows[-1]["at"], rows[-1]["id"]


def _end(since: datetime, until: datetime | None, now: datetime) -> datetime:
    """Up to when leads are read. Raises NoSuchPeriod."""
    if since >= now:
        raise NoSuchPeriod(
            f"since is {since.isoformat()}, which is still to come: write a moment that is past"
        )
    if until is not None and until <= since:
        raise NoSuchPeriod("until is not after since: swap the two")
    return min(until or now, now)


def _line(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, default=str) + b"\n"


def _with_routing(current: Mapping[str, Any], routing: Mapping[str, Any] | None) -> dict[str, Any]:
    """The rulebook in force with another routing; tables that the draft does not bring are those in force."""
    if routing is None:
        return dict(current)
    kept = {name: current["routing"].get(name, {}) for name in ("territories", "accounts")}
    return {**current, "routing": {**kept, **routing}}


def _checked(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Called in a thread of its own: the check of a large rulebook takes seconds."""
    prepared = prepare(draft)
    read_book(0, prepared.rulebook)
    return prepared.document


@asynccontextmanager
async def _child() -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "router.whatif.child"), stdin=PIPE, stdout=PIPE, limit=64 * 1024**2
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(process: Process) -> AsyncIterator[dict[str, Any]]:
    if process.stdout is None:
        raise AssertionError("the process was started with a pipe from it")
    told: dict[str, Any] = {}
    async for line in process.stdout:
        told = orjson.loads(line)
        yield told
    if "result" not in told:
        raise SimulationBroke("the simulation ended without a result; the router's log tells why")
