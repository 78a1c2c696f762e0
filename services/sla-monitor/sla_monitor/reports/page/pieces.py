"""What pages are made of."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from lead_events.words import Quadrant
from sla_monitor.reports.words import DASH, Words

_WORDS = (
    "goal counts promise figure stage owner delivered_in quadrant source origin currency ending "
    "reason rep team lead due_at charged_to path about side by at verdict decided_by of measure "
    "day campaign is duplicate_of proof window in_window give_back"
)
TEXT = frozenset(_WORDS.split())
"""Columns of words, which begin at the left; figures end at the right."""
WHEN = frozenset({"at", "due_at", "window"})
"""Columns of moments, which stand in one line."""
Row = Sequence[str]


def section(key: str, words: Words, body: Iterable[str], note: str = "") -> str:
    """A part of the page with a heading, and what to know about it."""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    heading = f'<h2 id="{key}">{escape(words.say(f"section.{key}"))}</h2>'
    return f'<section aria-labelledby="{key}">{heading}{told}{"".join(body)}</section>'


def nothing(words: Words) -> str:
    """What stands where there is nothing to show."""
    return f"<p>{escape(words.say('nothing.here'))}</p>"


def table(words: Words, caption: str, columns: str, rows: Iterable[Row], *, total: bool = False) -> str:
    """A table by the keys of its columns; its first cell names the row. `total`: the first row is of all."""
    keys, body = columns.split(), [*rows]
    if not body:
        return f"<h3>{escape(caption)}</h3>{nothing(words)}"
    head = "".join(f'<th scope="col"{_class(key)}>{escape(words.say(f"col.{key}"))}</th>' for key in keys)
    told = "".join(_row(keys, row, is_total=total and at == 0) for at, row in enumerate(body))
    name, kind = escape(caption, quote=True), " slim" if len(keys) == 2 else ""
    return (
        f'<div class="wide{kind}" tabindex="0" role="region" aria-label="{name}">'
        f"<table><caption>{name}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{told}</tbody></table></div>"
    )


def _row(keys: Sequence[str], row: Row, *, is_total: bool) -> str:
    first = f'<th scope="row"{_class(keys[0])}>{_cell(row[0])}</th>'
    rest = "".join(
        f"<td{_class(key)}>{_cell(cell)}</td>" for key, cell in zip(keys[1:], row[1:], strict=True)
    )
    return f"<tr{' class=total' if is_total else ''}>{first}{rest}</tr>"


def _class(key: str) -> str:
    if key in WHEN:
        return ' class="when"'
    return "" if key in TEXT else ' class="n"'


def _cell(cell: str) -> str:
    return escape(cell) if cell else DASH


def with_quadrants(number: int, by_quadrant: Mapping[Quadrant, int], words: Words) -> str:
    """How many, and in brackets how many of each quadrant."""
    listed = words.list("quadrant", {each.value: n for each, n in by_quadrant.items()})
    return f"{words.number(number)} ({listed})" if number else words.number(0)


def figures(words: Words, inner: str) -> str:
    """What a chart shows as a table, folded away."""
    return f"<details><summary>{escape(words.say('figures'))}</summary>{inner}</details>"


def chart(drawing: str, *, is_small: bool = False) -> str:
    """A drawing in the flow of the page; a small one fits a phone as it is."""
    kind = ' class="small"' if is_small else ""
    return f"<figure{kind}>{drawing}</figure>"


def beside(*parts: str) -> str:
    """Parts next to each other where there is room."""
    return f'<div class="beside">{"".join(f"<div>{part}</div>" for part in parts)}</div>'
