"""The learned scorecard as YAML that a person reads, checks and edits."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from textwrap import wrap

import yaml

from scorecard_training.columns import Column, Kind
from scorecard_training.history import Part
from scorecard_training.leakage import Leak
from scorecard_training.points import Card
from scorecard_training.validation import Validation
from scorecard_training.wording import WordedRule

WIDE = 100


def card_text(
    card: Card,
    rules: Sequence[WordedRule],
    columns: Sequence[Column],
    *,
    learned_on: date,
    source: str,
    validation: Validation,
    leaks: Sequence[Leak],
    mean_deal: Decimal | None = None,
) -> str:
    """The whole file. `source` says what it was learned from, in words."""
    lines = ["# yaml-language-server: $schema=../.schemas/scorecard.schema.json"]
    lines += _comment(
        f"Learned on {learned_on} from {source}. 10 points double the odds that a lead is won, whichever "
        "rule gives them; a lead begins with the base, the usual answer of each question gives nothing."
    )
    lines += _comment(f"On leads it had not seen ({validation.how}): AUC {validation.auc}, fit alone "
                      f"{validation.auc_fit.value:.3f}, interest alone {validation.auc_interest.value:.3f}, "
                      f"lift of the best 20 % {validation.lifts[0.2]:.2f}.")  # fmt: skip
    lines += _leak_lines(leaks)
    lines += _number_lines(rules, columns)
    lines += _comment(
        "Edit it as any scorecard; then these figures are no longer its own. Interest learned from a table "
        "has no dates of acts, so nothing here fades: add `half_life` where it should."
    )
    lines += _dimension(card, Part.FIT, rules)
    lines += _dimension(card, Part.INTEREST, rules)
    lines += _value(card, validation, mean_deal)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, WIDE, break_long_words=False, break_on_hyphens=False)]


def _leak_lines(leaks: Sequence[Leak]) -> list[str]:
    if not leaks:
        return []
    lines = ["# Left out, for it looks as if they were filled in after sales touched the lead:"]
    return lines + [f"#   {_one_line(leak.column)}: {_one_line(leak.why)}" for leak in leaks]


def _number_lines(rules: Sequence[WordedRule], columns: Sequence[Column]) -> list[str]:
    used = {rule.learned.column for rule in rules}
    numbers = [
        column.reads
        for column in columns
        if column.name in used and column.kind is Kind.NUMBER and column.reads.startswith("lead.attributes")
    ]
    if not numbers:
        return []
    return _comment(f"Map these as numbers in the form (`as: number`): {', '.join(numbers)}.")


def _dimension(card: Card, part: Part, rules: Sequence[WordedRule]) -> list[str]:
    each = card.dimensions[part]
    own = [rule for rule in rules if rule.learned.part is part]
    lines = [
        "",
        f"{part}_base: {each.base}",
        f"{part}_full: {each.full}",
        f"{part}_threshold: {each.threshold}",
    ]
    if not own:
        return [*lines, *_comment(f"No column of {part} told won leads from the others."), f"{part}: []"]
    lines.append(f"{part}:")
    for rule in own:
        learned = rule.learned
        share = learned.won / learned.rows if learned.rows else 0.0
        lines += [
            f"  # {learned.rows:,} leads, {share:.0%} won",
            f"  - id: {_scalar(rule.id)}",
            *_when(rule.when),
            f"    points: {learned.points}",
            f"    reason: {_scalar(_one_line(rule.reason))}",
        ]
    return lines


def _when(condition: str) -> list[str]:
    if len(condition) <= WIDE:
        return [f"    when: {_scalar(condition)}"]
    pieces, line = list[str](), ""
    for piece in condition.replace("', '", "',\x00'").replace(" && ", "\x00&& ").split("\x00"):
        if line and len(line) + len(piece) > WIDE:
            pieces.append(line)
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    return ["    when: >-", *(f"      {each}" for each in [*pieces, line])]


def _value(card: Card, validation: Validation, mean_deal: Decimal | None) -> list[str]:
    intercept, fit, interest = card.curve
    rates = ", ".join(
        f"{row.quadrant.value} {row.rate.value:.0%} of {row.rows:,}" for row in validation.quadrants
    )
    lines = ["", *_comment(f"Won by quadrant, on leads it had not seen: {rates}.")]
    block = [
        "value:",
        f"  mean_deal: {mean_deal if mean_deal is not None else 1000}",
        f"  logistic: {{intercept: {intercept}, fit: {fit}, interest: {interest}}}",
    ]
    if mean_deal is not None:
        return lines + block
    lines += _comment(
        "The chance that a lead is won, by its two scores. Write your mean deal and take off the #:"
    )
    return lines + [f"# {line}" for line in block]


def _scalar(text: str) -> str:
    """A text as YAML writes it on one line."""
    return yaml.safe_dump(text, allow_unicode=True, width=100_000).removesuffix("...\n").strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
