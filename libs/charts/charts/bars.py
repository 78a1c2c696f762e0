"""Bars beside each other, one group a label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from charts.svg import BESIDE, GRID, MAIN, OTHER, QUIET, bar, line, svg, text

COLOURS = (BESIDE, MAIN, OTHER)
"""Of the series in order: at most so many."""
WIDTH, ROW, LEFT, RIGHT = 720, 16, 190, 70
LETTER, NARROW, LONGEST = 7.5, 6.6, 36
"""Pixels that a letter takes on average, a little more, and one of a figure; letters of a label, beyond which
it is cut."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of bars: a name, and a figure for each label; one below 0 has no length, None no bar."""

    name: str
    figures: Sequence[float | None]


def rows_of_bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    say: Callable[[float], str] | None = None,
    desc: str = "",
    width: float = WIDTH,
) -> str:
    """Bars that lie; `say` writes the figure behind each."""
    say = say or _short
    most, left = _most(series), _room(labels)
    said = [[say(figure) if figure is not None else "" for figure in each.figures] for each in series]
    behind = max([RIGHT, *(12 + NARROW * len(each) for row in said for each in row)])
    group = ROW * len(series) + 10
    body = [_legend(series)]
    for at, label in enumerate(labels):
        top = 36 + at * group
        body.append(text(left - 8, top + group / 2, _cut(label), anchor="end"))
        for place, each in enumerate(series):
            figure = each.figures[at]
            if figure is None:
                continue
            long = max((width - left - behind) * figure / most, 0.5)
            y = top + place * ROW
            body.append(bar(left, y, long, ROW - 3, COLOURS[place]))
            body.append(text(left + long + 6, y + 11, said[place][at], size=11, fill=QUIET))
    return svg(width, 40 + group * len(labels), title, body, desc)


def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars that stand."""
    most = _most(series)
    left, top, tall = 60, 40, 180
    wide = (WIDTH - left - 20) / max(1, len(labels))
    body = [_legend(series)]
    for step in range(5):
        y = top + tall - tall * step / 4
        body.append(line(left, y, WIDTH - 20, y, GRID))
        body.append(text(left - 6, y + 4, _short(most * step / 4), anchor="end", size=11, fill=QUIET))
    for at, label in enumerate(labels):
        thick = (wide - 4) / len(series)
        for place, each in enumerate(series):
            height = max(tall * (each.figures[at] or 0) / most, 0)
            x = left + at * wide + 2 + place * thick
            body.append(bar(x, top + tall - height, max(1.0, thick - 1), height, COLOURS[place]))
        x = left + at * wide + wide / 2
        body.append(text(x, top + tall + 16, label, anchor="middle", size=11, fill=QUIET))
    return svg(WIDTH, top + tall + 30, title, body)


def _most(series: Sequence[Series]) -> float:
    return max((figure for each in series for figure in each.figures if figure), default=0) or 1


def _legend(series: Sequence[Series]) -> str:
    parts, x = [], float(LEFT)
    for at, each in enumerate(series):
        parts.append(bar(x, 8, 12, 12, COLOURS[at]))
        parts.append(text(x + 18, 19, each.name))
        x += 18 + LETTER * len(each.name) + 18
    return "".join(parts)


def _room(labels: Sequence[str]) -> float:
    """Where bars begin: right of the longest label."""
    return max(LEFT, 12 + LETTER * max((len(_cut(label)) for label in labels), default=0))


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 10 or figure == int(figure) else f"{figure:.2g}"
