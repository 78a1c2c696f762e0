"""Calls a second of worktime.add over an hour and over a year, beside a plain walk from day to day.

Run from the repository: python bench/worktime_add.py
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from worktime import Calendar

ZONE = ZoneInfo("Europe/Madrid")
SHIFTS = ((time(9), time(14)), (time(16), time(19)))
HOLIDAYS = frozenset({date(2026, 1, 1), date(2026, 5, 1), date(2026, 12, 25)})
CALENDAR = Calendar.from_dict(
    {
        "tz": ZONE.key,
        "week": {
            day: [["09:00", "14:00"], ["16:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
        },
        "holidays": [day.isoformat() for day in sorted(HOLIDAYS)],
    }
)
START = datetime(2026, 2, 3, 10, 17, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEAR = CALENDAR.elapsed(START, START + timedelta(days=365))
REPEATS = 5


def day_walk(start: datetime, budget: timedelta) -> datetime:
    """The same due time found by walking over the days, as one would write it first."""
    day = start.astimezone(ZONE).date()
    while True:
        if day.weekday() < 5 and day not in HOLIDAYS:
            for opening, closing in SHIFTS:
                begin = max(datetime.combine(day, opening, ZONE).astimezone(UTC), start)
                end = datetime.combine(day, closing, ZONE).astimezone(UTC)
                if begin < end:
                    if budget <= end - begin:
                        return begin + budget
                    budget -= end - begin
        day += timedelta(days=1)


def calls_per_second(add: Callable[[datetime, timedelta], datetime], budget: timedelta, calls: int) -> float:
    """Best of several runs, each from starts a minute apart, so that no answer repeats."""
    starts = [START + timedelta(minutes=n) for n in range(calls)]
    best = float("inf")
    for _ in range(REPEATS):
        begin = perf_counter()
        for start in starts:
            add(start, budget)
        best = min(best, perf_counter() - begin)
    return calls / best


def main() -> None:
    away = CALENDAR.without(
        [(START + timedelta(days=7 * n), START + timedelta(days=7 * n + 2)) for n in range(50)]
    )
    for budget in (HOUR, YEAR):
        if CALENDAR.add(START, budget) != day_walk(START, budget):
            raise SystemExit("the walk and worktime.add disagree; fix that before timing either")
    rows = [
        (
            "worktime.add",
            calls_per_second(CALENDAR.add, HOUR, 50_000),
            calls_per_second(CALENDAR.add, YEAR, 50_000),
        ),
        (
            "  with 50 absences",
            calls_per_second(away.add, HOUR, 50_000),
            calls_per_second(away.add, YEAR, 50_000),
        ),
        ("walk by day", calls_per_second(day_walk, HOUR, 2_000), calls_per_second(day_walk, YEAR, 50)),
    ]
    print(f"{'calls/s':<20}{'one hour':>12}{'one year':>12}{'hour:year':>12}")
    for name, hour, year in rows:
        print(f"{name:<20}{hour:>12,.0f}{year:>12,.0f}{hour / year:>11.2f}x")
    print(f"over the walk: {rows[0][1] / rows[2][1]:.1f}x an hour, {rows[0][2] / rows[2][2]:.0f}x a year")


if __name__ == "__main__":
    main()
