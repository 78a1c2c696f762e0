"""What is told of a learned scorecard, as tables: the terminal and the page show the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scorecard_training.history import Part
from scorecard_training.training import Trained, parts_told


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, the names of columns, and rows of text; `note` says how to read it."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def tables(trained: Trained) -> list[Table]:
    """All of them, in the order to read them."""
    found = [leak_table(trained), figure_table(trained), quadrant_table(trained), rule_table(trained)]
    found += [calibration_table(trained), left_out_table(trained)]
    return [table for table in found if table.rows]


def leak_table(trained: Trained) -> Table:
    """Columns refused, and why."""
    rows = [
        (leak.column, "leak" if leak.is_sure else "suspect", f"{leak.auc:.2f}", leak.why)
        for leak in trained.leaks
    ]
    note = (
        "Found by what is in them, not by their names. If you know that one is filled in before sales "
        "touches a lead, keep it with --keep COLUMN."
    )
    return Table(
        "Left out: it looks as if sales filled them in", ("column", "", "AUC alone", "why"), rows, note
    )


def figure_table(trained: Trained) -> Table:
    """How good it is on leads it had not seen."""
    found = trained.validation
    rows = [
        ("AUC, fit and interest together", str(found.auc)),
        ("AUC, fit alone", str(found.auc_fit)),
        ("AUC, interest alone", str(found.auc_interest)),
        *((f"lift of the best {depth:.0%}", f"{value:.2f} times") for depth, value in found.lifts.items()),
        ("promised chances off by, on average", f"{found.calibration_error:.1%}"),
        ("Brier score", f"{found.brier:.4f}"),
        ("leads, won", f"{found.rows:,}, {found.won / found.rows:.1%}"),
        ("scored alike by the engine of live leads", f"{trained.agreement.leads:,} leads"),
    ]
    return Table("On leads it had not seen", ("figure", "value (95 % interval)"), rows, f"{found.how}.")


def quadrant_table(trained: Trained) -> Table:
    """What became of the leads of each quadrant."""
    total = trained.validation.rows
    rows = [
        (
            row.quadrant.value,
            f"{row.rows:,}",
            f"{row.rows / total:.0%}",
            f"{row.won:,}",
            f"{row.rate.value:.1%}",
            f"{row.rate.low:.1%}-{row.rate.high:.1%}",
        )
        for row in trained.validation.quadrants
    ]
    card = trained.card.dimensions
    note = (
        f"Fit is high from {card[Part.FIT].threshold} on, interest from {card[Part.INTEREST].threshold} on."
    )
    columns = ("quadrant", "leads", "share", "won", "share won", "95 % interval")
    return Table("Conversion by quadrant", columns, rows, note)


def rule_table(trained: Trained) -> Table:
    """Every rule, and how sure its points are."""
    rows = []
    for rule, standing in zip(trained.rules, trained.standings, strict=True):
        learned = rule.learned
        rows.append(
            (
                str(learned.part),
                rule.reason,
                f"{learned.points:+d}",
                f"{standing.low:+d} to {standing.high:+d}",
                f"{standing.same_sign:.0%}",
                f"{standing.found_again}/{standing.of_cards}",
                f"{learned.rows:,}",
                f"{learned.won / max(1, learned.rows):.0%}",
                f"{standing.auc_lost:.3f}",
            )
        )
    columns = (
        "part",
        "rule",
        "points",
        "9 of 10 resamples",
        "same sign",
        "folds",
        "leads",
        "won",
        "AUC lost without",
    )
    note = (
        "10 points double the odds. Folds: in how many of the tested scorecards the column has a rule, too."
    )
    return Table("Rules", columns, rows, note)


def calibration_table(trained: Trained) -> Table:
    """Promised chances and what came."""
    rows = [
        (f"{number}", f"{each.rows:,}", f"{each.promised:.1%}", f"{each.won:.1%}")
        for number, each in enumerate(trained.validation.calibration, 1)
    ]
    return Table("Calibration", ("tenth", "leads", "promised", "won"), rows)


def left_out_table(trained: Trained) -> Table:
    """Columns that no rule can use."""
    return Table("Of no use to a rule", ("column", "why"), list(trained.left_out.items()))


def document(trained: Trained) -> dict[str, Any]:
    """The same for machines."""
    found = trained.validation
    return {
        "source": trained.source,
        "tested": found.how,
        "leads": found.rows,
        "won": found.won,
        "auc": _interval(found.auc),
        "auc_fit": _interval(found.auc_fit),
        "auc_interest": _interval(found.auc_interest),
        "lift": {f"{depth:.0%}": round(value, 4) for depth, value in found.lifts.items()},
        "brier": round(found.brier, 5),
        "calibration_error": round(found.calibration_error, 5),
        "calibration": [
            [each.rows, round(each.promised, 4), round(each.won, 4)] for each in found.calibration
        ],
        "quadrants": {
            row.quadrant.value: {"leads": row.rows, "won": row.won, "share_won": _interval(row.rate)}
            for row in found.quadrants
        },
        "leaks": [
            {"column": leak.column, "sign": str(leak.sign), "is_sure": leak.is_sure, "why": leak.why}
            for leak in trained.leaks
        ],
        "left_out": dict(trained.left_out),
        "columns": {str(part): names for part, names in parts_told(trained).items()},
        "rules": [_rule(trained, at) for at in range(len(trained.rules))],
    }


def _interval(found: Any) -> Mapping[str, float]:
    return {"value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def _rule(trained: Trained, at: int) -> dict[str, Any]:
    rule, standing = trained.rules[at], trained.standings[at]
    return {
        "id": rule.id,
        "part": str(rule.learned.part),
        "when": rule.when,
        "points": rule.learned.points,
        "leads": rule.learned.rows,
        "won": rule.learned.won,
        "points_low": standing.low,
        "points_high": standing.high,
        "same_sign": round(standing.same_sign, 3),
        "auc_lost": round(standing.auc_lost, 4),
    }
