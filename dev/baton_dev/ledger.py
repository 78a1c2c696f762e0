"""What a client was promised, kept on the client's own disk: the one witness no service can influence.

A line is fsynced before the promise counts, so that nothing a service answered can be forgotten, and nothing
it did not answer can be claimed.
"""

import asyncio
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that intake answered with 202. `lines`: product lines the client asked about."""

    submission_id: UUID
    form: str
    key: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acted:
    """An act of a rep that router answered with success, by its Idempotency-Key."""

    lead_id: UUID
    act: str
    key: str


Promise = Accepted | Acted


class Ledger:
    """Appends promises to a file; many waiting at once share one fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        path.touch()

    async def keep(self, promise: Promise) -> None:
        """Return once the promise is on the disk."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((_line(promise), kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await kept

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._append, b"".join(line for line, _ in batch))
            for _, kept in batch:
                if not kept.done():
                    kept.set_result(None)

    def _append(self, lines: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


def read_ledger(path: Path) -> list[Promise]:
    """Return the promises in order; a last line that is not whole was never counted and is left out."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [_promise(line) for line in whole.splitlines()]


def accepted(promises: Iterable[Promise]) -> dict[UUID, Accepted]:
    """Return the submissions by id; one that was answered several times stands once."""
    return {each.submission_id: each for each in promises if isinstance(each, Accepted)}


def acted(promises: Iterable[Promise]) -> dict[str, Acted]:
    """Return the acts by key; one that was answered several times stands once."""
    return {each.key: each for each in promises if isinstance(each, Acted)}


def _line(promise: Promise) -> bytes:
    return json.dumps({"is": type(promise).__name__, "says": asdict(promise)}, default=str).encode() + b"\n"


def _promise(line: bytes) -> Promise:
    read = json.loads(line)
    says = read["says"]
    if read["is"] == Acted.__name__:
        return Acted(UUID(says["lead_id"]), says["act"], says["key"])
    return Accepted(UUID(says["submission_id"]), says["form"], says["key"], tuple(says["lines"]))
