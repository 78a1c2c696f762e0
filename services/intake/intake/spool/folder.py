"""The spool's files, without concurrency: every function here blocks and belongs in a thread.

lock                      held by the process that owns the spool
position.json             next record to drain and where it is, how many were drained and refused
00000000000000000001.seg  records from number 1 on; the next segment says by its name how many these are
refused/                  one file for each record that the broker will never take
"""

import fcntl
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from intake.spool.errors import SpoolOwned
from intake.spool.frames import Frame, read_frames
from service_kit.logs import logger

_log = logger(__name__)
_NAME = re.compile(r"[0-9]{20}\.seg")


@dataclass(slots=True)
class Segment:
    """A file of records. `first` is the number of its first record, `end` the bytes that hold good ones."""

    path: Path
    first: int
    count: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far the spool is drained: `next` is the number of the record to drain next, from 1.

    `segment`, `end`: by its first number the segment drained last, and the bytes of it that are. By bytes, as
    damage among drained records hides how many these were; None where an older version saved it.
    """

    next: int = 1
    drained: int = 0
    refused: int = 0
    segment: int | None = None
    end: int | None = None

    def end_in(self, segment: int) -> int | None:
        """The bytes that are drained of the segment with this first number; None where that is not known."""
        return self.end if self.segment == segment else None


class Folder:
    """One spool folder, owned until `close`. `write` and `fsync`: the system's, or failing ones for tests."""

    def __init__(
        self,
        path: Path,
        *,
        write: Callable[[int, bytes], int] = os.write,
        fsync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.path = path
        self._write = write
        self._fsync = fsync
        self._append_to: int | None = None
        (path / "refused").mkdir(parents=True, exist_ok=True)
        self._lock = _locked(path / "lock")
        self.sync_names(path.parent)
        self.sync_names()

    def close(self) -> None:
        """Give the spool up; what is on disk stays."""
        self.seal()
        os.close(self._lock)

    def sync_names(self, path: Path | None = None) -> None:
        """Make files created, renamed or removed in the folder survive a power cut."""
        descriptor = os.open(path or self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._fsync(descriptor)
        finally:
            os.close(descriptor)

    # Segments

    def segments(self, position: Position | None = None) -> list[Segment]:
        """All segments in order, frames counted. Torn tails are cut off, empty segments removed. Files of
        another name are told and left alone. What is drained by `position` is taken as it was counted."""
        paths = sorted(filter(self._is_segment, self.path.glob("*.seg")))
        firsts = [int(path.stem) for path in paths]
        found = []
        for path, first, following in zip(paths, firsts, [*firsts[1:], None], strict=False):
            # what a failed write left behind the last record that counted is not ours to send
            start = position.end_in(first) if position else None
            drained = position.next - first if position and start is not None else 0
            most = None if following is None else max(0, following - first - drained)
            data = path.read_bytes()
            frames = list(read_frames(data, start or 0))[:most]
            if most is not None and len(frames) < most:  # the next segment knows of more: damaged, not torn
                frames = list(read_frames(data, start or 0, is_whole=True))[:most]
            _tell_damaged(path, frames)
            end = frames[-1].end if frames else start or 0
            self._cut(path, end)
            if frames:
                found.append(Segment(path, first, drained + len(frames), end))
            else:
                path.unlink()
        return found

    def _is_segment(self, path: Path) -> bool:
        if _NAME.fullmatch(path.name) and path.is_file():
            return True
        _log.error(
            "spool: no segment by its name, so left alone: move it away, or give its name of 20 digits back",
            file=str(path),
        )
        return False

    def append(self, segment: Segment | None, first: int, frames: list[bytes]) -> Segment:
        """Write `frames` durably behind `segment`'s last one, or into a new segment that starts at `first`.

        Returns the segment written to, whose count and end are left for the caller to move on.
        Raises OSError: then none of them counts and the segment takes no more.
        """
        if segment is None or self._append_to is None:
            self.seal()
            segment = self._create(first)
        descriptor = self._append_to
        assert descriptor is not None  # noqa: S101 - _create has set it
        try:
            self._write_all(descriptor, b"".join(frames))
            self._fsync(descriptor)
        except OSError:
            self.seal()
            self._cut_if_possible(segment)
            raise
        return segment

    def seal(self) -> None:
        """The next append starts a new segment."""
        if self._append_to is not None:
            os.close(self._append_to)
            self._append_to = None

    def read(self, segment: Segment, start: int, max_bytes: int) -> list[Frame]:
        """Frames of `segment` from byte `start`, at least one if there is one, about `max_bytes` of them. All
        up to its end was durable, so what cannot be read there is damaged."""
        rest = segment.end - start
        with segment.path.open("rb") as file:
            file.seek(start)
            data = file.read(min(max_bytes, rest))
            frames = list(read_frames(data, is_whole=len(data) == rest))
            if not frames:  # the first one is larger, or damaged and the next one is needed to tell
                data += file.read(rest - len(data))
                frames = list(read_frames(data, is_whole=True))
        return [Frame(frame.payload, start + frame.start, start + frame.end) for frame in frames]

    def raw(self, segment: Segment, frame: Frame) -> bytes:
        """The bytes of a frame as they stand on the disk."""
        return segment.path.read_bytes()[frame.start : frame.end]

    def delete(self, segment: Segment) -> None:
        """Remove a drained segment; its position has been saved before."""
        segment.path.unlink(missing_ok=True)
        self.sync_names()

    def _create(self, first: int) -> Segment:
        path = self.path / f"{first:020d}.seg"
        self._append_to = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        try:
            self.sync_names()
        except OSError:
            self.seal()
            raise
        return Segment(path, first)

    def _write_all(self, descriptor: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._write(descriptor, bytes(view) if len(view) != len(data) else data) :]

    def _cut(self, path: Path, end: int) -> None:
        if path.stat().st_size == end:
            return
        _log.warning("spool: torn tail cut off", segment=path.name, bytes=path.stat().st_size - end)
        with path.open("r+b") as file:
            file.truncate(end)
            self._fsync(file.fileno())

    def _cut_if_possible(self, segment: Segment) -> None:
        try:
            self._cut(segment.path, segment.end)
        except OSError as error:
            # what is left behind may be drained after a restart; its caller was told 503 and tries again
            _log.warning(
                "spool: a failed write could not be undone", segment=segment.path.name, error=str(error)
            )

    # Position and refused records

    def position(self) -> Position | None:
        """The saved position; None when there is none or it cannot be read: draining starts at the first."""
        try:
            saved = orjson.loads((self.path / "position.json").read_bytes())
            return Position(
                saved["next"], saved["drained"], saved["refused"], saved.get("segment"), saved.get("end")
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _log.error(
                "spool: position.json cannot be read, draining from the first record", error=str(error)
            )
            return None

    def save(self, position: Position) -> None:
        """Save durably, all or nothing."""
        self._replace(self.path / "position.json", orjson.dumps(asdict(position)))

    def refuse(self, number: int, content: bytes, reason: str) -> None:
        """Keep a record that the broker will never take, with the reason."""
        note = orjson.dumps({"reason": reason, "record": content.decode("utf-8", "replace")})
        self._replace(self.path / "refused" / f"{number:020d}.json", note)

    def forget_refused(self, before: datetime) -> int:
        """Delete what was refused before that moment; returns how many. The books go on counting them."""
        old = [
            path
            for path in (self.path / "refused").glob("*.json")
            if path.stat().st_mtime < before.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _replace(self, path: Path, content: bytes) -> None:
        draft = path.with_suffix(".tmp")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            self._fsync(file.fileno())
        draft.replace(path)
        self.sync_names(path.parent)


def _tell_damaged(path: Path, frames: list[Frame]) -> None:
    damaged = [frame for frame in frames if frame.payload is None]
    if damaged:
        _log.error(
            "spool: damaged on the disk; it goes to refused/ when it is its turn, and the rest is drained",
            segment=path.name,
            bytes=sum(frame.end - frame.start for frame in damaged),
            at=[frame.start for frame in damaged[:20]],
        )


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SpoolOwned(
            f"{path.parent} is in use by another process: stop it, or set BATON_DATA_DIR to another folder"
        ) from error
    return descriptor
