"""Who changed what in intake, in a file that is only added to."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.journal import Journal
from service_kit.audit import Caller
from service_kit.audit_api import AuditAsked
from service_kit.auth_principal import SCOPES, Principal, Role
from service_kit.clock import ManualClock

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
EVA = Caller(Principal(Role.MANAGER, "eva", "eva", SCOPES[Role.MANAGER]), "manager:eva", "r-1")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "audit.jsonl", ManualClock(NOW))


async def test_entries_are_told_the_newest_first_and_by_pages(journal: Journal) -> None:
    for number in range(5):
        await journal.keep(EVA, "import.take", "import", number)
    first = await journal.newest(AuditAsked(limit=2))
    assert [each["object_id"] for each in first] == ["4", "3"]
    assert (first[0]["name"], first[0]["role"], first[0]["request_id"]) == ("manager:eva", "manager", "r-1")
    rest = await journal.newest(AuditAsked(before=first[-1]["id"], limit=10))
    assert [each["object_id"] for each in rest] == ["2", "1", "0"]
    assert await journal.newest(AuditAsked(object_id="1", action="import.start", limit=10)) == []
    assert await journal.newest(AuditAsked(since=datetime(2026, 3, 4, tzinfo=UTC), limit=10)) == []


async def test_a_line_that_a_crash_cut_hides_no_other(journal: Journal) -> None:
    assert await journal.newest(AuditAsked(limit=10)) == []
    await journal.keep(EVA, "import.take", "import", "before")
    with journal.file.open("ab") as file:
        file.write(b'{"at": "2026-03-03T')
    await Journal(journal.file, ManualClock(NOW)).keep(EVA, "spool.adopt", "spool", "after")
    found = await journal.newest(AuditAsked(limit=10))
    assert [each["object_id"] for each in found] == ["after", "before"]
    assert found[0]["id"] > found[1]["id"]


async def test_an_entry_that_the_disk_took_in_part_is_refused(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is nearly full takes a part and only then says so."""
    write, answers = os.write, [50]

    def nearly_full(handle: int, line: bytes) -> int:
        if not answers:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, line[: answers.pop()])

    monkeypatch.setattr("os.write", nearly_full)
    with pytest.raises(OSError, match="No space"):
        await journal.keep(EVA, "import.take", "import", "one")
    monkeypatch.undo()
    await journal.keep(EVA, "import.take", "import", "two")
    assert [each["object_id"] for each in await journal.newest(AuditAsked(limit=10))] == ["two"]


async def test_nobody_else_on_the_machine_reads_it(journal: Journal) -> None:
    await journal.keep(EVA, "import.take", "import", "one")
    assert journal.file.stat().st_mode & 0o077 == 0
