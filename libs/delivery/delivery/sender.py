"""Takes messages that are due and brings them to their receivers; any number of processes may."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from delivery import metrics, store, tracing
from delivery.breaker import Breaker
from delivery.message import Carrier, Channel, Message, Outcome, Prepare, Result, Stale
from delivery.patience import Patience
from service_kit.clock import Clock
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.postgres import Connection, Database

if TYPE_CHECKING:
    from service_kit.tracing_spans import SpanOfOurs, Tracing

AT_ONCE = 20
"""Messages in hand at a time."""
EACH_RECEIVER = 4
"""Of them, at most so many for one receiver, so that one who hangs holds up no other."""
CLAIM = timedelta(minutes=2)
"""Longer than PREPARE_SECONDS and any ATTEMPT_SECONDS together: nobody takes over what is in hand."""
PREPARE_SECONDS = 20.0
"""For composing one message."""
LOOKED_AGAIN = 1.0
"""Seconds after which somebody looks for what has come while messages are in hand."""
COUNTED_EVERY = 5.0
"""Seconds between two counts of what is on its way."""
KEPT = timedelta(days=30)
"""How long messages that ended stay to be looked at."""

_log = logger(__name__)


class Sender:
    """Sends at least once, under one id: a process that dies between sending and noting it sends again.

    `prepare` composes a message before each attempt, or calls it off; it has PREPARE_SECONDS. What is due
    while its receiver is left alone is no attempt, but its time runs on, so that it is known when a message
    ends; it is tried once more when the rest is over, also after its end.
    """

    def __init__(
        self,
        database: Database,
        carriers: Mapping[Channel, Carrier],
        clock: Clock,
        *,
        patience: Patience | None = None,
        chance: Callable[[], float] = random.random,
        prepare: Prepare | None = None,
        prepare_seconds: float = PREPARE_SECONDS,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._patience = patience or Patience()
        self._chance = chance
        self._prepare = prepare
        self._prepare_seconds = prepare_seconds
        self._tracing = tracing
        self._breaker = Breaker()
        self._in_hand: Counter[str] = Counter()
        self._count_from = clock.monotonic()

    async def work(self) -> None:
        """One round: everything that is due now, and what comes while it is sent. As soon as one message is
        done with, the next is taken."""
        trying: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._count()
                taken, put_back = await self._claim(AT_ONCE - len(trying))
                trying |= {asyncio.create_task(self._try(each)) for each in taken}
                if put_back:
                    continue  # others are due behind those whose receiver has enough in hand
                if not trying:
                    return
                done, trying = await asyncio.wait(
                    trying, timeout=LOOKED_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
                for each in done:
                    each.result()
        finally:
            for each in trying:
                each.cancel()
            await asyncio.gather(*trying, return_exceptions=True)

    async def _count(self) -> None:
        """Also while receivers take their time: then it matters."""
        if (now := self._clock.monotonic()) >= self._count_from:
            self._count_from = now + COUNTED_EVERY
            async with self._database.acquire() as conn:
                metrics.PENDING.set(await store.count_pending(conn))

    async def _claim(self, room: int) -> tuple[list[store.Claimed], int]:
        """Messages to try now, and how many were put back."""
        if room <= 0:
            return [], 0
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            busy = {each for each, number in self._in_hand.items() if number >= self._most(each)}
            alone = self._breaker.left_alone(now)
            taken = await store.claim(conn, now=now, for_=CLAIM, limit=room, but_for=busy | alone)
            sent = [each for each in taken if self._take(each)]
            await store.put_back(conn, [each for each in taken if each not in sent])
            if not taken and not self._in_hand:
                await store.forget_ended(conn, now - KEPT)
        metrics.LEFT_ALONE.set(len(alone))
        return sent, len(taken) - len(sent)

    def _most(self, receiver: str) -> int:
        """How many messages a receiver has in hand at most; one tried again after a rest has one alone."""
        return 1 if self._breaker.is_resting(receiver) else EACH_RECEIVER

    def _take(self, claimed: store.Claimed) -> bool:
        """Whether the receiver may have one more; then it has."""
        receiver = claimed.message.target.receiver
        if self._in_hand[receiver] >= self._most(receiver):
            return False
        self._in_hand[receiver] += 1
        return True

    async def _try(self, claimed: store.Claimed) -> None:
        receiver = claimed.message.target.receiver
        try:
            await self._attempt(claimed, receiver)
        finally:
            self._in_hand[receiver] -= 1
            if not self._in_hand[receiver]:
                del self._in_hand[receiver]

    async def _attempt(self, claimed: store.Claimed, receiver: str) -> None:
        async with self._database.acquire() as conn:
            now = await self._database.clock.now(conn)
            span = await self._span(conn, claimed)
        began = self._clock.monotonic()
        with nullcontext() if self._tracing is None else self._tracing.within(span):
            result = await self._carry(claimed, now)
        if span is not None:
            tracing.end(span, result)
        took = self._clock.monotonic() - began
        milliseconds = int(took * 1000)
        metrics.SECONDS.labels(claimed.message.target.channel).observe(took)
        metrics.ATTEMPTS.labels(claimed.message.target.channel, result.outcome).inc()
        async with self._database.transaction() as conn:
            ended = await self._database.clock.now(conn)
            next_try = None
            if not result.outcome.is_final:
                next_try = self._patience.next_try(
                    ended, claimed.attempts, claimed.give_up_at, result.wait, self._chance
                )
            await store.note(conn, claimed, result, now=ended, milliseconds=milliseconds, next_try=next_try)
        if not result.only_this:
            self._breaker.note(receiver, result.outcome, ended)
        if next_try is None and result.outcome not in (Outcome.DELIVERED, Outcome.STALE):
            metrics.GIVEN_UP.labels(claimed.message.target.channel).inc()

    async def _span(self, conn: Connection, claimed: store.Claimed) -> "SpanOfOurs | None":
        """In the trace of what the message is about."""
        return None if self._tracing is None else await tracing.begin(self._tracing, conn, claimed)

    async def _carry(self, claimed: store.Claimed, now: datetime) -> Result:
        message = claimed.message
        carrier = self._carriers.get(message.target.channel)
        if carrier is None:
            return Result(Outcome.MISCONFIGURED, f"this service sends nothing by {message.target.channel}")
        try:
            prepared = await self._prepared(message, now)
            if isinstance(prepared, Stale):
                return Result(Outcome.STALE, prepared.why)
            result = await carrier.carry(prepared, now)
        except Exception as error:  # a channel's own fault must not keep the others' messages
            _log.exception("a message could not be sent", delivery=str(message.id))
            result = Result(Outcome.LATER, describe(error))
        if result.outcome is not Outcome.DELIVERED:
            _log.warning(
                "message not delivered",
                delivery=str(message.id),
                channel=message.target.channel,
                outcome=result.outcome,
                detail=result.detail,
            )
        return result

    async def _prepared(self, message: Message, now: datetime) -> Message | Stale:
        if self._prepare is None:
            return message
        try:
            async with asyncio.timeout(self._prepare_seconds):
                return await self._prepare(message, now)
        except TimeoutError as error:
            raise TimeoutError(f"not composed within {self._prepare_seconds:g} s") from error
