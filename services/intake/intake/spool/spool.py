"""The spool as the event loop sees it: appends that share an fsync, and batches to drain, in order."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from intake.spool.errors import SpoolFull, SpoolUnavailable
from intake.spool.folder import Folder, Position, Segment
from intake.spool.frames import Frame, to_frame, to_record
from service_kit.logs import logger
from service_kit.records import Outgoing

_log = logger(__name__)
_READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Counts:
    """The spool's books. `unaccounted` is 0 unless a segment went missing."""

    written: int
    drained: int
    pending: int
    refused: int
    bytes: int

    @property
    def unaccounted(self) -> int:
        """Records written of which nothing is known."""
        return self.written - self.drained - self.pending - self.refused


@dataclass(frozen=True, slots=True)
class Pending:
    """The record to drain next. `record` None: damaged on the disk, it can only be put aside."""

    number: int
    record: Outgoing | None
    frame: Frame


class Spool:
    """Records on disk, each numbered from 1. Opening repairs a torn tail and raises SpoolOwned or OSError."""

    def __init__(
        self, folder: Folder, *, max_bytes: int, segment_bytes: int = 8 * 1024 * 1024, gather: float = 0.002
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._gather = gather
        saved = folder.position()
        self._segments = folder.segments(saved)
        self._position = saved or Position(
            self._segments[0].first if self._segments else 1,
            self._segments[0].first - 1 if self._segments else 0,
        )
        self._drop_drained()
        last = self._segments[-1] if self._segments else None
        self._next_number = max(self._position.next, last.first + last.count if last else 1)
        self._read_from = self._offset_of_next()
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._waiting_bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False
        self._files = asyncio.Lock()  # which segments exist: one change at a time
        self._append_thread = ThreadPoolExecutor(1, "spool-append")
        self._drain_thread = ThreadPoolExecutor(1, "spool-drain")
        self._head: Pending | None = None
        self.has_records = asyncio.Event()
        if self.counts.pending:
            self.has_records.set()

    @property
    def counts(self) -> Counts:
        """The books at this moment."""
        pending = sum(segment.count for segment in self._segments)
        if self._segments:
            pending -= max(0, self._position.next - self._segments[0].first)
        size = sum(segment.end for segment in self._segments)
        return Counts(self._next_number - 1, self._position.drained, pending, self._position.refused, size)

    @property
    def is_full(self) -> bool:
        """Whether not even a small record fits."""
        return self._used() + 4096 > self._max_bytes

    async def append(self, record: Outgoing) -> None:
        """Return when `record` is fsynced. Raises SpoolFull, or SpoolUnavailable for an error of the disk."""
        frame = to_frame(record)
        if self._is_closed:
            raise SpoolUnavailable("the spool is closed")
        if self._used() + len(frame) > self._max_bytes:
            raise SpoolFull(f"the spool holds its limit of {self._max_bytes} bytes (BATON_SPOOL_MAX_BYTES)")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((frame, done))
        self._waiting_bytes += len(frame)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def batch(self, most: int) -> list[Pending]:
        """Up to `most` records to drain next, in order; empty when all is drained. Raises OSError."""
        async with self._files:
            await self._retire_drained()
            if not self._segments:
                self.has_records.clear()
                return []
            segment = self._segments[0]
            start = self._read_from
        loop = asyncio.get_running_loop()
        frames = await loop.run_in_executor(
            self._drain_thread, self._folder.read, segment, start, _READ_BYTES
        )
        if not frames:
            raise OSError(f"{segment.path.name} cannot be read from byte {start} on")
        first = max(self._position.next, segment.first)
        batch = [_pending(first + index, frame) for index, frame in enumerate(frames[:most])]
        self._head = batch[0]
        return batch

    @property
    def oldest(self) -> Outgoing | None:
        """The record that has waited longest, as far as draining has looked; None when all is drained."""
        if self._head is None or not self.has_records.is_set():
            return None
        return self._head.record

    async def advance(self, settled: list[Pending], refused: dict[int, str]) -> None:
        """The records `settled`, a prefix of the last batch, are done with.

        Those of the numbers in `refused` are put aside with the reason. Durable on return; raises OSError,
        then they come again.
        """
        if not settled:
            return
        segment = self._segments[0]
        position = Position(
            settled[-1].number + 1,
            self._position.drained + len(settled) - len(refused),
            self._position.refused + len(refused),
            segment.first,
            settled[-1].frame.end,
        )

        def save() -> None:
            for each in settled:
                if each.number in refused:
                    content = self._folder.raw(segment, each.frame)
                    self._folder.refuse(each.number, content[8:], refused[each.number])
            self._folder.save(position)

        await asyncio.get_running_loop().run_in_executor(self._drain_thread, save)
        self._position = position
        self._read_from = settled[-1].frame.end

    async def close(self) -> None:
        """Write out what waits, then give the folder up."""
        self._is_closed = True
        if self._writer is not None:
            await self._writer
        async with self._files:
            self._append_thread.shutdown()
            self._drain_thread.shutdown()
            self._folder.close()

    def _used(self) -> int:
        return sum(segment.end for segment in self._segments) + self._waiting_bytes

    async def _write_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if not self._is_closed:
                await asyncio.sleep(self._gather)
            async with self._files:
                batch, self._waiting = self._waiting, []
                frames = [frame for frame, _ in batch]
                try:
                    segment = self._appendable()
                    written = await loop.run_in_executor(
                        self._append_thread, self._folder.append, segment, self._next_number, frames
                    )
                except OSError as error:
                    self._fail(batch, error)
                else:
                    self._settle(batch, written)
                self._waiting_bytes -= sum(map(len, frames))
        self._writer = None

    def _appendable(self) -> Segment | None:
        if not self._segments:
            return None
        last = self._segments[-1]
        return last if last.end < self._segment_bytes else None

    def _settle(self, batch: list[tuple[bytes, asyncio.Future[None]]], segment: Segment) -> None:
        if not self._segments or self._segments[-1] is not segment:
            self._segments.append(segment)
            if len(self._segments) == 1:
                self._read_from = 0
        segment.count += len(batch)
        segment.end += sum(len(frame) for frame, _ in batch)
        self._next_number += len(batch)
        self.has_records.set()
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    def _fail(self, batch: list[tuple[bytes, asyncio.Future[None]]], error: OSError) -> None:
        _log.error("spool: records could not be written", records=len(batch), error=str(error))
        for _, done in batch:
            if not done.done():
                done.set_exception(SpoolUnavailable(f"the disk refused: {error.strerror or error}"))

    async def _retire_drained(self) -> None:
        """Delete the first segments if drained; personal data does not stay longer than needed."""
        loop = asyncio.get_running_loop()
        while self._segments and self._is_drained(self._segments[0]):
            segment = self._segments[0]
            if self._position.next < segment.first + segment.count:
                await self._skip_unreadable(segment)
            if len(self._segments) == 1:
                self._folder.seal()
            await loop.run_in_executor(self._drain_thread, self._folder.delete, segment)
            self._segments.pop(0)
            self._read_from = 0

    def _is_drained(self, segment: Segment) -> bool:
        """By its records, or by its bytes: damaged ones may be several records and come as one."""
        return self._position.next >= segment.first + segment.count or self._read_from >= segment.end

    async def _skip_unreadable(self, segment: Segment) -> None:
        """Go on behind records that damage hides from counting: they stay unaccounted for in the books."""
        position = replace(self._position, next=segment.first + segment.count)
        await asyncio.get_running_loop().run_in_executor(self._drain_thread, self._folder.save, position)
        self._position = position

    def _drop_drained(self) -> None:
        while self._segments and self._position.next >= self._segments[0].first + self._segments[0].count:
            self._folder.delete(self._segments.pop(0))

    def _offset_of_next(self) -> int:
        if not self._segments or self._position.next <= self._segments[0].first:
            return 0
        drained = self._position.end_in(self._segments[0].first)
        if drained is not None:
            return drained
        frames = self._folder.read(self._segments[0], 0, self._segments[0].end)
        return frames[self._position.next - self._segments[0].first - 1].end


def _pending(number: int, frame: Frame) -> Pending:
    if frame.payload is None:
        return Pending(number, None, frame)
    try:
        return Pending(number, to_record(frame.payload), frame)
    except ValueError:
        return Pending(number, None, frame)
