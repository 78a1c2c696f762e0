"""One import on disk: the file, what was asked for, how far it has come, rows that were refused.

Everything that has to survive a killed process stands here; a worker that starts anew goes on from it.
"""

import csv
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from intake.imports.making import Order
from intake.imports.wish import Wish
from rulebook.models import Form
from service_kit.spreadsheets import shown

FILE, ORDER, PROGRESS, ERRORS, KEYS, LOCK = (
    "file",
    "order.json",
    "progress.json",
    "errors.csv",
    "keys.ndjson",
    "lock",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come. `errors_bytes` and `keys_bytes`: what of those files goes with these rows.

    `state`: queued, reading, checked (nothing published: it was a dry run), finished, failed.
    """

    state: str = "queued"
    rows: int = 0
    published: int = 0
    refused: int = 0
    skipped: int = 0
    repaired: int = 0
    tests: int = 0
    seq: int = 0
    errors_bytes: int = 0
    keys_bytes: int = 0
    layout: dict[str, Any] | None = None
    notes: tuple[str, ...] = field(default=())
    error: str | None = None
    proposed: dict[str, str] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in ("checked", "finished", "failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for what. `is_dry`: only say what would become of the rows."""

    order: Order
    file: str
    by: str
    size: int
    is_dry: bool


class Job:
    """The folder of one import."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def file(self) -> Path:
        """The file as it was sent."""
        return self.folder / FILE

    @property
    def errors(self) -> Path:
        """Refused rows, as CSV."""
        return self.folder / ERRORS

    @property
    def keys(self) -> Path:
        """Of a dry run: identity keys, a JSON list on a line for each row."""
        return self.folder / KEYS

    def asked(self) -> Asked:
        """What was asked for."""
        told = orjson.loads((self.folder / ORDER).read_bytes())
        order = Order(
            import_id=UUID(told["import_id"]),
            form_id=told["form_id"],
            form=Form.model_validate(told["form"]),
            rulebook_version=told["rulebook_version"],
            received_at=datetime.fromisoformat(told["received_at"]),
            wish=Wish.model_validate(told["wish"]),
            staff_domains=tuple(told["staff_domains"]),
        )
        return Asked(order, told["file"], told["by"], told["size"], told["is_dry"])

    def keep_asked(self, asked: Asked) -> None:
        """Write what was asked for, durably."""
        order = asked.order
        told = {
            "import_id": order.import_id,
            "form_id": order.form_id,
            "form": order.form.model_dump(mode="json", by_alias=True, exclude_none=True),
            "rulebook_version": order.rulebook_version,
            "received_at": order.received_at,
            "wish": order.wish.model_dump(mode="json"),
            "staff_domains": order.staff_domains,
            "file": asked.file,
            "by": asked.by,
            "size": asked.size,
            "is_dry": asked.is_dry,
        }
        _write(self.folder / ORDER, orjson.dumps(told), durably=True)

    def progress(self) -> Progress:
        """How far it has come; not at all where a power cut left no whole word of it, as each row has its id
        and its number again."""
        try:
            told = orjson.loads((self.folder / PROGRESS).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return Progress()
        return Progress(**{**told, "notes": tuple(told["notes"])})

    def keep_progress(self, progress: Progress) -> None:
        """Write how far it has come."""
        _write(self.folder / PROGRESS, orjson.dumps(asdict(progress)), durably=progress.is_over)

    def start_for_real(self) -> None:
        """After a dry run: read it again and publish."""
        self.keep_asked(replace(self.asked(), is_dry=False))
        self.keep_progress(Progress(seq=self.progress().seq))


class Appended:
    """A file that grows with the import; after a restart what goes beyond the last checkpoint is cut off."""

    def __init__(self, path: Path, kept: int) -> None:
        self._file = path.open("ab")
        self._file.truncate(kept)

    def add(self, line: bytes) -> None:
        """Add one line."""
        self._file.write(line)

    def flush(self) -> int:
        """The length so far, all of it with the operating system."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def error_line(row: int | str, line: int | str, reason: str, cells: Sequence[str]) -> bytes:
    """A line of the error file, in which a spreadsheet computes nothing."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([row, line, *map(shown, (reason, *cells))])
    return text.getvalue().encode("utf-8", "replace")


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Whether this process alone works on the import; the lock ends with the process."""
    with (folder / LOCK).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _write(path: Path, content: bytes, *, durably: bool) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(file.fileno())
    new.replace(path)
