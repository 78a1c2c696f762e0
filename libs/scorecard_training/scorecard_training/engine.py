"""Leads scored by the engine that scores live ones, from the file that was written: both must agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import yaml

from rulebook.cel import prepare_context
from rulebook.context import scoring_context
from rulebook.derived import DERIVED_FIELDS
from rulebook.models import Scorecard
from scorecard.compiled import compile_scorecard
from scorecard.score import Facts, Origin, score
from scorecard_training.columns import Column
from scorecard_training.points import Card

NOBODY = UUID(int=0)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Disagreement(RuntimeError):
    """The file says other scores than were learned: do not use it, and report it with the file."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many leads were scored both ways, to the same fit, interest and without a rule in error."""

    leads: int


def parse_card(text: str) -> Scorecard:
    """A scorecard from its YAML."""
    return Scorecard.model_validate(yaml.safe_load(text))


def check_agreement(text: str, card: Card, columns: Sequence[Column], rows: Sequence[int]) -> Agreement:
    """Score these rows with the engine. Raises Disagreement at the first that comes out otherwise."""
    compiled = compile_scorecard(parse_card(text))
    learned = card.scores([column.rows(np.asarray(rows)) for column in columns])
    for at, row in enumerate(rows):
        values = scoring_context(
            profile_of(columns, row),
            form="",
            source="",
            campaign=None,
            line="main",
            submissions=1,
            asks=False,
        )
        origin = Origin("", prepare_context(values), NOBODY, LONG_AGO)
        found = score(compiled, Facts([origin], values), LONG_AGO).score
        errors = [each for each in found.contributions if each.error]
        if errors or (found.fit, found.interest) != (learned.fit[at], learned.interest[at]):
            told = f"{errors[0].rule}: {errors[0].error}" if errors else "points differ"
            raise Disagreement(
                f"row {row + 1}: learned {learned.fit[at]}/{learned.interest[at]}, "
                f"scored {found.fit}/{found.interest} ({told})"
            )
    return Agreement(len(rows))


def profile_of(columns: Sequence[Column], row: int) -> dict[str, Any]:
    """A past lead as a profile."""
    profile: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column in columns:
        if column.is_missing[row] or not column.reads or column.reads.removeprefix("lead.") in DERIVED_FIELDS:
            continue
        value = column.literals[column.codes[row]]
        if column.is_numeric:
            value = float(column.numbers[row])
        elif isinstance(value, str):
            value = value.strip()
        holder, name = _place(column.reads, profile, attributes)
        holder[name] = (
            int(value) if name == "employees" and holder is profile and column.is_numeric else value
        )
    return profile | {"attributes": attributes}


def _place(reads: str, profile: dict[str, Any], attributes: dict[str, Any]) -> tuple[dict[str, Any], str]:
    if reads.startswith("lead.attributes["):
        return attributes, reads.partition("[")[2][1:-2]
    if reads.startswith("lead.attributes."):
        return attributes, reads.removeprefix("lead.attributes.")
    return profile, reads.removeprefix("lead.")
