"""Bars of parts: how a whole is made up, a bar a label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charts.svg import INK, QUIET, bar, svg, text

COLOURS = ("#1d6fb8", "#c0562b", "#8795a6", "#2f7d4f", "#7a4fa3", "#b8860b", "#3d4852", "#9fc5e8")
"""Of the parts in order; further ones begin anew."""
ROW, GAP, RIGHT, LETTER = 18, 10, 84, 7.2
LONGEST = 30


@dataclass(frozen=True, slots=True)
class PartSeries:
    """One part: a name, and how much of it each label has, none below 0."""

    name: str
    figures: Sequence[float]


def bars_of_parts(
    title: str,
    labels: Sequence[str],
    series: Sequence[PartSeries],
    *,
    say: Callable[[float], str] = "{:g}".format,
    desc: str = "",
    width: float = 720,
) -> str:
    """Bars that lie, their parts one after the other; `say` writes the whole behind each."""
    wholes = [sum(each.figures[at] for each in series) for at in range(len(labels))]
    most = max(wholes, default=0) or 1
    left = 14 + LETTER * max((len(_cut(label)) for label in labels), default=0)
    legend, top = _legend(series, width)
    body = [legend]
    for at, label in enumerate(labels):
        y = top + at * (ROW + GAP)
        body.append(text(left - 8, y + 13, _cut(label), anchor="end"))
        x = left
        for place, each in enumerate(series):
            wide = (width - left - RIGHT) * each.figures[at] / most
            if wide > 0:
                body.append(bar(x, y, wide, ROW, COLOURS[place % len(COLOURS)]))
            x += wide
        body.append(text(x + 6, y + 13, say(wholes[at]), size=12, fill=QUIET))
    return svg(width, top + len(labels) * (ROW + GAP) + 4, title, body, desc)


def _legend(series: Sequence[PartSeries], width: float) -> tuple[str, float]:
    """The names beside their colours, in as many lines as they need, and where the bars begin."""
    parts, x, y = [], 4.0, 8.0
    for place, each in enumerate(series):
        wide = 18 + LETTER * len(each.name) + 16
        if x + wide > width and x > 4:
            x, y = 4.0, y + 20
        parts.append(bar(x, y, 12, 12, COLOURS[place % len(COLOURS)]))
        parts.append(text(x + 18, y + 11, each.name, fill=INK))
        x += wide
    return "".join(parts), y + 28


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
