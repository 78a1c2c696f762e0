"""Imports of this instance: taking files in, running one worker at a time, forgetting files that are done."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from intake import metrics
from intake.domain.refusals import Refusal, unacceptable
from intake.forms import Forms
from intake.imports.job import Asked, Job, Progress
from intake.imports.making import Order
from intake.imports.wish import Wish, import_id
from intake.settings import IntakeSettings
from service_kit.clock import Clock, pause
from service_kit.logs import logger
from service_kit.parts import Failures

MOST_DEATHS = 20
"""So often a worker that dies goes on at the same row before the import is given up."""
LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0
_UPLOAD = ".upload-"
_log = logger(__name__)

Launch = Callable[[Path], Awaitable["asyncio.subprocess.Process"]]


@dataclass(frozen=True, slots=True)
class Known:
    """An import as it stands. `is_new`: it was not known before this file."""

    job: Job
    asked: Asked
    progress: Progress
    is_new: bool = False


class ImportDesk:
    """The folder of imports, and the part that works on them one after another."""

    name = "imports"

    def __init__(
        self, settings: IntakeSettings, forms: Forms, clock: Clock, *, launch: Launch | None = None
    ) -> None:
        self._settings = settings
        self._forms = forms
        self._clock = clock
        self._launch = launch or self._launch_process
        self._root = settings.data_dir.resolve() / "imports"
        self._wake = asyncio.Event()
        self._is_cleared = False
        self._stopping = asyncio.Event()
        self._deaths: dict[Path, tuple[int, int]] = {}
        self.worker_pid: int | None = None

    async def take(
        self, form_id: str, name: str, by: str, wish: Wish, *, is_dry: bool, body: AsyncIterator[bytes]
    ) -> Known:
        """Keep a file, durably; a file sent before under the same wish is the same import, and goes on.

        Raises Refusal: 404 for a form nobody knows, 409 for a retired one, 413, 422 for an empty file.
        """
        found = self._forms.named(form_id, self._clock.now())
        if found is None:
            raise Refusal(
                404, "No such form", f"no form has the id {form_id[:60]!r}: `baton form list` shows them"
            )
        if found.is_retired:
            raise Refusal(
                409, "The form is retired", "nothing is taken by it any more: import by another form"
            )
        upload = self._root / f"{_UPLOAD}{uuid4()}"
        await asyncio.to_thread(upload.mkdir, mode=0o700, parents=True)  # a list of people: for us alone
        try:
            size, content = await self._receive(upload / "file", body)
            identity = import_id(form_id, content, wish)
            job = Job(self._root / str(identity))
            order = Order(
                identity, form_id, found.form, found.version, self._clock.now(), wish, self._staff_domains()
            )
            asked = Asked(order, _plain_name(name), by, size, is_dry)
            known = await asyncio.to_thread(self._keep, upload, job, asked)
        finally:
            await asyncio.to_thread(shutil.rmtree, upload, ignore_errors=True)
        self._wake.set()
        return known

    def find(self, identity: UUID) -> Known:
        """An import of this instance. Raises Refusal (404)."""
        job = Job(self._root / str(identity))
        try:
            return Known(job, job.asked(), job.progress())
        except FileNotFoundError:
            raise Refusal(
                404,
                "No such import here",
                "this instance has no file of that import: it is kept by the instance that took it, for "
                f"{self._settings.import_days} days; scoring's GET /v1/imports/{{id}} tells what became",
            ) from None

    def start(self, identity: UUID) -> Known:
        """Publish what a dry run has read. Starting what is started changes nothing."""
        known = self.find(identity)
        if known.asked.is_dry:
            if not known.progress.is_over:
                raise Refusal(409, "The dry run is not over", "start it once its state is checked")
            if known.progress.state == "failed":
                raise Refusal(409, "The file cannot be read", known.progress.error or "send it again")
            known.job.start_for_real()
            self._wake.set()
        return self.find(identity)

    async def run(self) -> None:
        """Work on imports, one at a time, until stopped. A full disk or the like is waited out."""
        failures = Failures("imports")
        while not self._stopping.is_set():
            try:
                await self._round()
                failures.none()
            except Exception as error:
                await pause(self._clock, failures.note(error), unless=self._stopping)

    async def _round(self) -> None:
        if not self._is_cleared:
            await asyncio.to_thread(self._clear_uploads)
            self._is_cleared = True
        self._wake.clear()
        job = await asyncio.to_thread(self._next)
        if job is None:
            await self._idle()
        else:
            await self._work_on(job)

    def stop(self) -> None:
        """End soon; a worker is asked to stop and goes on when intake runs again."""
        self._stopping.set()
        self._wake.set()

    def not_ready(self) -> str | None:
        """Never: imports wait, leads do not."""
        return None

    async def forget(self) -> None:
        """Drop files of imports that came `import_days` ago or earlier, and are over."""
        before = self._clock.now() - timedelta(days=self._settings.import_days)
        await asyncio.to_thread(self._forget, before)

    async def _receive(self, path: Path, body: AsyncIterator[bytes]) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        with path.open("wb") as file:
            async for chunk in body:
                size += len(chunk)
                if size > self._settings.import_max_bytes:
                    raise Refusal(
                        413,
                        "The file is too large",
                        f"the file is over {self._settings.import_max_bytes} bytes: split it, header and all",
                    )
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        if size == 0:
            raise unacceptable("the file is empty: send one with a header and a row for each lead")
        return size, digest.hexdigest()

    def _keep(self, upload: Path, job: Job, asked: Asked) -> Known:
        if (job.folder / "order.json").exists():
            before = job.asked()
            if before.is_dry and not asked.is_dry:
                job.start_for_real()
            elif job.progress().state == "failed":
                job.keep_asked(asked)
                job.keep_progress(Progress(seq=job.progress().seq))
            return Known(job, job.asked(), job.progress())
        Job(upload).keep_asked(asked)
        shutil.rmtree(job.folder, ignore_errors=True)
        upload.replace(job.folder)
        folder = os.open(self._root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return Known(job, asked, Progress(), is_new=True)

    def _staff_domains(self) -> tuple[str, ...]:
        return self._forms.staff_domains(self._clock.now())

    def _next(self) -> Job | None:
        """The oldest import that is not over."""
        found = []
        for folder in self._folders():
            job = Job(folder)
            if not job.progress().is_over:
                found.append((job.asked().order.received_at, job))
        metrics.IMPORTS_WAITING.set(len(found))
        return min(found, key=lambda each: each[0])[1] if found else None

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return [
            each for each in self._root.iterdir() if (each / "order.json").exists() and each.name[0] != "."
        ]

    async def _idle(self) -> None:
        waiting = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait([waiting])
        finally:
            waiting.cancel()

    async def _work_on(self, job: Job) -> None:
        process = await self._launch(job.folder)
        self.worker_pid = process.pid
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait([ended], timeout=STOP_SECONDS)
            if not ended.done():
                process.kill()
                await ended
        stopped.cancel()
        self.worker_pid = None
        if not self._stopping.is_set() and not job.progress().is_over:
            await self._died(job, ended.result())

    async def _died(self, job: Job, code: int) -> None:
        """Let another worker go on; an import that kills each of them at the same row is given up."""
        rows = job.progress().rows
        at, deaths = self._deaths.get(job.folder, (rows, 0))
        deaths = deaths + 1 if at == rows else 1
        self._deaths[job.folder] = rows, deaths
        metrics.IMPORT_WORKERS_DIED.inc()
        _log.warning("a worker died and another goes on", import_id=job.folder.name, code=code, rows=rows)
        if deaths >= MOST_DEATHS:
            told = (
                f"reading it failed {deaths} times after row {rows}: send it again, and see the log for why"
            )
            job.keep_progress(_failed(job.progress(), told))
            return
        await pause(self._clock, min(LOOK_SECONDS * deaths, 30.0), unless=self._stopping)

    async def _launch_process(self, folder: Path) -> "asyncio.subprocess.Process":
        settings = self._settings
        told = {
            "BATON_KAFKA": settings.kafka,
            "BATON_DATA_DIR": str(settings.data_dir),
            "BATON_LOG_LEVEL": settings.log_level,
            "BATON_INSTANCE": f"{settings.instance}-import",
            # one core: rows are mapped in one thread, and nothing beside it starts more
            "OMP_NUM_THREADS": "1",
        }
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "intake.imports",
            str(folder),
            str(os.getpid()),
            env={**os.environ, **told},
        )

    def _clear_uploads(self) -> None:
        if self._root.is_dir():
            for each in self._root.glob(f"{_UPLOAD}*"):
                shutil.rmtree(each, ignore_errors=True)

    def _forget(self, before: datetime) -> None:
        for folder in self._folders():
            job = Job(folder)
            if job.progress().is_over and job.asked().order.received_at < before:
                shutil.rmtree(folder, ignore_errors=True)


def _failed(progress: Progress, error: str) -> Progress:
    return replace(progress, state="failed", error=error)


def _plain_name(name: str) -> str:
    """Without folders and signs that are not shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:200] or "file"
