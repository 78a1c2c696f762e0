"""Takes messages that are due and brings them to their receivers; any number of processes may."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from delivery import metrics, store
from delivery.message import Carrier, Channel, Outcome, Result
from delivery.patience import Patience
from service_kit.clock import Clock
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.postgres import Database

AT_ONCE = 10
"""Messages in hand at a time."""
CLAIM = timedelta(minutes=2)
"""Longer than any attempt: see ATTEMPT_SECONDS of each channel."""
KEPT = timedelta(days=30)
"""How long messages that ended stay to be looked at."""

_log = logger(__name__)


class Sender:
    """Sends at least once, under one id: a process that dies between sending and noting it sends again."""

    def __init__(
        self,
        database: Database,
        carriers: Mapping[Channel, Carrier],
        clock: Clock,
        *,
        patience: Patience | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._patience = patience or Patience()
        self._chance = chance

    async def work(self) -> None:
        """One round: everything that is due now."""
        while True:
            async with self._database.transaction() as conn:
                now = await self._database.clock.now(conn)
                taken = await store.claim(conn, now=now, for_=CLAIM, limit=AT_ONCE)
                if not taken:
                    await store.forget_ended(conn, now - KEPT)
                    metrics.PENDING.set(await store.count_pending(conn))
            if not taken:
                return
            await asyncio.gather(*map(self._try, taken))

    async def _try(self, claimed: store.Claimed) -> None:
        async with self._database.acquire() as conn:
            now = await self._database.clock.now(conn)
        began = self._clock.monotonic()
        result = await self._carry(claimed, now)
        milliseconds = int((self._clock.monotonic() - began) * 1000)
        metrics.ATTEMPTS.labels(claimed.message.target.channel, result.outcome).inc()
        async with self._database.transaction() as conn:
            ended = await self._database.clock.now(conn)
            next_try = None
            if not result.outcome.is_final:
                next_try = self._patience.next_try(
                    ended, claimed.attempts, claimed.give_up_at, result.wait, self._chance
                )
            await store.note(conn, claimed, result, now=ended, milliseconds=milliseconds, next_try=next_try)
        if next_try is None and result.outcome is not Outcome.DELIVERED:
            metrics.GIVEN_UP.labels(claimed.message.target.channel).inc()

    async def _carry(self, claimed: store.Claimed, now: datetime) -> Result:
        message = claimed.message
        carrier = self._carriers.get(message.target.channel)
        if carrier is None:
            return Result(Outcome.MISCONFIGURED, f"this service sends nothing by {message.target.channel}")
        try:
            result = await carrier.carry(message, now)
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
