"""The list of who is in nurturing as CSV: over HTTP, and as a file once a day."""

import csv
import io
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rulebook.models import NurturingCsv, Rulebook
from rulebook.store import RulebookCache
from scoring.domain.handover import TOLD_FIELDS
from scoring.domain.nurturing import LEFT_WORDS, Left
from scoring.store import nurturing
from scoring.store.nurturing import Listed
from scoring.store.views import Place as Cursor
from service_kit.logs import logger
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from service_kit.spreadsheets import shown

LOOK_EVERY = timedelta(minutes=1)
"""How often it is looked whether the day's file is due."""
AT_ONCE = 500
OVERLAP = timedelta(hours=1)
"""Who left within so much before a file was written stands in the next one too: their leaving may have been
committed after the file was read."""
KEPT_DAYS = 7
"""Days that files stay: they hold personal data, and what was erased since."""
PREFIX, SUFFIX = "nurturing-", ".csv"
COLUMNS = (
    "contact_id",
    "state",
    *TOLD_FIELDS,
    "line",
    "quadrant",
    "stage",
    "why",
    "reason",
    "since",
    "wake_at",
    "lead_id",
)
_log = logger(__name__)


async def lines(database: Database, wanted: Listed, left_since: datetime | None) -> AsyncIterator[str]:
    """The CSV in pieces, its head first; those who left since a moment come last, by their ids only."""
    yield _written([COLUMNS])
    after: Cursor | None = None
    while True:
        async with database.acquire() as conn:
            found = await nurturing.listed(conn, wanted, after=after, limit=AT_ONCE)
        if found:
            yield _written(_row(each) for each in found)
        if len(found) < AT_ONCE:
            break
        after = Cursor(found[-1]["since"], found[-1]["contact_id"])
    if left_since is not None:
        async with database.acquire() as conn:
            gone = await nurturing.left_since(conn, left_since)
        yield _written(_gone(each) for each in gone)


def _row(place: Mapping[str, Any]) -> list[str]:
    told = {**place, **{name: place["profile"].get(name) for name in TOLD_FIELDS}, "state": "in"}
    return [_cell(told.get(name)) for name in COLUMNS]


def _gone(place: Mapping[str, Any]) -> list[str]:
    told = {**place, "state": "left", "reason": LEFT_WORDS[Left(place["left_because"])]}
    return [_cell(told.get(name)) for name in COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return shown(value.isoformat() if isinstance(value, datetime) else str(value))


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


class NurturingFile:
    """Writes the day's file once its hour has come. Begun again after a crash, it is written whole again."""

    def __init__(self, runtime: Runtime, folder: Path | None) -> None:
        self._runtime = runtime
        self._folder = folder
        self._rulebooks = RulebookCache()
        self._looked_at = float("-inf")

    async def work(self) -> None:
        """Write today's, if it is due and not written; looks at most every LOOK_EVERY."""
        if self._runtime.clock.monotonic() - self._looked_at < LOOK_EVERY.total_seconds():
            return
        due = await self._due() if self._folder is not None else None
        if due is not None and self._folder is not None:
            day, now, since = due
            await self._write(self._folder, day, now, since)
            _forget(self._folder, day)
        self._looked_at = self._runtime.clock.monotonic()

    async def _due(self) -> tuple[date, datetime, datetime] | None:
        """The day, now, and when the last file was written."""
        database = self._runtime.database
        async with database.transaction() as conn:
            history = await self._rulebooks.history(conn)
            if not len(history):
                return None
            now: datetime = await database.clock.now(conn)
            rulebook = history.at(now).rulebook
            last = await nurturing.last_file(conn)
        policy = rulebook.nurturing
        day = day_due(now, rulebook, policy.csv if policy else None)
        if day is None or (last is not None and last[0] >= day):
            return None
        return day, now, last[1] - OVERLAP if last else now - timedelta(days=1)

    async def _write(self, folder: Path, day: date, now: datetime, since: datetime) -> None:
        written = -1  # the head is no row
        with _new_file(folder, day) as to:
            async for piece in lines(self._runtime.database, Listed(only_handed=True), since):
                to.write(piece)
                written += piece.count("\r\n")
            to.flush()
            os.fsync(to.fileno())
        _put_in_place(folder, day)
        async with self._runtime.database.transaction() as conn:
            await nurturing.note_file(conn, day, now, written)
        _log.info("nurturing list written", day=day.isoformat(), rows=written)


def _file(folder: Path, day: date) -> Path:
    return folder / f"{PREFIX}{day.isoformat()}{SUFFIX}"


def _new_file(folder: Path, day: date) -> TextIO:
    """A file beside the one to come, readable for its owner alone; what a crash has left there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    new = _file(folder, day).with_suffix(".new")
    new.unlink(missing_ok=True)
    return os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
    )


def _put_in_place(folder: Path, day: date) -> None:
    file = _file(folder, day)
    file.with_suffix(".new").replace(file)


def day_due(now: datetime, rulebook: Rulebook, settings: NurturingCsv | None) -> date | None:
    """The day whose file may be written, in the company's time zone; None before its hour, or without one."""
    if settings is None:
        return None
    local = now.astimezone(ZoneInfo(rulebook.time_zone))
    return local.date() if local.hour >= settings.hour else None


def _forget(folder: Path, day: date) -> None:
    oldest = f"{PREFIX}{(day - timedelta(days=KEPT_DAYS)).isoformat()}{SUFFIX}"
    for file in folder.glob(f"{PREFIX}*{SUFFIX}"):
        if file.name < oldest:
            file.unlink(missing_ok=True)
