"""One transaction of effects: rows, and the events they cause, committed together or not at all."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lead_events.codec import encode
from lead_events.ids import event_id
from lead_events.model import EventModel
from service_kit import outbox
from service_kit.clock import TransactionClock
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.postgres import Connection
from service_kit.records import Outgoing

if TYPE_CHECKING:
    from service_kit.tracing_spans import Tracing

_log = logger(__name__)


class Unit:
    """A transaction with its time and its outgoing events. Valid until the function it was given to
    returns.
    """

    def __init__(
        self,
        conn: Connection,
        *,
        now: datetime,
        clock: TransactionClock,
        source: str,
        tracing: "Tracing | None" = None,
    ) -> None:
        self.conn = conn
        self.now = now
        """Database time, UTC, taken when the unit began or at the last `refresh_now`."""
        self._clock = clock
        self._source = source
        self._tracing = tracing
        self._outgoing: list[Outgoing] = []
        self._caused: list[tuple[int, str, str | None]] = []
        self._after_commit: list[Callable[[], None]] = []
        self.changes: dict[str, tuple[Any, Any]] = {}
        """What `note` was told, for the audit log."""

    async def refresh_now(self) -> datetime:
        """Take the database's time again: after waiting for a lock the old one is stale."""
        self.now = await self._clock.now(self.conn)
        return self.now

    def emit(
        self,
        topic: str,
        event: EventModel,
        *,
        key: str | UUID,
        cause: UUID,
        subject: str | UUID,
        ordinal: int = 0,
        time: datetime | None = None,
    ) -> UUID:
        """Publish `event` on `topic` once this unit is committed. Returns its id.

        The id is made of cause, topic, subject and ordinal: a repeat of the unit repeats it. Two events with
        the same four are one event; tell them apart by `ordinal`. `time` is `ce_time`, by default `now`.
        Raises WrongEvent when the topic carries another event.
        """
        identity = event_id(cause, topic, subject, ordinal)
        headers, value = encode(
            event,
            id=identity,
            source=self._source,
            time=time or self.now,
            subject=str(subject),
            topic=topic,
            traceparent=self._traceparent(cause),
        )
        if self._tracing is not None:
            self._caused.append((len(self._outgoing), str(subject), self._origin(cause, str(subject))))
        self.emit_raw(Outgoing(topic, str(key).encode(), value, tuple(headers)))
        return identity

    def emit_raw(self, record: Outgoing) -> None:
        """Publish a record as it is once this unit is committed: replays and tombstones."""
        self._outgoing.append(record)

    @property
    def outgoing(self) -> Sequence[Outgoing]:
        """What has been emitted so far, in order."""
        return self._outgoing

    def note(self, name: str, before: Any, after: Any) -> None:
        """Say that something changed, from what to what, for the audit log, where it is kept for good: JSON,
        and nothing of a person who is a lead.
        """
        if before != after:
            self.changes[name] = before, after

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` made once this unit is committed, never when it is rolled back.

        For what knows no rollback: metrics and memory. It must be quick and needs no store; a crash between
        commit and call loses it.
        """
        self._after_commit.append(call)

    def committed(self) -> None:
        """Make the calls asked for with `after_commit`. The kit calls this right after the commit.

        What one of them raises is logged: the effects stand, so nothing may be repeated because of it.
        """
        for call in self._after_commit:
            try:
                call()
            except Exception as error:
                _log.error("call after a commit failed", error=describe(error))

    async def write_outbox(self, claim: timedelta) -> list[int]:
        """Store what has been emitted; returns the row ids. The kit calls this just before the commit."""
        if self._tracing is not None:
            await self._trace(self._tracing)
        if not self._outgoing:
            return []
        return await outbox.insert(self.conn, self._outgoing, claimed_until=self.now + claim)

    def _traceparent(self, cause: UUID) -> str | None:
        return None

    def _origin(self, _cause: UUID, _subject: str) -> str | None:
        """The span of the record that caused an event."""
        return None

    async def _trace(self, tracing: "Tracing") -> None:
        if self._caused:
            from service_kit.tracing_outbox import Caused, traced

            caused = [Caused(*each) for each in self._caused]
            self._outgoing = await traced(self.conn, tracing, self._outgoing, caused)
