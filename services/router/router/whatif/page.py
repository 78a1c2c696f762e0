"""The result of a replay as one HTML page: no script, nothing from outside, every chart as a table, too."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from charts.bars import Series, columns, rows_of_bars
from lead_events.money import minor_digits

SIDES = ("happened", "current", "draft")
NAMES = {"happened": "what happened", "current": "plan in force, replayed", "draft": "draft, replayed"}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1f2933;background:#f5f7f9;margin:0}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
section{background:#fff;border:1px solid #d9dee4;border-radius:8px;padding:1rem 1.25rem;margin:1rem 0}
section{overflow-x:auto}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:0 0 .5rem}
p.note{color:#52606d;margin:.25rem 0 .75rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:#52606d}
th,td{text-align:right;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e4e8ec}
th:first-child,td:first-child{text-align:left}
svg{max-width:100%;height:auto}
"""
Result = Mapping[str, Any]


def page(result: Result, *, period: str) -> str:
    """The whole page. `period`: which leads, in words."""
    sections = [
        _section("In short", _summary(result), note=_note(result)),
        _section("Leads of each rep", _reps(result, "by_rep", "Leads of each rep")),
        _section("Expected value of each rep", _values(result), note=_money_note(result)),
        _section("Fairness", _fairness(result), note=_FAIR),
        _section("Fairness within each pool", _pools(result)),
        _section("Wait until the first response", _waits(result)),
        _section("Breaches by the hour", _hours(result), note="The company's clock, when each fell due."),
        _section("Who would have whose leads", _changes(result["changed_by_plan"], result), note=_CHANGES),
        _section("Beside what happened", _changes(result["changed_from_fact"], result)),
        _section("Leads that nobody has", _nobody(result)),
    ]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Another plan</title><style>{_STYLE}</style></head><body><main>",
            "<h1>Past leads through another plan</h1>",
            f"<p class='note'>{escape(period)}</p>",
            *sections,
            "</main></body></html>",
        ]
    )


_FAIR = (
    "For a unit of each rep's weight. Gini: 0, all have the same; near 1, one has all. Gap: the most less "
    "the least. Reps of different pools have different leads to share: the next table is the one to judge by."
)
_CHANGES = "Both plans replayed by the same model and the same luck, so what differs is the plan's doing."


def _section(heading: str, body: str, note: str = "") -> str:
    told = f"<p class='note'>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(heading)}</h2>{told}{body}</section>"


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    told = f"<caption>{escape(caption)}</caption>"
    return f"<table>{told}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _sides(caption: str, first: str, rows: Sequence[Sequence[object]]) -> str:
    return _table(caption, [first, *(NAMES[side] for side in SIDES)], rows)


def _note(result: Result) -> str:
    counts, left = result["counts"], result.get("left_out", {})
    told = (
        f"{counts.get('leads', 0):,} leads, {counts.get('erased', 0):,} of them erased since: of those the "
        f"rules know line and source only. Left out: {left.get('of_imports', 0):,} of imports, "
        f"{left.get('found_by_reps', 0):,} that reps found, {left.get('tests', 0):,} tests. Reps begin "
        "without leads in hand. What the plan in force comes to when replayed differs from what happened by "
        "the error of the model."
    )
    errors = result["rules_in_error"]
    listed = ", ".join(f"{rule} ({number:,})" for rule, number in errors.items())
    return f"{told} Rules of the draft in error: {listed}." if errors else told


def _summary(result: Result) -> str:
    rows = [
        ("leads with a promise", "with_promise", _number),
        ("promise broken by a rep", "breached", _number),
        ("share of them", "breach_share", _share),
        ("answered later than promised, from the lead's arrival", "late_for_buyer", _number),
        ("late answer foreseen when given", "foreseen_late", _number),
        ("deadline went before the turn", "deadline_overruled_turn", _number),
        ("given to another rep later", "reassigned", _number),
    ]
    told = [[name, *(say(result[side][key]) for side in SIDES)] for name, key, say in rows]
    for name, key in (("median", "median"), ("nine in ten within", "p90")):
        for kind, words in (("wait_wall", "wall time"), ("wait_working", "working time")):
            told.append([f"wait, {name}, {words}", *(_length(result[side][kind][key]) for side in SIDES)])
    return _sides("Three ways beside each other", "", told)


