"""The numbers of intake instances."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import NOTICE_RUN
from scoring.domain.receipts import GRACE, account, first_heard, grace_of, missing, size, spans

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sentence", "arrived", "up_to", "gaps"),
    [
        ("nothing arrived", [], 3, [(1, 4)]),
        ("all arrived", [(1, 4)], 3, []),
        ("a hole in the middle", [(1, 3), (5, 8)], 7, [(3, 5)]),
        ("the first is missing", [(2, 4)], 3, [(1, 2)]),
        ("later holes are not asked for", [(1, 3), (9, 12)], 5, [(3, 6)]),
        ("nothing is asked for", [(4, 6)], 0, []),
    ],
)
def test_gaps(sentence: str, arrived: list[tuple[int, int]], up_to: int, gaps: list[tuple[int, int]]) -> None:
    assert [gap for gap in missing(arrived, up_to) if gap[0] < gap[1]] == gaps, sentence


@given(st.sets(st.integers(1, 60)), st.integers(1, 60))
def test_what_arrived_and_what_is_missing_make_up_all_numbers(numbers: set[int], up_to: int) -> None:
    gaps = missing(spans(numbers), up_to)
    assert {n for first, after in gaps for n in range(first, after)} == set(range(1, up_to + 1)) - numbers
    assert size(spans(numbers)) == len(numbers)


def test_a_number_just_overtaken_is_not_lost_yet() -> None:
    heard = first_heard(3, START)
    books = account("i", spans([1, 3]), heard)
    assert (books.unaccounted, books.unknown, books.arrived) == (0, 1, 2)


def test_a_number_still_missing_when_the_instance_is_heard_again_is_unaccounted() -> None:
    heard = first_heard(3, START).hear(9, START + GRACE, read_up_to=START + GRACE)
    books = account("i", spans([1, 3, *range(4, 10)]), heard)
    assert (books.unaccounted, books.unknown, books.arrived) == (1, 0, 8)


def test_nothing_is_lost_while_a_partition_has_not_been_read_that_far() -> None:
    heard = first_heard(3, START).hear(9, START + GRACE, read_up_to=START + timedelta(seconds=5))
    assert account("i", spans([1, 3, 9]), heard).unaccounted == 0


def test_open_numbers_of_an_instance_that_fell_silent_stay_unknown() -> None:
    heard = first_heard(3, START).hear(3, START, read_up_to=START + timedelta(days=1))
    books = account("i", spans([1, 3]), heard)
    assert (books.unaccounted, books.unknown) == (0, 1)


def test_a_notices_number_may_arrive_until_its_lead_was_given_up() -> None:
    grace = grace_of(f"intake-0-1{NOTICE_RUN}")
    later = START + timedelta(days=10)
    heard = first_heard(3, START).hear(9, later, read_up_to=later, grace=grace)
    assert account("i", spans([1, 3, *range(4, 10)]), heard).unaccounted == 0
    heard = heard.hear(9, START + grace, read_up_to=START + grace, grace=grace)
    assert account("i", spans([1, 3, *range(4, 10)]), heard).unaccounted == 1
    assert grace_of("intake-0-1") == GRACE
