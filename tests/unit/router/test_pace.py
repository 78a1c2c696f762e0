"""How fast a rep answers, learned from when they do."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from router.domain.pace import LONGEST, SHORTEST, smoothed

MINUTE = timedelta(minutes=1)


def test_the_first_answer_is_the_pace_and_later_ones_move_it_by_a_fifth() -> None:
    first = smoothed(None, 10 * MINUTE)
    assert first == 10 * MINUTE
    assert smoothed(first, 20 * MINUTE) == 12 * MINUTE


def test_one_forgotten_report_makes_nobody_slow_for_a_week() -> None:
    slowed = smoothed(10 * MINUTE, timedelta(days=3))
    assert slowed == 10 * MINUTE + (LONGEST - 10 * MINUTE) * 0.2


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_a_pace_is_never_nothing_and_never_a_day(minutes: list[int]) -> None:
    pace: timedelta | None = None
    for each in minutes:
        pace = smoothed(pace, each * MINUTE)
        assert SHORTEST <= pace <= LONGEST
