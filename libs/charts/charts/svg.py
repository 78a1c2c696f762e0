"""A drawing as SVG and what it is made of. Places and lengths are in pixels, from the left and the top."""

from collections.abc import Sequence
from html import escape

INK, QUIET, GRID, PAPER = "#1f2933", "#52606d", "#d9dee4", "#ffffff"
MAIN, OTHER, BESIDE = "#1d6fb8", "#c0562b", "#8795a6"
"""Told apart by lightness, too."""


def svg(width: float, height: float, title: str, body: Sequence[str], desc: str = "") -> str:
    """A whole SVG with a title that is read aloud, and `desc`, what is to be seen in a sentence."""
    told = f"<desc>{escape(desc)}</desc>" if desc else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="{INK}">'
        f"<title>{escape(title)}</title>{told}"
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="{PAPER}"/>'
    )
    return "\n".join([head, *body, "</svg>"])


def text(
    x: float,
    y: float,
    said: str,
    *,
    anchor: str = "start",
    size: int = 13,
    fill: str = INK,
    bold: bool = False,
) -> str:
    """One line of text."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"{weight}>'
        f"{escape(said)}</text>"
    )


def upright(x: float, y: float, said: str) -> str:
    """One line of text that is read upward."""
    turned = f'transform="translate({x} {y}) rotate(-90)"'
    return f'<text {turned} text-anchor="middle" fill="{QUIET}">{escape(said)}</text>'


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"{dashed}/>'


def path(points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> str:
    """A line through points."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def dot(x: float, y: float, colour: str, radius: float = 4) -> str:
    """A point on a line."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>'


def bar(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> str:
    """A filled rectangle."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    seen_through = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    return f'<rect {place} fill="{colour}"{seen_through}/>'
