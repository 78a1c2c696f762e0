"""An instance counts what it accepts, and reports the numbers it took back."""

import tracemalloc

from intake.domain.receipts import Numbering
from lead_events import Receipt


def test_numbers_run_from_one_without_gaps() -> None:
    numbering = Numbering("a")
    assert [numbering.take().number for _ in range(3)] == [1, 2, 3]


def test_a_voided_number_is_reported_by_the_next_record() -> None:
    numbering = Numbering("a")
    numbering.void(numbering.take())
    assert numbering.take().voided == [1]
    assert numbering.take().voided == []


def test_what_a_voided_record_would_have_reported_is_not_lost() -> None:
    numbering = Numbering("a")
    numbering.void(numbering.take())
    numbering.void(numbering.take())
    assert sorted(numbering.take().voided) == [1, 2]


def test_a_long_outage_is_reported_in_pieces() -> None:
    numbering = Numbering("a")
    for _ in range(700):
        numbering.void(numbering.take())
    reported: list[int] = []
    for _ in range(3):
        reported += numbering.take().voided
    assert sorted(reported) == list(range(1, 701))


def test_after_a_long_outage_a_number_costs_no_more_than_before() -> None:
    numbering = Numbering("one")
    for _ in range(100_000):
        numbering.void(Receipt(instance="one", number=1))
    tracemalloc.start()
    try:
        numbering.take()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000  # bytes: a copy of what waits would take eight times that
