"""When a message is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.patience import Patience

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
PATIENCE = Patience()


def test_waits_grow_up_to_an_hour() -> None:
    waits = [PATIENCE.wait(attempts, lambda: 0.5).total_seconds() for attempts in (1, 2, 3, 7, 500)]
    assert waits == [5, 15, 45, 3600, 3600]


def test_chance_spreads_waits_by_a_fifth() -> None:
    assert PATIENCE.wait(1, lambda: 0.0) == timedelta(seconds=4)
    assert PATIENCE.wait(1, lambda: 1.0) == timedelta(seconds=6)


def test_a_receiver_that_asks_for_more_time_gets_it() -> None:
    end = NOW + timedelta(days=3)
    assert PATIENCE.next_try(NOW, 1, end, timedelta(minutes=2), lambda: 0.5) == NOW + timedelta(minutes=2)
    assert PATIENCE.next_try(NOW, 1, end, timedelta(0), lambda: 0.5) == NOW + timedelta(seconds=5)


def test_past_the_end_nothing_is_tried() -> None:
    assert PATIENCE.next_try(NOW, 7, NOW + timedelta(minutes=59), None, lambda: 0.5) is None


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_a_wait_is_never_shorter_than_the_first_nor_longer_than_the_longest(
    attempts: int, chance: float
) -> None:
    wait = PATIENCE.wait(attempts, lambda: chance)
    assert PATIENCE.first * 0.79 <= wait <= PATIENCE.longest * 1.21


@given(st.integers(1, 100), st.floats(0, 1))
def test_a_later_attempt_waits_no_less(attempts: int, chance: float) -> None:
    assert PATIENCE.wait(attempts, lambda: chance) <= PATIENCE.wait(attempts + 1, lambda: chance)


@given(
    st.integers(1, 100),
    st.timedeltas(timedelta(0), timedelta(days=4)),
    st.none() | st.timedeltas(timedelta(0), timedelta(hours=6)),
    st.floats(0, 1),
)
def test_the_next_try_is_ahead_within_the_time_and_no_sooner_than_asked(
    attempts: int, left: timedelta, asked: timedelta | None, chance: float
) -> None:
    end = NOW + left
    due = PATIENCE.next_try(NOW, attempts, end, asked, lambda: chance)
    wait = max(PATIENCE.wait(attempts, lambda: chance), asked or timedelta(0))
    assert due == (NOW + wait if NOW + wait <= end else None)
    assert due is None or (NOW < due <= end and (asked is None or due >= NOW + asked))
