"""Makes one record durable: in the broker, else in the spool, else not at all."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

from intake import metrics
from intake.circuit import Circuit
from intake.deadline import Deadline
from intake.lane import Lane
from intake.spool import Spool, SpoolUnavailable
from service_kit.clock import Clock
from service_kit.failpoints import failpoint
from service_kit.logs import logger
from service_kit.records import Outgoing

if TYPE_CHECKING:
    from service_kit.tracing_spans import Tracing

_log = logger(__name__)

Encode = Callable[[datetime | None], Outgoing]
"""The record, given when it is written to the spool (None: it goes to the broker)."""


class NotDurable(Exception):
    """Neither broker nor spool took the record: answer 503 with Retry-After."""


class Durability:
    """The order of the two places, and the circuit between them."""

    def __init__(
        self,
        lane: Lane,
        spool: Spool,
        circuit: Circuit,
        clock: Clock,
        *,
        spool_deadline: float,
        publish_deadline: float = 1.2,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._lane = lane
        self._spool = spool
        self._circuit = circuit
        self._clock = clock
        self._spool_deadline = spool_deadline
        self._publish_deadline = publish_deadline
        self._tracing = tracing

    def deadline(self) -> Deadline:
        """By when a request that begins now is to be answered."""
        return Deadline(self._clock, publish=self._publish_deadline, spool=self._spool_deadline)

    @property
    def is_possible(self) -> bool:
        """Whether it is worth trying: false while the broker is known to be away and the spool is full."""
        return not self._circuit.is_open or not self._spool.is_full

    async def keep(self, encode: Encode, deadline: Deadline | None = None) -> str:
        """Return where the record is durable now: `kafka` or `spool`. Raises NotDurable. `deadline`: the
        request's, where something has taken time of it already.

        A record that may have reached the broker without an answer goes to the spool under the same id.
        """
        if self._tracing is not None:
            encode = self._tracing.creating(encode)
        if self._circuit.lets_try(
            spool_is_empty=not self._spool.has_records.is_set()
        ) and await self._publish(encode(None), deadline.for_broker if deadline else None):
            await failpoint("intake.after_publish")
            return "kafka"
        try:
            async with asyncio.timeout(deadline.for_disk if deadline else self._spool_deadline):
                await self._spool.append(encode(self._clock.now()))
        except SpoolUnavailable as error:
            raise NotDurable(str(error)) from error
        except TimeoutError as error:
            raise NotDurable("the disk did not answer in time") from error
        await failpoint("intake.after_spool")
        return "spool"

    async def _publish(self, record: Outgoing, within: float | None) -> bool:
        started = perf_counter()
        try:
            if within is None:
                outcome = await self._lane.publish(record)
            else:
                async with asyncio.timeout(within):
                    outcome = await self._lane.publish(record)
        except TimeoutError:  # less than the broker has else: it may be well, so others still try it
            return False
        finally:
            metrics.PUBLISH_SECONDS.observe(perf_counter() - started)
        if outcome.is_acknowledged:
            self._circuit.close()
            return True
        if outcome.refused is not None:  # the replayer puts it aside, and the broker is well
            _log.error("broker refuses a record as it is", reason=outcome.refused)
            return False
        if not self._circuit.is_open:
            _log.warning("broker does not acknowledge: records go to the spool")
        self._circuit.open()
        return False
