"""When a message is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

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
