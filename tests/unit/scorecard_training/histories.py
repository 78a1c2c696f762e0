"""Made-up past leads: what they are and do says something of the outcome, and no column knows it."""

from typing import Any

import numpy as np

from scorecard_training.columns import Column, column_of
from scorecard_training.history import History
from scorecard_training.reading import Row
from scorecard_training.wording import reads_of

TITLES = ["Owner", "Sales director", "Operations manager", "Clerk", "Student"]
WORTH_OF_TITLE = [1.2, 0.9, 0.4, -0.5, -1.5]
TIMES = ["now", "this quarter", "this year", "just looking"]
WORTH_OF_TIME = [1.4, 0.6, -0.2, -1.2]
CHANNELS = ["ads", "organic", "fair", "partner"]


def past_leads(rows: int = 1500, seed: int = 1) -> list[dict[str, Any]]:
    """Rows as a CSV has them. Visits rise with the chance to win, employees from 50 on, gaps mean nothing."""
    draw = np.random.default_rng(seed)
    title, time = draw.integers(0, len(TITLES), rows), draw.integers(0, len(TIMES), rows)
    visits, employees = draw.poisson(4, rows), draw.integers(1, 400, rows)
    gone = draw.random(rows) < 0.15
    log_odds = (
        -0.9
        + np.array(WORTH_OF_TITLE)[title]
        + np.array(WORTH_OF_TIME)[time]
        + 0.35 * (visits - 4)
        + np.where(employees >= 50, 0.8, -0.8) * ~gone
    )
    won = draw.random(rows) < 1 / (1 + np.exp(-log_odds))
    day = draw.integers(0, 360, rows)
    return [
        {
            "job_title": TITLES[title[at]],
            "employees": "" if gone[at] else str(employees[at]),
            "Channel": CHANNELS[draw.integers(0, len(CHANNELS))],
            "timeline": TIMES[time[at]],
            "visits": str(visits[at]),
            "came": f"2025-{1 + day[at] // 30:02d}-{1 + day[at] % 28:02d}",
            "won": "yes" if won[at] else "no",
        }
        for at in range(rows)
    ]


def won_of(rows: list[dict[str, Any]]) -> Any:
    return np.array([int(row["won"] == "yes") for row in rows], np.int64)


def history_of(rows: list[dict[str, Any]], **extra: list[Any]) -> History:
    """For looking at columns; without parts."""
    names = [name for name in rows[0] if name not in ("won", "came")]
    columns = [column_of(name, [row[name] for row in rows], reads_of(name)) for name in names]
    columns += [column_of(name, values, reads_of(name)) for name, values in extra.items()]
    return History(tuple(columns), won_of(rows), {})


def with_column(rows: list[dict[str, Any]], name: str, values: list[Any]) -> list[Row]:
    return [row | {name: value} for row, value in zip(rows, values, strict=True)]


def scrambled(columns: tuple[Column, ...], seed: int) -> dict[str, str]:
    """New names that say nothing, in no order."""
    numbers = np.random.default_rng(seed).permutation(len(columns))
    return {column.name: f"c{number}" for column, number in zip(columns, numbers, strict=True)}
