"""Reads one import and publishes it, in a process of its own: `python -m intake.imports FOLDER`."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

import orjson

from intake.imports.errors import ColumnsUnknown, FileRefused
from intake.imports.job import Appended, Asked, Job, Progress, error_line
from intake.imports.layout import Layout, find_layout
from intake.imports.making import Maker, RowRefused
from intake.imports.reading.rows import REPAIRED, Row, Skipped
from lead_events import ImportProgressed
from lead_events.codec import encode
from lead_events.ids import event_id
from service_kit.broker import BrokerUnavailable, Publisher, PublishFailed
from service_kit.clock import Clock
from service_kit.records import Outgoing

PROGRESS_TOPIC = "import-progressed"
BATCH = 1_000
"""Rows published together, and between two checkpoints."""
REPORT_SECONDS = 2.0
RETRY_SECONDS = 1.0
_MOST_NOTES = 100


class Abandoned(Exception):
    """Whoever started this worker is gone, or asks it to stop: another one goes on from the checkpoint."""


@dataclass(slots=True)
class _Batch:
    """One batch read, not published yet, and how far it brings the import."""

    records: list[Outgoing]
    progress: Progress


class Worker:
    """One import, from its checkpoint to its end."""

    def __init__(
        self,
        job: Job,
        publisher: Publisher,
        clock: Clock,
        *,
        may_go_on: Callable[[], bool] = lambda: True,
        batch: int = BATCH,
    ) -> None:
        self._job = job
        self._publisher = publisher
        self._clock = clock
        self._may_go_on = may_go_on
        self._batch = batch
        self._asked: Asked = job.asked()
        self._reported_at = float("-inf")

    async def run(self) -> Progress:
        """Work until the import is over. Raises Abandoned."""
        progress = self._job.progress()
        if progress.is_over:
            return progress
        with self._job.file.open("rb") as stream:
            try:
                layout = find_layout(stream, self._asked.order.form, self._asked.order.wish)
            except FileRefused as error:
                proposed = error.proposed if isinstance(error, ColumnsUnknown) else None
                return await self._over(
                    replace(progress, state="failed", error=str(error), proposed=proposed)
                )
            progress = replace(progress, state="reading", layout=layout.told())
            await self._report(progress, at_once=True)
            reading = _Reading(self._job, self._asked, layout, stream, self._batch)
            try:
                progress = await self._read(reading, progress)
            finally:
                reading.close()
        if progress.rows == 0:
            told = "the file holds a header and no row: send one with a row for each lead"
            return await self._over(replace(progress, state="failed", error=told))
        return await self._over(replace(progress, state="checked" if self._asked.is_dry else "finished"))

    async def _read(self, reading: "_Reading", progress: Progress) -> Progress:
        """One batch is made while the one before is on its way."""
        sending: asyncio.Task[None] | None = None
        made = progress
        try:
            for batch in reading.batches(progress):
                if not self._may_go_on():
                    raise Abandoned
                if sending is not None:
                    await sending
                    self._job.keep_progress(made)
                    await self._report(made)
                sending, made = asyncio.create_task(self._publish(batch.records)), batch.progress
                await asyncio.sleep(0)
            if sending is not None:
                await sending
        finally:
            if sending is not None and not sending.done():
                sending.cancel()
        return made

    async def _publish(self, records: list[Outgoing]) -> None:
        """Return when all are acknowledged; waits for a broker that is away."""
        left = records
        while left:
            if not self._may_go_on():
                raise Abandoned
            try:
                await self._publisher.start()
                await self._publisher.publish(left)
                left = []
            except PublishFailed as failed:
                if failed.refused:
                    reason = next(iter(failed.refused.values()))
                    raise RuntimeError(f"the broker refuses a row for good: {reason}") from failed
                left = [record for place, record in enumerate(left) if place not in failed.acknowledged]
            except BrokerUnavailable:
                pass
            if left:
                await self._clock.sleep(RETRY_SECONDS)

    async def _over(self, progress: Progress) -> Progress:
        progress = await self._report(progress, at_once=True, surely=True)
        self._job.keep_progress(progress)
        return progress

    async def _report(self, progress: Progress, *, at_once: bool = False, surely: bool = False) -> Progress:
        """Tell scoring, every few seconds; of a dry run nothing, as nothing comes of it."""
        now = self._clock.now()
        if self._asked.is_dry or not (
            at_once or self._clock.monotonic() - self._reported_at >= REPORT_SECONDS
        ):
            return progress
        self._reported_at = self._clock.monotonic()
        progress = replace(progress, seq=max(progress.seq + 1, int(now.timestamp() * 1000)))
        record = self._said(progress)
        if surely:
            await self._publish([record])
        else:
            try:
                await self._publisher.start()
                await self._publisher.publish([record])
            except (PublishFailed, BrokerUnavailable):
                pass  # the next report says more
        return progress

    def _said(self, progress: Progress) -> Outgoing:
        order = self._asked.order
        layout = progress.layout or {}
        event = ImportProgressed(
            import_id=order.import_id,
            seq=progress.seq,
            state="reading" if progress.state not in ("finished", "failed") else progress.state,
            form_id=order.form_id,
            file=self._asked.file,
            by=self._asked.by,
            started_at=order.received_at,
            at=self._clock.now(),
            settings=order.wish.told()
            | {name: layout[name] for name in ("encoding", "separator") if name in layout},
            rows=progress.rows,
            published=progress.published,
            refused=progress.refused,
            skipped=progress.skipped,
            error=progress.error,
        )
        identity = event_id(order.import_id, PROGRESS_TOPIC, str(order.import_id), progress.seq)
        headers, value = encode(
            event,
            id=identity,
            source="intake",
            time=event.at,
            subject=str(order.import_id),
            topic=PROGRESS_TOPIC,
        )
        return Outgoing(PROGRESS_TOPIC, str(order.import_id).encode(), value, tuple(headers))


class _Reading:
    """Goes through the file, batch by batch; what is refused goes to the error file."""

    def __init__(self, job: Job, asked: Asked, layout: Layout, stream: BinaryIO, batch: int) -> None:
        self._layout = layout
        self._stream = stream
        self._size = batch
        self._maker = Maker(asked.order, layout)
        start = job.progress()
        self._errors = Appended(job.errors, start.errors_bytes)
        self._keys = Appended(job.keys, start.keys_bytes) if asked.is_dry else None
        if start.errors_bytes == 0:
            self._errors.add(b"\xef\xbb\xbf")
            self._errors.add(
                error_line("row", "line", "reason", [name or "" for name in layout.header.names])
            )

    def close(self) -> None:
        """Close what was opened."""
        self._errors.close()
        if self._keys is not None:
            self._keys.close()

    def batches(self, progress: Progress) -> Iterator[_Batch]:
        """Batches after the rows and skipped lines that `progress` counts."""
        lines = self._layout.rows(self._stream)
        for _ in islice(lines, progress.rows + progress.skipped):
            pass
        while True:
            part = list(islice(lines, self._size))
            if not part:
                return
            batch = self._made(part, progress)
            progress = batch.progress
            yield batch

    def _made(self, part: list[Row | Skipped], before: Progress) -> _Batch:
        records: list[Outgoing] = []
        refused = skipped = repaired = tests = made = 0
        notes = list(before.notes)
        for each in part:
            if isinstance(each, Skipped):
                skipped += 1
                notes.append(f"line {each.line} is skipped, {each.why}: {each.text}".rstrip(": "))
                continue
            try:
                read = self._maker.read(each)
                if self._keys is not None:
                    self._keys.add(orjson.dumps(self._maker.keys(read)) + b"\n")
                else:
                    records.append(self._maker.record(read, before.published + made + 1))
                made += 1
            except RowRefused as error:
                refused += 1
                self._errors.add(error_line(each.number, each.line, str(error), each.cells))
                continue
            repaired += REPAIRED in each.flags
            tests += read.mapped.is_test
        return _Batch(
            records,
            replace(
                before,
                rows=before.rows + len(part) - skipped,
                published=before.published + made,
                refused=before.refused + refused,
                skipped=before.skipped + skipped,
                repaired=before.repaired + repaired,
                tests=before.tests + tests,
                notes=tuple(notes[:_MOST_NOTES]),
                errors_bytes=self._errors.flush(),
                keys_bytes=self._keys.flush() if self._keys is not None else 0,
            ),
        )


def lower_priority() -> None:
    """An import never takes the machine from live leads."""
    os.nice(19)
