"""What a lead lacks to be an SQL: its fit and interest beside what the scorecard asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from baton_cli.client import Client
from baton_cli.stack import Service
from rulebook.models import Scorecard

_ASKED = {
    "perfect": (True, True),
    "warm": (True, False),
    "curious": (False, True),
    "cold": (False, False),
}
"""Whether fit and interest are high in each quadrant."""


@dataclass(frozen=True)
class Lack:
    """A score that is below what is needed; both 0 to 100."""

    dimension: str
    has: int
    needed: int

    def __str__(self) -> str:
        return f"{self.dimension} {self.has}, {self.needed} needed"


def scorecard_of(client: Client, version: int, line: str) -> Scorecard | None:
    """The scorecard of a line in a version of the rulebook. Raises what the client raises."""
    published = client.get(Service.SCORING, f"/v1/rulebooks/{version}")
    card: dict[str, Any] | None = published["rulebook"]["scorecards"].get(line)
    return None if card is None else Scorecard.model_validate(card)


def ways_to_sql(card: Scorecard, fit: int, interest: int) -> list[tuple[Lack, ...]]:
    """What must rise for the lead to be an SQL, the shortest ways only; none where no rise helps."""
    scores = (("fit", fit, card.fit_threshold), ("interest", interest, card.interest_threshold))
    ways: list[tuple[Lack, ...]] = []
    for quadrant in card.sql_quadrants:
        is_asked = _ASKED[quadrant.value]
        if any(has >= needed and not asked for (_, has, needed), asked in zip(scores, is_asked, strict=True)):
            continue  # it would have to fall
        ways.append(
            tuple(
                Lack(name, has, needed)
                for (name, has, needed), asked in zip(scores, is_asked, strict=True)
                if asked and has < needed
            )
        )
    return [way for way in dict.fromkeys(ways) if not any(set(other) < set(way) for other in ways)]


def in_words(ways: Iterable[tuple[Lack, ...]]) -> str:
    """`fit 35, 50 needed and interest 10, 50 needed`, several ways with `or` between them."""
    return "; or ".join(" and ".join(map(str, way)) for way in ways)
