"""How much of each goal is reached: a bar a goal, with a mark at the goal itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from charts.svg import BESIDE, GRID, INK, MAIN, OTHER, QUIET, bar, line, svg, text

ROW, STEP, RIGHT, LETTER, LONGEST, LEGEND = 16, 30, 92, 7.2, 30, 26
SMALL, SMALL_LETTER, MORE = 11, 5.8, 12
"""Of what stands below a label: its size, a letter's width, and the room that it takes."""


@dataclass(frozen=True, slots=True)
class Meter:
    """`share` of the goal, None where there is nothing to say yet; `said`: what stands behind the bar.
    `is_first` is of the one side, else of the other: they have a colour each. `more`: said small below the
    label."""

    label: str
    share: float | None
    said: str
    is_first: bool = True
    more: str = ""


def meters(
    title: str,
    rows: Sequence[Meter],
    *,
    sides: Sequence[str] = (),
    goal: str = "",
    desc: str = "",
    width: float = 560,
) -> str:
    """Bars of shares; one beyond 125 % is cut there, and its figure says how much it is. `sides`: what the
    two colours are; `goal`: what the mark is."""
    left = 14 + max(map(_room, rows), default=0)
    unit = (width - left - RIGHT) / 1.25
    body, y = [_legend(sides, goal)], 8.0 + (LEGEND if sides or goal else 0)
    for row in rows:
        colour = BESIDE if row.share is None else MAIN if row.is_first else OTHER
        long = unit * min(1.25, row.share or 0.0)
        body.append(text(left - 8, y + 13, _cut(row.label), anchor="end"))
        body.append(bar(left, y, unit * 1.25, ROW, GRID, 0.55))
        body.append(bar(left, y, max(long, 0.5), ROW, colour))
        body.append(line(left + unit, y - 4, left + unit, y + ROW + 4, INK, 2))
        body.append(text(left + unit * 1.25 + 8, y + 13, row.said))
        if row.more:
            body.append(text(left - 8, y + 26, _cut(row.more), anchor="end", size=SMALL, fill=QUIET))
        y += STEP + (MORE if row.more else 0)
    return svg(width, y, title, body, desc)


def _legend(sides: Sequence[str], goal: str) -> str:
    parts, x = [], 4.0
    for side, colour in zip(sides, (MAIN, OTHER), strict=False):
        parts += [bar(x, 4, 12, 12, colour), text(x + 18, 15, side)]
        x += 18 + LETTER * len(side) + 16
    if goal:
        parts += [line(x + 4, 2, x + 4, 18, INK, 2), text(x + 12, 15, goal)]
    return "".join(parts)


def _room(row: Meter) -> float:
    return max(LETTER * len(_cut(row.label)), SMALL_LETTER * len(_cut(row.more)))


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
