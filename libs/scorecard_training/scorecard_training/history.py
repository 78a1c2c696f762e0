"""Past leads ready to learn from: columns, the outcome, the part each column belongs to, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecard_training.columns import Codes, Column, Floats


class Part(StrEnum):
    """Which of the two questions a column answers: who they are, or how much they want us now."""

    FIT = "fit"
    INTEREST = "interest"


@dataclass(frozen=True)
class History:
    """`outcome` is 1 for a lead that was won. `moments`: seconds since 1970, None without dates."""

    columns: tuple[Column, ...]
    outcome: Codes
    parts: Mapping[str, Part]
    moments: Floats | None = None

    def __len__(self) -> int:
        return self.outcome.size

    def rows(self, chosen: NDArray[Any]) -> "History":
        """The same history of some leads only."""
        return History(
            tuple(column.rows(chosen) for column in self.columns),
            self.outcome[chosen],
            self.parts,
            None if self.moments is None else self.moments[chosen],
        )

    def without(self, names: Iterable[str]) -> "History":
        """The same history less some columns."""
        gone = set(names)
        return replace(self, columns=tuple(each for each in self.columns if each.name not in gone))

    @property
    def share_won(self) -> float:
        """The share of all leads that were won."""
        return float(self.outcome.mean())


def joined_codes(codes: Sequence[Codes]) -> Codes:
    """One code for each combination of several."""
    found = np.zeros(codes[0].size, np.int64)
    for each in codes:
        _, found = np.unique(found * (each.max() + 2) + each + 1, return_inverse=True)
    return found
