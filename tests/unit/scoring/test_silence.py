"""When a form has been silent for too long, by its own pattern."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from scoring.domain.silence import Pattern, pattern_of, silence_of

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=MADRID)
Slots = list[tuple[datetime, int]]


def every(minutes: int, hours: Callable[[datetime], bool], weeks: int = 6) -> Slots:
    """A submission each so many minutes in the hours that are open."""

    def moments() -> Iterator[datetime]:
        at = MONDAY.astimezone(UTC)
        while at < MONDAY.astimezone(UTC) + timedelta(weeks=weeks):
            if hours(at.astimezone(MADRID)):
                yield at
            at += timedelta(minutes=minutes)

    return [(at, 1) for at in moments()]


def office(at: datetime) -> bool:
    return at.weekday() < 5 and 9 <= at.hour < 18


def first_alarm(slots: Slots, until: timedelta) -> datetime | None:
    """When silence is told if nothing comes after the last of `slots`, looked at each five minutes."""
    pattern, last = pattern_of(slots, MADRID), slots[-1][0]
    at = last
    while at < last + until:
        if silence_of(pattern, last, at) is not None:
            return at.astimezone(MADRID)
        at += timedelta(minutes=5)
    return None


def up_to(slots: Slots, moment: datetime) -> Slots:
    return [each for each in slots if each[0] <= moment]


TUESDAY_NOON = datetime(2026, 2, 17, 12, 0, tzinfo=MADRID)


def test_three_times_the_usual_silence_is_told() -> None:
    slots = up_to(every(60, office), TUESDAY_NOON)
    alarm = first_alarm(slots, timedelta(days=1))
    assert alarm is not None
    assert timedelta(hours=2, minutes=30) <= alarm - TUESDAY_NOON <= timedelta(hours=3, minutes=30)


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_nights_and_weekends_are_no_silence(minutes: int) -> None:
    friday_evening = datetime(2026, 2, 20, 18, 0, tzinfo=MADRID)
    alarm = first_alarm(up_to(every(minutes, office), friday_evening), timedelta(days=5))
    assert alarm is not None
    assert alarm.weekday() == 0
    assert alarm.hour >= 9


def test_a_busy_form_is_missed_within_the_hour() -> None:
    alarm = first_alarm(up_to(every(15, office), TUESDAY_NOON), timedelta(days=1))
    assert alarm is not None
    assert alarm - TUESDAY_NOON <= timedelta(hours=1)


def test_a_busy_form_through_its_usual_day_is_never_told() -> None:
    slots = every(30, office)
    pattern = pattern_of(up_to(slots, TUESDAY_NOON), MADRID)
    moments = [at for at, _ in slots if at > TUESDAY_NOON]
    for before, after in pairwise(moments):
        assert silence_of(pattern, before, after) is None


def test_a_form_that_comes_by_chance_is_not_told_every_day() -> None:
    """Poisson arrivals, eight a working day: over twenty weeks at most two false alarms."""
    chance = random.Random(7)
    slots = [each for each in every(15, office, weeks=28) if chance.random() < 8 / 36]
    alarms, pattern = 0, None
    for at in range(len(slots) // 3, len(slots) - 1):
        if pattern is None or at % 20 == 0:
            pattern = pattern_of(slots[: at + 1], MADRID)
        alarms += silence_of(pattern, slots[at][0], slots[at + 1][0]) is not None
    assert alarms <= 2


def by_chance(a_week: float, weeks: int, chance: random.Random) -> Slots:
    """Poisson arrivals at any hour."""
    at, end = MONDAY.astimezone(UTC), MONDAY.astimezone(UTC) + timedelta(weeks=weeks)
    found: Slots = []
    while (at := at + timedelta(weeks=chance.expovariate(a_week))) < end:
        found.append((at, 1))
    return found


@pytest.mark.parametrize("a_week", [3, 5])
def test_a_form_that_rarely_brings_anything_is_told_wrongly_once_a_year_at_most(a_week: int) -> None:
    """Twelve years of Poisson arrivals. The rule is made for one false alarm in two years."""
    years, alarms, looked = 12, 0, 0
    slots = by_chance(a_week, 52 * years, random.Random(8))
    for number in range(8 * a_week, len(slots) - 1):
        if number % 6 == 0:
            pattern = pattern_of(slots[number - 10 * a_week : number + 1], MADRID)
        if number < 8 * a_week + 6 or pattern is None:
            continue
        looked += 1
        before, after = slots[number][0], slots[number + 1][0]
        is_long = pattern.expected(before, after) >= pattern.least
        alarms += is_long and first_silence(pattern, before, after) is not None
    assert looked > 0.9 * len(slots)
    assert alarms <= years


def first_silence(pattern: Pattern, last: datetime, until: datetime) -> datetime | None:
    """When silence is told after `last`, looked at each six hours."""
    at = last
    while at < until:
        if silence_of(pattern, last, at) is not None:
            return at
        at += timedelta(hours=6)
    return None


def test_a_form_of_three_a_week_that_falls_silent_is_told_within_three_weeks() -> None:
    """In nineteen of twenty cases; where its last weeks brought fewer than two a week it is too rare."""
    chance, told = random.Random(3), 0
    for _ in range(40):
        slots = by_chance(3, 9, chance)
        pattern, last = pattern_of(slots, MADRID), slots[-1][0]
        told += silence_of(pattern, last, last + timedelta(days=21)) is not None
    assert told >= 38


def test_a_form_too_young_or_too_rare_is_never_told() -> None:
    young = every(60, office, weeks=3)
    assert pattern_of(young, MADRID) is None
    rare = [(MONDAY + timedelta(days=4 * n), 1) for n in range(14)]
    assert pattern_of(rare, MADRID) is None
    assert pattern_of([], MADRID) is None
    assert silence_of(None, MONDAY, MONDAY + timedelta(days=300)) is None


def test_the_clock_change_makes_no_alarm() -> None:
    """On 29 March 2026 clocks go forward in Madrid; the hours of the office stay the company's own."""
    slots = every(60, office, weeks=11)
    sunday = datetime(2026, 3, 29, 23, 0, tzinfo=MADRID)
    pattern = pattern_of(up_to(slots, sunday), MADRID)
    last = up_to(slots, sunday)[-1][0]
    assert silence_of(pattern, last, datetime(2026, 3, 30, 9, 0, tzinfo=MADRID)) is None


def test_another_weekday_has_its_own_pattern() -> None:
    """Saturdays bring one in the morning, other days one an hour."""

    def open_(at: datetime) -> bool:
        return office(at) or (at.weekday() == 5 and at.hour == 10)

    slots = up_to(every(60, open_), datetime(2026, 2, 21, 10, 0, tzinfo=MADRID))
    alarm = first_alarm(slots, timedelta(days=4))
    assert alarm is not None
    assert alarm.weekday() == 0
