"""How far PostgreSQL's archive is behind."""

from datetime import UTC, datetime, timedelta

import pytest

from service_kit.database_watch import archive_behind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("archived", "failed", "seconds", "why"),
    [
        (None, None, 0, "nothing is archived: no archive is set up"),
        (60, None, 0, "all was taken"),
        (60, 600, 0, "it failed, and went on since"),
        (3600, 30, 3600, "it fails, and last took something an hour ago"),
        (None, 30, 30, "it fails and has never taken anything"),
    ],
)
def test_an_archive_is_behind_since_it_last_took_something(
    archived: int | None, failed: int | None, seconds: int, why: str
) -> None:
    def ago(age: int | None) -> datetime | None:
        return None if age is None else NOW - timedelta(seconds=age)

    assert archive_behind(NOW, archived=ago(archived), failed=ago(failed)) == seconds, why
