"""How well a learned scorecard tells leads apart, and what its rules weigh, drawn."""

from collections.abc import Sequence

import numpy as np

from charts.svg import GRID, INK, MAIN, OTHER, QUIET, bar, dot, line, path, svg, text, upright
from lead_events.words import Quadrant
from scorecard_training.columns import Codes, Floats
from scorecard_training.measures import CalibrationBin
from scorecard_training.stability import Standing
from scorecard_training.validation import QuadrantRow
from scorecard_training.wording import WordedRule

COLOURS = {
    Quadrant.PERFECT: "#2f855a",
    Quadrant.WARM: "#d69e2e",
    Quadrant.CURIOUS: "#5a67d8",
    Quadrant.COLD: "#8795a6",
}


def quadrant_chart(rows: Sequence[QuadrantRow]) -> str:
    """Fit to the right, interest upward; each quadrant with its share won and how many leads it holds."""
    places = {
        Quadrant.CURIOUS: (0, 0),
        Quadrant.PERFECT: (1, 0),
        Quadrant.COLD: (0, 1),
        Quadrant.WARM: (1, 1),
    }
    total = sum(row.rows for row in rows)
    body = []
    for row in rows:
        column, level = places[row.quadrant]
        x, y = 60 + column * 250, 20 + level * 150
        body += [
            bar(x, y, 242, 142, COLOURS[row.quadrant], 0.16),
            bar(x, y + 136, 242 * row.rate.value, 6, COLOURS[row.quadrant]),
            text(x + 14, y + 28, row.quadrant.value, bold=True, size=15),
            text(x + 14, y + 78, f"{row.rate.value:.1%} won", bold=True, size=26),
            text(x + 14, y + 102, f"95 % interval {row.rate.low:.1%} to {row.rate.high:.1%}", fill=QUIET),
            text(x + 14, y + 122, f"{row.rows:,} leads, {row.rows / max(1, total):.0%} of all", fill=QUIET),
        ]
    body += [
        text(306, 338, "fit →", anchor="middle", fill=QUIET),
        upright(40, 166, "interest →"),
    ]
    return svg(570, 350, "Share of leads won in each quadrant", body)


def _frame(left: float, top: float, side: float, across: str, upward: str, dashed: str) -> list[str]:
    """Shares in both directions, and the dashed line with what it means."""
    body = [
        line(left, top + side, left + side, top, QUIET, 1, "4 4"),
        text(left + side, top + side - 8, f"dashed: {dashed}", anchor="end", size=11, fill=QUIET),
    ]
    for step in range(6):
        at = step / 5
        body += [
            line(left, top + side * (1 - at), left + side, top + side * (1 - at)),
            text(left - 6, top + side * (1 - at) + 4, f"{at:.0%}", anchor="end", size=11, fill=QUIET),
            text(left + side * at, top + side + 16, f"{at:.0%}", anchor="middle", size=11, fill=QUIET),
        ]
    body += [
        text(left + side / 2, top + side + 36, across, anchor="middle", fill=QUIET),
        upright(left - 44, top + side / 2, upward),
    ]
    return body


def calibration_chart(bins: Sequence[CalibrationBin]) -> str:
    """Promised chance to the right, share won upward; on the dashed line a promise is kept."""
    left, top, side = 60, 42, 280
    title = "Promised chances and what came of them"
    body = [
        text(left - 30, 22, title, bold=True),
        *_frame(left, top, side, "promised chance, a tenth of all leads each", "share won", "as promised"),
    ]
    points = [(left + side * each.promised, top + side * (1 - each.won)) for each in bins]
    body.append(path(points, MAIN))
    body += [dot(x, y, MAIN) for x, y in points]
    return svg(370, 372, title, body)


def gains_chart(scores: Floats, outcome: Codes) -> str:
    """Best leads first: the share of all leads to the right, the share of all won leads upward."""
    left, top, side = 60, 42, 280
    title = "Won leads among the best scored"
    body = [
        text(left - 30, 22, title, bold=True),
        *_frame(left, top, side, "share of all leads, best first", "share of all won", "in any order"),
    ]
    caught = np.cumsum(outcome[np.argsort(-scores, kind="stable")]) / outcome.sum()
    at = np.linspace(0, 1, 61)[1:]
    ends = np.clip((at * outcome.size).astype(int) - 1, 0, outcome.size - 1)
    points = [(left, top + side)] + [
        (left + side * float(x), top + side * (1 - float(caught[end])))
        for x, end in zip(at, ends, strict=True)
    ]
    body.append(path(points, MAIN))
    return svg(370, 372, title, body)


def points_chart(rules: Sequence[WordedRule], standings: Sequence[Standing]) -> str:
    """Every rule's points on an axis, with the span of nine in ten resamples."""
    widest = max(
        [
            20,
            *(
                max(abs(s.low), abs(s.high), abs(r.learned.points))
                for r, s in zip(rules, standings, strict=True)
            ),
        ]
    )
    middle, scale, step = 620.0, 180 / widest, 24
    end = 20 + step * len(rules)
    body = []
    mark = next((each for each in (10, 20, 50, 100) if each * 4 > widest), 200)
    for at in range(-(widest // mark) * mark, widest + 1, mark):
        x = middle + at * scale
        body.append(line(x, 10, x, end, GRID if at else QUIET))
        body.append(text(x, end + 16, f"{at:+d}" if at else "0", anchor="middle", size=11, fill=QUIET))
    legend = "points; the thin line: in nine of ten resamples"
    body.append(text(middle, end + 36, legend, anchor="middle", fill=QUIET))
    for number, (rule, standing) in enumerate(zip(rules, standings, strict=True)):
        y, points = 16 + step * number, rule.learned.points
        colour = MAIN if points > 0 else OTHER
        x = middle + min(0, points) * scale
        body += [
            text(430, y + 13, _cut(rule.reason), anchor="end", size=12),
            bar(x, y + 2, abs(points) * scale, 14, colour, 0.75),
            line(middle + standing.low * scale, y + 9, middle + standing.high * scale, y + 9, INK, 1.5),
            text(850, y + 13, f"{points:+d}", anchor="end", bold=True),
        ]
    return svg(860, end + 46, "Points of each rule", body)


def _cut(said: str, most: int = 56) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"