def _reps(result: Result, key: str, title: str, divisor: int = 1) -> str:
    known = sorted({rep for side in SIDES for rep in result[side][key]})
    names = [result["reps"].get(rep, rep) for rep in known]
    series = [
        Series(NAMES[side], [result[side][key].get(rep, 0) / divisor for rep in known]) for side in SIDES
    ]
    rows = [[name, *(f"{each.figures[at]:,.0f}" for each in series)] for at, name in enumerate(names)]
    return rows_of_bars(title, names, series) + _sides(title, "rep", rows)


def _values(result: Result) -> str:
    return _reps(result, "value_by_rep", "Expected value of each rep", 10 ** minor_digits(result["currency"]))


def _money_note(result: Result) -> str:
    return f"In {result['currency']}. A lead without an expected value counts as nothing."


def _fairness(result: Result) -> str:
    unit = 10 ** minor_digits(result["currency"])
    rows = [
        ["Gini of leads", *(f"{result[side]['fairness']['gini_count']:.3f}" for side in SIDES)],
        ["gap of leads", *(f"{result[side]['fairness']['gap_count']:,.1f}" for side in SIDES)],
        ["Gini of expected value", *(f"{result[side]['fairness']['gini_value']:.3f}" for side in SIDES)],
        [
            f"gap of expected value, {result['currency']}",
            *(f"{result[side]['fairness']['gap_value'] / unit:,.0f}" for side in SIDES),
        ],
    ]
    return _sides("Over all reps", "", rows)


def _pools(result: Result) -> str:
    unit = 10 ** minor_digits(result["currency"])
    rows = [
        [
            f"{found['name']}, {NAMES[side]}",
            f"{found['leads']:,}",
            f"{found['gini_count']:.3f}",
            f"{found['gap_count']:,.1f}",
            f"{found['gini_value']:.3f}",
            f"{found['gap_value'] / unit:,.0f}",
        ]
        for pool in sorted({*result["current"]["pools"], *result["draft"]["pools"]})
        for side in ("current", "draft")
        if (found := result[side]["pools"].get(pool)) is not None
    ]
    head = ["pool", "leads", "Gini of leads", "gap", "Gini of value", f"gap, {result['currency']}"]
    return _table("Per pool", head, rows)


def _waits(result: Result) -> str:
    parts = []
    for key, words in (("wait_wall", "Wall time"), ("wait_working", "Working time of who answered")):
        labels = list(result["draft"][key]["ladder"])
        series = [
            Series(NAMES[side], [result[side][key]["ladder"][name] for name in labels]) for side in SIDES
        ]
        rows = [[f"up to {name}" if at < len(labels) - 1 else name] for at, name in enumerate(labels)]
        told = [[*row, *(f"{each.figures[at]:,.0f}" for each in series)] for at, row in enumerate(rows)]
        parts.append(columns(words, labels, series) + _sides(words, "wait", told))
    return "".join(parts)


def _hours(result: Result) -> str:
    labels = [f"{hour:02}" for hour in range(24)]
    series = [Series(NAMES[side], result[side]["breaches_by_hour"]) for side in SIDES]
    rows = [[label, *(f"{each.figures[at]:,.0f}" for each in series)] for at, label in enumerate(labels)]
    title = "Breaches by the hour"
    return columns(title, labels, series) + _sides(title, "hour", rows)


def _changes(changed: Mapping[str, Any], result: Result) -> str:
    def name(rep: str | None) -> str:
        return result["reps"].get(rep, rep) if rep is not None else "nobody"

    rows = [[name(each["from"]), name(each["to"]), f"{each['leads']:,}"] for each in changed["pairs"]]
    told = f"{changed['leads']:,} of {changed['of']:,} leads would have another rep"
    return _table(told, ["from", "to", "leads"], rows)


def _nobody(result: Result) -> str:
    reasons = sorted({reason for side in SIDES for reason in result[side]["with_nobody"]})
    rows = [
        [reason.replace("_", " "), *(f"{result[side]['with_nobody'].get(reason, 0):,}" for side in SIDES)]
        for reason in reasons
    ]
    return _sides("By why", "reason", rows or [["none", 0, 0, 0]])


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for name, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"
