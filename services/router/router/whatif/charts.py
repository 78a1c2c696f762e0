"""Charts as SVG, without anything from outside. Each is followed by a table of the same figures in the page,
so that nobody depends on seeing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

INK, QUIET, GRID = "#1f2933", "#52606d", "#d9dee4"
COLOURS = ("#8795a6", "#1d6fb8", "#c0562b")
"""Of the series in order; told apart by lightness, too."""
WIDTH, ROW, LEFT, RIGHT = 720, 16, 190, 70


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of bars: a name, and a figure for each label."""

    name: str
    figures: Sequence[float]


def rows_of_bars(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars that lie, one group a label."""
    most = max((figure for each in series for figure in each.figures), default=0) or 1
    group = ROW * len(series) + 10
    height = 40 + group * len(labels)
    body = [_legend(series)]
    for at, label in enumerate(labels):
        top = 36 + at * group
        body.append(_text(LEFT - 8, top + group / 2, label, anchor="end"))
        for place, each in enumerate(series):
            width = (WIDTH - LEFT - RIGHT) * each.figures[at] / most
            y = top + place * ROW
            body.append(_bar(LEFT, y, max(width, 0.5), ROW - 3, COLOURS[place]))
            body.append(_text(LEFT + width + 6, y + 11, _short(each.figures[at]), size=11, fill=QUIET))
    return _svg(height, title, body)


def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars that stand, one group a label."""
    most = max((figure for each in series for figure in each.figures), default=0) or 1
    left, top, tall = 60, 40, 180
    wide = (WIDTH - left - 20) / max(1, len(labels))
    body = [_legend(series)]
    for step in range(5):
        y = top + tall - tall * step / 4
        body.append(f'<line x1="{left}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}" stroke="{GRID}"/>')
        body.append(_text(left - 6, y + 4, _short(most * step / 4), anchor="end", size=11, fill=QUIET))
    for at, label in enumerate(labels):
        thick = (wide - 4) / len(series)
        for place, each in enumerate(series):
            height = tall * each.figures[at] / most
            x = left + at * wide + 2 + place * thick
            body.append(_bar(x, top + tall - height, max(1.0, thick - 1), height, COLOURS[place]))
        x = left + at * wide + wide / 2
        body.append(_text(x, top + tall + 16, label, anchor="middle", size=11, fill=QUIET))
    return _svg(top + tall + 30, title, body)


def _legend(series: Sequence[Series]) -> str:
    parts = []
    for at, each in enumerate(series):
        parts.append(_bar(LEFT + at * 170, 8, 12, 12, COLOURS[at]))
        parts.append(_text(LEFT + at * 170 + 18, 19, each.name))
    return "".join(parts)


def _svg(height: float, title: str, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13" fill="{INK}">'
        f"<title>{escape(title)}</title>"
    )
    return "\n".join([head, *body, "</svg>"])


def _text(x: float, y: float, said: str, *, anchor: str = "start", size: int = 13, fill: str = INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}">'
        f"{escape(said)}</text>"
    )


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 10 or figure == int(figure) else f"{figure:.2g}"
