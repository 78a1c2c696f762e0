"""From rows of past leads to a scorecard, its file and all that is known of how good it is.

`train` is the whole way for rows from anywhere: a file, or the store of past leads.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np

from scorecard_training.card_file import card_text
from scorecard_training.engine import Agreement, check_agreement
from scorecard_training.history import History, Part
from scorecard_training.leakage import Leak, find_leaks
from scorecard_training.points import MOST_RULES, Card, learn
from scorecard_training.preparation import Prepared, Question, prepare
from scorecard_training.reading import Row
from scorecard_training.refusals import CannotTrain, no_column
from scorecard_training.stability import Standing, standings
from scorecard_training.validation import Validation, validate
from scorecard_training.wording import WordedRule, worded

SEED = 20_260
MOST_RESCORED = 400
"""So many leads are scored by the engine as well."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to learn. `keep`: columns a person vouches for; `mean_deal`: in the company's currency."""

    keep: Collection[str] = ()
    most_rules: int = MOST_RULES
    mean_deal: Decimal | None = None
    seed: int = SEED


@dataclass(frozen=True)
class Trained:
    """A learned scorecard. `text` is its file; `left_out` are columns no rule can use, with the reason."""

    text: str
    card: Card
    rules: list[WordedRule]
    standings: list[Standing]
    validation: Validation
    leaks: list[Leak]
    prepared: Prepared
    left_out: Mapping[str, str]
    history: History
    agreement: Agreement
    source: str
    learned_on: date
    kept_by_hand: Sequence[str] = field(default_factory=list)


def train(rows: Iterable[Row], question: Question, options: Options, *, source: str, today: date) -> Trained:
    """Learn a scorecard from rows that name their columns, one a past lead.

    `source` says in words where they come from. Raises CannotTrain, with what to do instead.
    """
    prepared = prepare(rows, question)
    names = [column.name for column in prepared.history.columns]
    for name in options.keep:
        if name not in names:
            raise no_column(name, names)
    leaks = find_leaks(prepared.history, options.keep)
    history = _learnable(prepared, leaks)
    validation = validate(history, options.seed, options.most_rules)
    card = learn(history, options.most_rules)
    if not card.rules:
        raise CannotTrain(
            "no column that is left tells won leads from the others: add columns, or more leads"
            + (f". Left out as leaks: {', '.join(leak.column for leak in leaks)}" if leaks else "")
        )
    rules = worded(card, history.columns)
    told = f"{source}: {len(history):,} leads, {history.share_won:.1%} won"
    text = card_text(
        card,
        rules,
        history.columns,
        learned_on=today,
        source=told,
        validation=validation,
        leaks=leaks,
        mean_deal=options.mean_deal,
    )
    return Trained(
        text,
        card,
        rules,
        standings(card, history, validation.cards, options.seed),
        validation,
        leaks,
        prepared,
        _left_out(prepared),
        history,
        check_agreement(text, card, prepared.history.columns, _sample(len(history), options.seed)),
        told,
        today,
        list(options.keep),
    )


def _learnable(prepared: Prepared, leaks: Sequence[Leak]) -> History:
    parts = {name: part for name, part in prepared.parts.items() if part is not None}
    gone = {leak.column for leak in leaks} | set(prepared.left_out)
    gone |= {column.name for column in prepared.history.columns if column.name not in parts}
    history = replace(prepared.history.without(gone), parts=parts)
    if not history.columns:
        told = "; ".join(f"`{leak.column}`: {leak.why}" for leak in leaks[:5])
        hint = f" Left out as leaks: {told}. --keep COLUMN keeps one." if leaks else ""
        raise CannotTrain(f"no column is left to learn from.{hint}")
    return history


def _left_out(prepared: Prepared) -> dict[str, str]:
    """Columns that were to be used and cannot be."""
    return {name: why for name, why in prepared.left_out.items() if prepared.parts.get(name) is not None}


def _sample(rows: int, seed: int) -> list[int]:
    draw = np.random.default_rng(seed)
    return sorted(int(row) for row in draw.choice(rows, min(rows, MOST_RESCORED), replace=False))


def parts_told(trained: Trained) -> dict[Part, list[str]]:
    """The columns learned from, by part."""
    names = [column.name for column in trained.history.columns]
    return {part: [name for name in names if trained.history.parts[name] is part] for part in Part}
