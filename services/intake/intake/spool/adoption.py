"""Drains spools that other instances left behind, beside this instance's own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intake.circuit import Circuit
from intake.spool.errors import NoSpool, SpoolOwned
from intake.spool.folder import Folder
from intake.spool.replayer import Replayer
from intake.spool.spool import Counts, Spool
from service_kit.broker import Publisher
from service_kit.clock import Clock

_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Adopted:
    """A spool that is drained here. `counts` are its books as last seen."""

    path: Path
    spool: Spool
    replayer: Replayer
    counts: Counts
    running: "asyncio.Task[None] | None" = None

    @property
    def is_drained(self) -> bool:
        """Whether nothing is left in it; what the broker refused for good stays in `refused/`."""
        return self.counts.pending == 0


@dataclass
class Adoptions:
    """A part of the service. Only folders below `root` are adopted: a path comes from a request.

    An adoption ends with the process; a spool not drained by then is adopted again, its records under the
    same ids.
    """

    root: Path
    publisher: Publisher
    clock: Clock
    max_bytes: int
    name: str = "spool-adoption"
    adopted: dict[Path, Adopted] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def adopt(self, folder: str) -> Adopted:
        """Begin to drain the spool in `folder`: the data folder that its instance had, or the spool itself.

        Raises NoSpool, or SpoolOwned while another process works with it.
        """
        path = await asyncio.to_thread(self._find, folder)
        known = self.adopted.get(path)
        if known is not None and not known.is_drained:
            return known
        spool = await asyncio.to_thread(self._open, path)
        replayer = Replayer(spool, self.publisher, Circuit(self.clock), self.clock)
        found = self.adopted[path] = Adopted(path, spool, replayer, spool.counts)
        found.running = asyncio.create_task(self._drain(found))
        return found

    async def run(self) -> None:
        """Live until stopped, and end what is being drained."""
        await self._stopping.wait()
        for each in self.adopted.values():
            each.replayer.stop()
            if each.running is not None:
                await each.running

    def stop(self) -> None:
        """End after the batches in hand; what is left stays on disk."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """A spool of others never keeps this instance from its work."""
        return None

    def _open(self, path: Path) -> Spool:
        folder = Folder(path)
        try:
            return Spool(folder, max_bytes=self.max_bytes)
        except BaseException:
            folder.close()  # else nobody could try again
            raise

    def _find(self, folder: str) -> Path:
        path = (self.root / folder).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise NoSpool(f"{folder} is outside {self.root}: name a folder below it (BATON_SPOOLS_ROOT)")
        for candidate in (path / "spool", path):
            if candidate.joinpath("lock").is_file() and candidate.joinpath("refused").is_dir():
                return candidate
        raise NoSpool(f"{path} holds no spool: name the data folder of the instance that left it behind")

    async def _drain(self, found: Adopted) -> None:
        draining = asyncio.create_task(found.replayer.run())
        try:
            while not draining.done():
                found.counts = found.spool.counts
                if found.is_drained and not found.spool.has_records.is_set():
                    found.replayer.stop()
                await asyncio.wait({draining}, timeout=_LOOK_SECONDS)
        finally:
            found.counts = found.spool.counts
            await draining


def told(path: Path, counts: Counts, state: str) -> dict[str, Any]:
    """A spool as the API shows it."""
    return {
        "folder": str(path),
        "state": state,
        "written": counts.written,
        "drained": counts.drained,
        "pending": counts.pending,
        "refused": counts.refused,
        "bytes": counts.bytes,
        "unaccounted": counts.unaccounted,
    }


async def drain_left_behind(adoptions: Adoptions, folder: str, say: Callable[[str], None]) -> None:
    """Drain one spool and return when it is empty: for a job of its own. Raises NoSpool, SpoolOwned."""
    found = await adoptions.adopt(folder)
    say(f"{found.counts.pending} records to drain from {found.path}")
    if found.running is not None:
        await found.running
    say(f"drained; {found.counts.refused} refused by the broker and kept in {found.path / 'refused'}")


__all__ = ["Adopted", "Adoptions", "NoSpool", "SpoolOwned", "drain_left_behind", "told"]
