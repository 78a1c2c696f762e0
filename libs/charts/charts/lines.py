"""Lines over equal steps, such as days: a gap where there is no figure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10

from charts.svg import BESIDE, GRID, MAIN, OTHER, QUIET, dot, line, path, svg, text

COLOURS, DASHES = (MAIN, OTHER, BESIDE), ("", "", "6 4")
"""Of the series in order: at most so many."""
HIGH, TOP, RIGHT, STEPS = 190, 38, 14, 4
LETTER = 7.2
"""Pixels that a letter takes on average, a little more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a name, and a figure for each label; None is a gap. `dashed`: what was meant to be, beside
    what is."""

    name: str
    figures: Sequence[float | None]
    dashed: bool = False


def lines(
    title: str,
    labels: Sequence[str],
    series: Sequence[Line],
    *,
    say: Callable[[float], str] = "{:g}".format,
    desc: str = "",
    width: float = 560,
    step: float | None = None,
) -> str:
    """Lines over `labels`, thinned out where they have no room. `say` writes a figure on the axis, which goes
    below 0 where a figure does. `step`: from one mark to the next, above 0; None: by the figures."""
    marks = _marks([figure for each in series for figure in each.figures if figure is not None], step)
    said, low, whole = [say(mark) for mark in marks], marks[0], marks[-1] - marks[0]
    left = 14 + LETTER * max(map(len, said))
    wide = width - left - RIGHT
    body = [_legend(series), *_grid(said, left, width), *_axis(labels, left, wide)]
    step = wide / max(1, len(labels) - 1)
    for place, each in enumerate(series):
        points = [
            (left + at * step, TOP + HIGH - HIGH * (figure - low) / whole) if figure is not None else None
            for at, figure in enumerate(each.figures)
        ]
        body.extend(_drawn(points, COLOURS[place], DASHES[2] if each.dashed else ""))
    return svg(width, TOP + HIGH + 28, title, body, desc)


def _marks(figures: Sequence[float], size: float | None) -> list[float]:
    """Where the axis has its marks: from 0 in STEPS, and as many below 0 as the figures need."""
    most, least = max(figures, default=0), min(figures, default=0)
    if size is None and least >= 0:
        return [_round_up(most) * step / STEPS for step in range(STEPS + 1)]
    size = size or _round_up(max(most, -least)) / STEPS
    first, last = -ceil(max(0, -least) / size), max(0, ceil(most / size))
    return [size * step for step in range(first, max(last, first + 1) + 1)]


def _round_up(most: float) -> float:
    """The end of the axis: 1, 2, 2.5, 4, 5 or 8 times a power of ten, at least `most`."""
    if most <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= most * (1 - 1e-9))


def _legend(series: Sequence[Line]) -> str:
    parts, x = [], 4.0
    for place, each in enumerate(series):
        parts.append(line(x, 15, x + 22, 15, COLOURS[place], 3, DASHES[2] if each.dashed else ""))
        parts.append(text(x + 28, 19, each.name))
        x += 28 + LETTER * len(each.name) + 16
    return "".join(parts)


def _grid(marks: Sequence[str], left: float, width: float) -> Iterator[str]:
    for step, mark in enumerate(marks):
        y = TOP + HIGH - HIGH * step / (len(marks) - 1)
        yield line(left, y, width - RIGHT, y, GRID)
        yield text(left - 6, y + 4, mark, anchor="end", size=12, fill=QUIET)


def _axis(labels: Sequence[str], left: float, wide: float) -> Iterator[str]:
    step = wide / max(1, len(labels) - 1)
    room = LETTER * max((len(label) for label in labels), default=1) + 8
    every = max(1, ceil(room / step)) if step else 1
    for at in range(0, len(labels), every):
        yield text(left + at * step, TOP + HIGH + 19, labels[at], anchor="middle", size=12, fill=QUIET)


def _drawn(points: Sequence[tuple[float, float] | None], colour: str, dash: str) -> Iterator[str]:
    """Each stretch without a gap as a line; a figure between two gaps as a point."""
    for is_there, stretch in groupby(points, key=lambda point: point is not None):
        known = [point for point in stretch if point is not None]
        if not is_there:
            continue
        if len(known) > 1:
            yield path(known, colour, dash)
        else:
            yield dot(*known[0], colour, 3)
