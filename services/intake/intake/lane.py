"""Publishes together what requests have ready in the same turn of the event loop."""

import asyncio
from typing import NamedTuple

from service_kit.broker import BrokerUnavailable, Publisher, PublishFailed
from service_kit.records import Outgoing


class Outcome(NamedTuple):
    """What became of one record. `refused` says why the broker will never take it as it is."""

    is_acknowledged: bool
    refused: str | None = None


_ACKNOWLEDGED = Outcome(is_acknowledged=True)
_UNANSWERED = Outcome(is_acknowledged=False)
_Waiting = list[tuple[Outgoing, "asyncio.Future[Outcome]"]]


class Lane:
    """The way of single records to the publisher."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: _Waiting = []
        self._sending: set[asyncio.Task[None]] = set()

    async def publish(self, record: Outgoing) -> Outcome:
        """Return what became of `record`, at the latest after the publisher's deadline."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((record, outcome))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await outcome

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._send(batch))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, batch: _Waiting) -> None:
        outcomes = [_UNANSWERED] * len(batch)
        try:
            await self._publisher.publish([record for record, _ in batch])
            outcomes = [_ACKNOWLEDGED] * len(batch)
        except PublishFailed as failed:
            for index in failed.acknowledged:
                outcomes[index] = _ACKNOWLEDGED
            for index, reason in failed.refused.items():
                outcomes[index] = Outcome(is_acknowledged=False, refused=reason)
        except BrokerUnavailable:
            pass
        finally:  # whatever happened, nobody waits for ever: without an answer a record goes to the spool
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
