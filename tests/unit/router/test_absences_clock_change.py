"""Part days on the night when an hour comes twice."""

from datetime import UTC, datetime

import pytest

from router.domain.absences import entry

NOW = datetime(2026, 10, 1, tzinfo=UTC)
FIRST, SECOND = "2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00"
"""Forty minutes apart in Madrid: half past two in summer time, ten past two in winter time."""


def test_an_absence_over_the_hour_that_comes_twice_is_taken() -> None:
    made = entry(
        datetime.fromisoformat(FIRST),
        datetime.fromisoformat(SECOND),
        reason="away",
        tz="Europe/Madrid",
        now=NOW,
    )
    assert (made["from"], made["until"]) == (FIRST, SECOND)


def test_one_that_ends_before_it_begins_is_refused_though_the_clock_on_the_wall_says_later() -> None:
    with pytest.raises(ValueError, match="write a later moment"):
        entry(
            datetime.fromisoformat(SECOND),
            datetime.fromisoformat(FIRST),
            reason="away",
            tz="Europe/Madrid",
            now=NOW,
        )
