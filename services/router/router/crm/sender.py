"""Tells CRMs what happened: news becomes requests, which go out one after the other for each person."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from delivery.crm_auth import Signer
from delivery.crm_exchange import Exchange
from delivery.message import Outcome, Result
from delivery.patience import Patience
from router.api.assignments import score_in_words
from router.books import Books
from router.crm import ledger, metrics
from router.crm.conversation import Conversation
from router.crm.told import Attempt, Told
from router.crm.values import values_of, values_of_erased
from router.domain.leads import LeadState
from router.store import Row, q
from rulebook.models import CrmConnection, CrmRequest
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.postgres import Connection
from service_kit.runtime import Runtime

AT_ONCE = 10
"""Requests in hand at a time."""
CLAIM = timedelta(minutes=5)
"""Longer than any attempt: a few calls of 15 s each."""
FEW, PAUSE = 3, timedelta(seconds=30)
"""A CRM that so many requests in a row failed with is left alone for so long."""
LOOKED_AGAIN = 1.0
"""Seconds after which somebody looks for what has come while requests are in hand."""
COUNTED_EVERY = 5.0
"""Seconds between two counts of what is on its way."""
KEPT = timedelta(days=30)
"""How long requests that ended stay to be looked at."""
_HANDOFFS = ("assigned", "reassigned")
_log = logger(__name__)


class CrmSender:
    """Sends at least once; any number of processes may."""

    def __init__(
        self,
        runtime: Runtime,
        books: Books,
        exchange: Exchange,
        signer: Signer,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = runtime.database
        self._clock = runtime.clock
        self._count_from = runtime.clock.monotonic()
        self._books = books
        self._exchange = exchange
        self._signer = signer
        self._chance = chance
        self._paused: dict[str, datetime] = {}
        self._failures: Counter[str] = Counter()
        self._failing: dict[str, set[UUID]] = {}

    async def work(self) -> None:
        """Everything that is due now. Connections do not wait for each other, and what happens while one of
        them takes its time goes out as well."""
        working: dict[str | None, asyncio.Task[None]] = {}
        try:
            while True:
                await self._count()
                connections = await self._plan()
                known = list(connections)
                for name in (*known, None):
                    if name not in working:
                        working[name] = asyncio.create_task(self._work_off(name, connections, known))
                await asyncio.wait(working.values(), timeout=LOOKED_AGAIN)
                for name in [name for name, each in working.items() if each.done()]:
                    working.pop(name).result()
                if not working:
                    break
        finally:
            await _end(working.values())
        async with self._database.transaction() as conn:
            await conn.execute(q.crm_forget_ended, await self._database.clock.now(conn) - KEPT)

    async def _count(self) -> None:
        """Also while CRMs take their time: then it matters."""
        if (now := self._clock.monotonic()) >= self._count_from:
            self._count_from = now + COUNTED_EVERY
            async with self._database.acquire() as conn:
                metrics.PENDING.set(await conn.fetchval(q.crm_pending))

    async def _work_off(
        self, name: str | None, connections: Mapping[str, CrmConnection], known: list[str]
    ) -> None:
        """As soon as one request is done with, the next is taken."""
        trying: set[asyncio.Task[None]] = set()
        try:
            while True:
                taken = await self._claim(name, known, AT_ONCE - len(trying))
                trying |= {
                    asyncio.create_task(self._tell(each, connections.get(each.connection))) for each in taken
                }
                if not trying:
                    return
                done, trying = await asyncio.wait(
                    trying, timeout=LOOKED_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
                for each in done:
                    each.result()
        finally:
            await _end(trying)

    async def _plan(self) -> Mapping[str, CrmConnection]:
        while True:
            async with self._database.transaction() as conn:
                now = await self._database.clock.now(conn)
                found = await connections_at(self._books, conn, now)
                if await ledger.plan(conn, found, now) < ledger.AT_ONCE:
                    return found

    async def _claim(self, name: str | None, known: list[str], room: int) -> list[Told]:
        if room <= 0:
            return []
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            if name is not None and self._paused.get(name, now) > now:
                return []
            return await ledger.claim(conn, now=now, for_=CLAIM, limit=room, of=name, known=known)

    async def _pause(self, name: str, wait: timedelta) -> None:
        """Leave a CRM alone for a while."""
        async with self._database.acquire() as conn:
            until = await self._database.clock.now(conn) + wait
        self._paused[name] = max(until, self._paused.get(name, until))

    async def _tell(self, told: Told, connection: CrmConnection | None) -> None:
        """Make one attempt and note it."""
        async with self._database.acquire() as conn:
            began = await self._database.clock.now(conn)
            ready = await self._prepare(conn, told, connection, began)
        attempt = ready if isinstance(ready, Attempt) else await self._converse(told, *ready)
        pers = pers_of(connection)
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            next_try = self._next_try(told, attempt, now)
            if told.kind == ledger.ERASED and next_try is None and attempt.state is None:
                attempt.result = replace(attempt.result, detail=_still_there(attempt.result, ready))
            await ledger.note(conn, told, attempt, pers=pers, began=began, now=now, next_try=next_try)
        metrics.ATTEMPTS.labels("skipped" if attempt.is_skipped else attempt.result.outcome).inc()
        if attempt.result.wait is not None:
            await self._pause(told.connection, attempt.result.wait)
        ended_well = attempt.is_skipped or attempt.result.outcome is Outcome.DELIVERED
        if not attempt.is_skipped and not attempt.result.only_this:
            await self._note_health(told, answers=ended_well)
        if not ended_well:
            _log.warning(
                "a CRM was not told",
                connection=told.connection,
                request=told.request,
                lead=str(told.lead),
                outcome=attempt.result.outcome,
                given_up=next_try is None,
            )

    async def _note_health(self, told: Told, *, answers: bool) -> None:
        """A CRM that FEW requests failed with and none went well is left alone for a while. Once one that
        failed again and again answers, what waits for it is due at once."""
        name = told.connection
        if not answers:
            self._failures[name] += 1
            self._failing.setdefault(name, set()).add(told.id)
            if len(self._failing[name]) >= FEW:
                await self._pause(name, PAUSE)
            return
        self._failing.pop(name, None)
        if self._failures.pop(name, 0) >= FEW:
            async with self._database.transaction() as conn:
                await conn.execute(q.crm_waken, name, await self._database.clock.now(conn))

    async def _prepare(
        self, conn: Connection, told: Told, connection: CrmConnection | None, now: datetime
    ) -> Attempt | tuple[Conversation, CrmRequest]:
        """What to send, or why nothing is sent."""
        request = connection.requests.get(told.request) if connection is not None else None
        if connection is None or request is None:
            return Attempt.skip("crm.yaml has no such request any more")
        if told.kind == ledger.ERASED:
            records = await ledger.records(conn, told.connection, _subjects(told))
            known = values_of_erased(
                told.lead, told.person, event=told.id, happened_at=told.happened_at, records=records
            )
            return Conversation(self._exchange, self._signer, connection, known, now), request
        story = await ledger.story(conn, told.lead, told.round, told.act)
        stale = why_stale(story, told)
        if stale is not None or story is None:
            return Attempt.skip(stale or "the lead is not known")
        records = await ledger.records(conn, told.connection, _subjects(told))
        values = values_of(
            story,
            event=told.id,
            kind=told.kind,
            happened_at=told.happened_at,
            words=score_in_words(story["score"]),
            records=records,
        )
        return Conversation(self._exchange, self._signer, connection, values, now), request

    async def _converse(self, told: Told, conversation: Conversation, request: CrmRequest) -> Attempt:
        try:
            if told.kind == ledger.ERASED:
                return await conversation.forget(request)
            return await conversation.tell(request)
        except Exception as error:  # one request's own fault must not keep the others
            _log.exception("a CRM could not be told")
            conversation.attempt.result = Result(Outcome.LATER, describe(error))
            return conversation.attempt

    def _next_try(self, told: Told, attempt: Attempt, now: datetime) -> datetime | None:
        if attempt.state is not None:
            return None
        return Patience().next_try(now, told.attempts, told.give_up_at, attempt.result.wait, self._chance)


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Whoever is stopped takes what is in hand along."""
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _still_there(result: Result, ready: Attempt | tuple[Conversation, CrmRequest]) -> str:
    """What a person has to delete there by hand, since nobody tries any more."""
    values = {} if isinstance(ready, Attempt) else ready[0].values
    there = [f"{name[4:]} {each}" for name, each in values.items() if name.startswith("crm.") and each]
    return f"{result.detail}; still there, delete it by hand: {', '.join(there) or 'see lead.id'}"[:500]


def _subjects(told: Told) -> list[UUID]:
    return [told.lead] if told.person is None else [told.lead, told.person]


def why_stale(story: Row | None, told: Told) -> str | None:
    """Why a request is not sent any more; None: it is. A lead that is closed is told of all the same: a CRM
    that was away hears of it with its end."""
    if story is None or story["state"] == LeadState.ERASED:
        return "the person is erased"
    if story["state"] == LeadState.MERGED:
        return "the lead goes on as another one"
    if told.kind in _HANDOFFS and story["is_overtaken"]:
        return "the lead was handed on meanwhile"
    return None


def pers_of(connection: CrmConnection | None) -> dict[str, str]:
    """The names that ids are kept as, and whether per lead or per person."""
    requests = connection.requests.values() if connection is not None else ()
    return {each.keep.name: each.keep.per for each in requests if each.keep is not None}


async def connections_at(books: Books, conn: Connection, now: datetime) -> Mapping[str, CrmConnection]:
    """The CRMs of the version in force."""
    book = (await books.shelf(conn)).at(now)
    return book.company.crm if book is not None else {}
