"""Columns that know the outcome are found by what is in them; honest ones are left alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from scorecard_training.leakage import Leak, Sign, find_leaks
from tests.unit.scorecard_training.histories import history_of, past_leads, won_of

ROWS = past_leads(2000)
WON = won_of(ROWS)
Fill = Callable[[np.random.Generator, int], Any]


def leaks(fill: Fill, name: str = "q7", keep: tuple[str, ...] = ()) -> dict[str, Leak]:
    """What is found with one more column, filled from each lead's outcome."""
    draw = np.random.default_rng(5)
    history = history_of(ROWS, **{name: [fill(draw, won) for won in WON]})
    return {leak.column: leak for leak in find_leaks(history, keep)}


def noisy(share: float) -> Fill:
    """The outcome told as two letters, wrong in a share of rows."""
    return lambda draw, won: "ab"[won if draw.random() > share else 1 - won]


def often(won: float, lost: float, value: str) -> Fill:
    """A value in a share of the won leads and of the others, else nothing."""
    return lambda draw, is_won: value if draw.random() < (won if is_won else lost) else ""


def stage(draw: np.random.Generator, won: int) -> str:
    """Most leads stand where anybody may, some where only the outcome leads."""
    if draw.random() < 0.25:
        return "contract sent" if won else "wrong number"
    return str(draw.choice(["rang once", "wrote", "rang twice"]))


def note(draw: np.random.Generator, won: int) -> str:
    return "invoice" if won and draw.random() < 0.3 else str(draw.choice(["p", "q", "r"]))


@pytest.mark.parametrize(
    ("sentence", "fill", "sign"),
    [
        ("a copy of the outcome that is wrong in 5 %", noisy(0.05), Sign.SEPARATES),
        ("one that is wrong in 15 %", noisy(0.15), Sign.STANDS_OUT),
        (
            "an amount that is higher for those won",
            lambda d, won: f"{won + d.normal(0, 0.4):.3f}",
            Sign.SEPARATES,
        ),
        ("filled in for some of those won only", often(0.3, 0, "A-17"), Sign.FILLED_TELLS),
        ("why it was lost", often(0, 0.5, "price"), Sign.FILLED_TELLS),
        ("a stage with ends that tell", stage, Sign.BOTH_ENDS),
        ("one value that only those won have", note, Sign.ONE_OUTCOME),
        (
            "a date of the contract",
            lambda d, won: f"2025-11-{d.integers(10, 28)}" if won else "",
            Sign.FILLED_TELLS,
        ),
    ],
)
def test_what_was_filled_in_afterwards_is_named_with_its_sign(sentence: str, fill: Fill, sign: Sign) -> None:
    found = leaks(fill)
    assert list(found) == ["q7"], sentence
    assert found["q7"].sign is sign
    assert found["q7"].why


@pytest.mark.parametrize("seed", range(6))
def test_honest_columns_are_left_alone(seed: int) -> None:
    assert find_leaks(history_of(past_leads(1200, seed))) == []


def test_a_name_that_sounds_like_a_result_is_no_sign() -> None:
    draw = np.random.default_rng(1)
    assert leaks(lambda _, __: draw.choice(["yes", "no"]), name="converted_after_sales_call") == {}


def test_one_very_good_source_of_few_leads_is_no_leak() -> None:
    def source(draw: np.random.Generator, won: int) -> str:
        return "friend" if draw.random() < (0.12 if won else 0.002) else str(draw.choice(["ads", "fair"]))

    assert leaks(source) == {}


def test_a_time_of_last_change_that_lies_later_for_those_won_is_named_and_the_date_of_coming_is_not() -> None:
    draw = np.random.default_rng(3)
    came = [
        datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=int(day)) for day in draw.integers(0, 300, WON.size)
    ]
    changed = [
        day + timedelta(days=float(draw.exponential(30 if won else 6)))
        for day, won in zip(came, WON, strict=True)
    ]
    history = history_of(ROWS, a=[day.isoformat() for day in came], b=[day.isoformat() for day in changed])
    assert [(leak.column, leak.sign) for leak in find_leaks(history)] == [("b", Sign.LATER)]


def test_what_is_filled_in_on_the_same_rows_as_leaks_and_a_coarser_copy_of_one_are_named_too() -> None:
    draw = np.random.default_rng(4)
    there = draw.random(WON.size) < 0.5
    score = [
        str(9 - 6 * won + draw.integers(0, 3)) if here else "" for won, here in zip(WON, there, strict=True)
    ]
    band = [("low" if int(text) < 6 else "high") if text else "" for text in score]
    other = [str(draw.choice(["x", "y"])) if here else "" for here in there]
    found = {leak.column for leak in find_leaks(history_of(ROWS, score=score, band=band, other=other))}
    assert found == {"score", "band", "other"}


def test_a_column_that_somebody_vouches_for_is_kept() -> None:
    assert leaks(noisy(0.05), keep=("q7",)) == {}


def test_a_leak_hides_no_other() -> None:
    draw = np.random.default_rng(9)
    copies = {f"k{at}": [noisy(0.05 * at)(draw, won) for won in WON] for at in (1, 2, 3)}
    assert {"k1", "k2", "k3"} <= {leak.column for leak in find_leaks(history_of(ROWS, **copies))}
