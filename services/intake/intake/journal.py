"""The audit log of an instance without a database: JSON lines in a file that is only added to."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from service_kit.audit import Caller
from service_kit.audit_api import AuditAsked
from service_kit.clock import Clock


@dataclass
class Journal:
    """Entries in `file`, each on disk before its change is answered. An entry's id is its line."""

    file: Path
    clock: Clock
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self, who: Caller, action: str, kind: str, identity: object) -> None:
        """Keep that somebody changed something. Raises OSError where the disk takes nothing more."""
        entry: dict[str, Any] = {
            "at": self.clock.now().isoformat(),
            "role": who.principal.role.value,
            "subject": who.principal.subject,
            "name": who.by,
            "action": action,
            "object_kind": kind,
            "object_id": str(identity),
            "detail": {},
            "request_id": who.request_id,
        }
        async with self._writing:
            await asyncio.to_thread(self._append, orjson.dumps(entry))

    async def newest(self, asked: AuditAsked) -> list[dict[str, Any]]:
        """Entries, the newest first."""
        found = await asyncio.to_thread(lambda: [each for each in self._read() if _is_wanted(each, asked)])
        return found[: -asked.limit - 1 : -1]

    def _append(self, line: bytes) -> None:
        handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(handle).st_size
            is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"  # a crash within a line
            left = (b"\n" if is_torn else b"") + line + b"\n"
            while left:  # a disk that is nearly full takes a part
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def _read(self) -> Iterator[dict[str, Any]]:
        if not self.file.exists():
            return
        for number, line in enumerate(self.file.read_bytes().split(b"\n"), start=1):
            try:
                yield {"id": number, **orjson.loads(line)}
            except ValueError:
                continue


def _is_wanted(entry: dict[str, Any], asked: AuditAsked) -> bool:
    named = ("subject", "action", "object_kind", "object_id")
    return (
        (asked.before is None or entry["id"] < asked.before)
        and (asked.since is None or datetime.fromisoformat(entry["at"]) >= asked.since)
        and all(getattr(asked, name) in (None, entry[name]) for name in named)
    )
