"""A scorecard learned from 10,000 made-up leads of 40 columns: screened for leaks, learned and tested."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from scorecard_training.preparation import Question
from scorecard_training.reading import Row
from scorecard_training.training import Options, train

ROWS, COLUMNS = 10_000, 40


@dataclass(frozen=True)
class Result:
    rows: int
    columns: int
    seconds: float
    auc: float
    rules: int


def measure() -> Result:
    """From rows in memory to the scorecard's text and all figures about it."""
    rows = made_up_leads(ROWS, COLUMNS)
    start = time.perf_counter()
    today = datetime(2026, 1, 1, tzinfo=UTC).date()
    trained = train(rows, Question("won"), Options(), source="made up", today=today)
    return Result(
        ROWS, COLUMNS, time.perf_counter() - start, trained.validation.auc.value, len(trained.rules)
    )


def made_up_leads(rows: int, columns: int, seed: int = 7) -> list[Row]:
    """Half numbers with gaps, half answers of 3 to 30 kinds; every third column says something."""
    draw = np.random.default_rng(seed)
    log_odds = np.full(rows, -1.2)
    table: dict[str, list[str]] = {}
    for number in range(columns):
        weight = 0.5 if number % 3 == 0 else 0.0
        if number % 2:
            amounts = draw.gamma(1.0 + number / 10, 40.0, rows)
            log_odds += weight * (np.log1p(amounts) - np.log1p(amounts).mean())
            gone = draw.random(rows) < 0.1
            table[f"amount {number}"] = [
                "" if empty else f"{amount:.1f}" for amount, empty in zip(amounts, gone, strict=True)
            ]
        else:
            kinds = 3 + number * 27 // columns
            answers = draw.integers(0, kinds, rows)
            log_odds += weight * draw.normal(0, 1, kinds)[answers]
            table[f"answer {number}"] = [f"answer {answer}" for answer in answers]
    won = draw.random(rows) < 1 / (1 + np.exp(-log_odds))
    table["won"] = ["yes" if each else "no" for each in won]
    return [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]
