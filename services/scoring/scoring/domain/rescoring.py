"""What a new version of the rulebook means for leads that stand, and what scoring them again showed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rulebook.models import Rulebook
from scoring.domain.leads import Lead


class Bearing(StrEnum):
    """What a change of the rulebook changes for the leads of a line."""

    NOTHING = "nothing"
    POINTS = "points"  # those whose score, quadrant or stage becomes another are told
    WORTH = "worth"  # what every lead is worth or said to be may become another: each is told


def bearing(before: Rulebook, after: Rulebook, line: str) -> Bearing:
    """What lies between two versions for a line's leads. One without a scorecard now keeps its scores."""
    if line not in after.scorecards:
        return Bearing.NOTHING
    if _beside(before, line) != _beside(after, line):
        return Bearing.WORTH
    return Bearing.POINTS if gives_other_points(before, after, line) else Bearing.NOTHING


def gives_other_points(before: Rulebook, after: Rulebook, line: str) -> bool:
    """Whether a line's leads are given other points, or stand elsewhere by them, under one than the other."""
    return bool(_points(before, line) != _points(after, line))


def _points(rulebook: Rulebook, line: str) -> Any:
    card = rulebook.scorecards.get(line)
    return None if card is None else card.model_dump(exclude={"value", "personas"})


def _beside(rulebook: Rulebook, line: str) -> Any:
    """What is told beside fit and interest: what a lead is worth, whom the rep talks to, how far that is."""
    card = rulebook.scorecards.get(line)
    if card is None:
        return None
    stages = {form: each.buyer_stage for form, each in rulebook.forms.items() if each.buyer_stage}
    acts = {rule.id: rule.buyer_stage for rule in card.signals if rule.buyer_stage}
    return card.value, rulebook.currency if card.value else None, card.personas, stages, acts


@dataclass(frozen=True, slots=True)
class Order:
    """The leads of a line are to be scored again; with `is_told` each of them is published."""

    line: str
    is_told: bool


def orders(versions: Iterable[Rulebook]) -> list[Order]:
    """What is to be scored again after these versions came into force one after the other, the first having
    been seen to already. A line that changed there and back again counts: leads came in between."""
    first, *later = versions
    if not later:
        return []
    found = []
    for line in later[-1].scorecards:
        before, bearings = first, set[Bearing]()
        for each in later:
            bearings.add(bearing(before, each, line))
            before = each
        if bearings - {Bearing.NOTHING}:
            found.append(Order(line, Bearing.WORTH in bearings))
    return found


Standing = tuple[int, int, str, str]
"""Fit, interest, quadrant, stage."""


def standing(lead: Lead) -> Standing:
    """Where a lead stands."""
    return lead.fit, lead.interest, lead.quadrant.value, lead.stage.value


@dataclass(slots=True)
class Tally:
    """What a chunk came to. `moved`: by where from and where to, of those in another quadrant or stage."""

    seen: int = 0
    changed: int = 0
    published: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    set_aside: list[Mapping[str, str]] = field(default_factory=list)

    def add(self, before: Standing, after: Standing, *, is_published: bool) -> None:
        """One lead was scored again."""
        self.seen += 1
        self.changed += before != after
        self.published += is_published
        if before[2:] != after[2:]:
            self.moved[f"{before[2]} {before[3]} > {after[2]} {after[3]}"] += 1

    def put_aside(self, lead: Lead, why: str) -> None:
        """One lead could not be scored: it keeps the score that it has."""
        self.seen += 1
        self.set_aside.append({"lead_id": str(lead.id), "reason": why})

    @property
    def outcomes(self) -> dict[str, int]:
        """By what became of each."""
        aside = len(self.set_aside)
        return {
            "published": self.published,
            "same": self.seen - self.published - aside,
            "set_aside": aside,
        }
