"""When a rep whom a clock keeps from leads may take one: to the minute, over changes of the clock too."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from router.domain.chances import comes_first_at, next_place
from router.domain.roster import Load
from tests.unit.router.pools import make_rep

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_IS_FULL: dict[str, Any] = {"per_day": 1}
WEEK_IS_FULL: dict[str, Any] = {"per_week": 1}
OFFICE = [["09:00", "18:00"]]
ALL_DAY = [["00:00", "24:00"]]


def local(zone: str, moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "limits", "shifts", "now", "then"),
    [
        pytest.param(
            "Europe/Lisbon", DAY_IS_FULL, ALL_DAY, "2026-03-28T23:00", "2026-03-29T00:00", id="before spring"
        ),
        pytest.param(
            "Europe/Lisbon",
            DAY_IS_FULL,
            ALL_DAY,
            "2026-03-29T12:00",
            "2026-03-30T00:00",
            id="a day of 23 hours",
        ),
        pytest.param(
            "Europe/Lisbon", DAY_IS_FULL, ALL_DAY, "2026-10-25T00:30", "2026-10-26T00:00", id="one of 25"
        ),
        pytest.param(
            "Europe/Lisbon", WEEK_IS_FULL, ALL_DAY, "2026-10-20T09:00", "2026-10-26T00:00", id="a longer week"
        ),
        pytest.param(
            "Europe/Lisbon", WEEK_IS_FULL, OFFICE, "2026-03-27T17:00", "2026-03-30T09:00", id="and shorter"
        ),
        pytest.param(
            "Europe/Lisbon", {}, OFFICE, "2026-03-28T20:00", "2026-03-29T09:00", id="it opens on the new time"
        ),
        pytest.param(
            "Europe/Lisbon", {}, OFFICE, "2026-10-24T20:00", "2026-10-25T09:00", id="and on the old one"
        ),
        pytest.param(
            "America/Sao_Paulo", DAY_IS_FULL, ALL_DAY, "2026-03-29T12:00", "2026-03-30T00:00", id="no change"
        ),
        pytest.param(
            "America/Sao_Paulo", WEEK_IS_FULL, OFFICE, "2026-10-20T12:00", "2026-10-26T09:00", id="nor here"
        ),
        pytest.param(
            "Asia/Beirut",
            DAY_IS_FULL,
            ALL_DAY,
            "2026-03-28T12:00",
            "2026-03-29T01:00",
            id="no midnight",
        ),
    ],
)
def test_a_limit_ends_with_the_local_day_or_week_and_hours_begin_by_the_local_clock(
    zone: str, limits: dict[str, Any], shifts: list[list[str]], now: str, then: str
) -> None:
    hours = {"tz": zone, "week": dict.fromkeys(DAYS, shifts)}
    rep = make_rep("ana", hours=hours, document={"tz": zone}, **limits)
    found = next_place(rep, Load(today=1, this_week=1), local(zone, now).astimezone(UTC))
    assert found is not None
    assert found.astimezone(UTC) == local(zone, then).astimezone(UTC)


def test_of_both_limits_the_week_lasts_longer() -> None:
    rep = make_rep("ana", hours={"tz": "UTC", "week": dict.fromkeys(DAYS, ALL_DAY)}, per_day=1, per_week=1)
    now = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert next_place(rep, Load(today=1, this_week=1), now) == datetime(2026, 3, 9, tzinfo=UTC)


def test_no_clock_frees_who_is_only_full() -> None:
    rep = make_rep("ana", hours={"tz": "UTC", "week": dict.fromkeys(DAYS, ALL_DAY)}, capacity=1)
    assert next_place(rep, Load(open=1), datetime(2026, 3, 3, 9, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("absence", "comes"),
    [
        pytest.param(None, True, id="nobody said anything"),
        pytest.param(((3, 12), (3, 20)), True, id="it is over before the evening"),
        pytest.param(((3, 12), (4, 7)), False, id="away now"),
        pytest.param(((4, 0), (4, 12)), False, id="away when the hours begin"),
        pytest.param(((4, 14), (4, 16)), True, id="away later that day"),
    ],
)
def test_who_is_away_now_or_when_hours_begin_does_not_come_first(
    absence: tuple[tuple[int, int], tuple[int, int]] | None, comes: bool
) -> None:
    spans = [tuple(datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in absence)] if absence else []
    document = {"tz": "UTC", "absences": [[moment.isoformat() for moment in span] for span in spans]}
    hours = {"tz": "UTC", "week": dict.fromkeys(DAYS, OFFICE)}
    rep = make_rep("ana", hours=hours, absences=spans, document=document)
    found = comes_first_at(rep, datetime(2026, 3, 3, 21, 0, tzinfo=UTC))
    assert found == (datetime(2026, 3, 4, 9, 0, tzinfo=UTC) if comes else None)
