"""How much of each goal is reached: a bar a goal, with a mark at the goal itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from charts.svg import BESIDE, GRID, INK, MAIN, OTHER, bar, line, svg, text

ROW, STEP, RIGHT, LETTER, LONGEST, LEGEND = 16, 30, 92, 7.2, 30, 26


@dataclass(frozen=True, slots=True)
class Meter:
    """`share` of the goal, None where there is nothing to say yet; `said`: what stands behind the bar.
    `is_first` is of the one side, else of the other: they have a colour each."""

    label: str
    share: float | None
    said: str
    is_first: bool = True


def meters(
    title: str, rows: Sequence[Meter], *, sides: Sequence[str] = (), desc: str = "", width: float = 560
) -> str:
    """Bars of shares; one beyond 125 % is cut there, and its figure says how much it is. `sides`: what the
    two colours are."""
    left = 14 + LETTER * max((len(_cut(row.label)) for row in rows), default=0)
    unit = (width - left - RIGHT) / 1.25
    body, top = [_legend(sides)], 8 + (LEGEND if sides else 0)
    for at, row in enumerate(rows):
        y = top + at * STEP
        colour = BESIDE if row.share is None else MAIN if row.is_first else OTHER
        long = unit * min(1.25, row.share or 0.0)
        body.append(text(left - 8, y + 13, _cut(row.label), anchor="end"))
        body.append(bar(left, y, unit * 1.25, ROW, GRID, 0.55))
        body.append(bar(left, y, max(long, 0.5), ROW, colour))
        body.append(line(left + unit, y - 4, left + unit, y + ROW + 4, INK, 2))
        body.append(text(left + unit * 1.25 + 8, y + 13, row.said))
    return svg(width, top + len(rows) * STEP, title, body, desc)


def _legend(sides: Sequence[str]) -> str:
    parts, x = [], 4.0
    for side, colour in zip(sides, (MAIN, OTHER), strict=False):
        parts += [bar(x, 4, 12, 12, colour), text(x + 18, 15, side)]
        x += 18 + LETTER * len(side) + 16
    return "".join(parts)


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
