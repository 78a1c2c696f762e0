"""A page as plain text, as HTML for mail, and as Slack blocks."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from delivery.slack import as_plain
from sla_monitor.rhythm.letters import Item, Letter, Section

SECTION_CHARACTERS = 2900
"""Slack takes 3,000 in one section (block kit reference, section block)."""
WIDEST = 45
"""Characters of a column of plain text; a longer cell moves its row and no other."""


def as_text(letter: Letter) -> str:
    """Plain text, for every mailbox and for webhooks."""
    parts = [letter.intro, *(_section_text(each) for each in letter.sections), letter.closing]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section_text(section: Section) -> str:
    lines = [section.heading.upper(), *_aligned(section)]
    for item in section.items:
        lines.append(f"- {item.title}")
        lines += [f"  {each}" for each in (item.text, item.url) if each]
    if section.line:
        lines.append(section.line)
    return "\n".join(lines)


def _aligned(section: Section) -> list[str]:
    table = [section.columns, *section.rows] if any(section.columns) else [*section.rows]
    if not table or not section.rows:
        return []
    widths = [min(WIDEST, max(len(row[at]) for row in table)) for at in range(len(table[0]))]
    return ["  ".join(_cells(row, widths, figures=section.figures)).rstrip() for row in table]


def _cells(row: Sequence[str], widths: Sequence[int], *, figures: bool) -> Iterable[str]:
    for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if figures and at else cell.ljust(width)


def as_html(letter: Letter) -> str:
    """HTML of tables with styles of their own, which Gmail and Outlook keep; without images, scripts and
    colours of text or ground, so that dark mode stays readable."""
    body = "".join(_section_html(each) for each in letter.sections)
    closing = f'<p style="{_SMALL}">{escape(letter.closing)}</p>' if letter.closing else ""
    return (
        f'<!doctype html><html lang="{letter.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(letter.subject)}</title></head>"
        f'<body style="margin:0;padding:0"><table role="presentation" {_PLAIN} align="center" width="640" '
        f'style="width:100%;max-width:640px"><tr><td style="padding:16px;{_FONT}">'
        f'<h1 style="font-size:20px;line-height:26px;margin:0 0 8px">{escape(letter.subject)}</h1>'
        f'<p style="margin:0">{escape(letter.intro)}</p>{body}{closing}</td></tr></table></body></html>'
    )


_PLAIN = 'cellpadding="0" cellspacing="0" border="0"'
_FACE = "font-family:Arial,Helvetica,sans-serif"
_FONT = f"{_FACE};font-size:15px;line-height:21px"
_CELL = f"{_FACE};font-size:14px;line-height:19px"
_HEAD = f"{_FACE};font-size:12px;line-height:16px"
"""Smaller, so that four columns fit a phone."""
_SMALL = "margin:24px 0 0;font-size:13px;line-height:18px"
_RULE = "border-bottom:1px solid #8a8a8a"
"""A grey that is seen on white and on black."""


def _section_html(section: Section) -> str:
    parts = [f'<h2 style="font-size:16px;line-height:22px;margin:24px 0 6px">{escape(section.heading)}</h2>']
    if section.rows:
        parts.append(_table_html(section))
    parts += [_item_html(each) for each in section.items]
    if section.line:
        parts.append(f'<p style="margin:6px 0 0">{escape(section.line)}</p>')
    return "".join(parts)


def _table_html(section: Section) -> str:
    head = _row_html(section.columns, "th", section) if any(section.columns) else ""
    rows = "".join(_row_html(row, "td", section) for row in section.rows)
    return f'<table {_PLAIN} width="100%" style="width:100%;border-collapse:collapse">{head}{rows}</table>'


def _row_html(row: Sequence[str], tag: str, section: Section) -> str:
    cells = []
    for at, cell in enumerate(row):
        side = "right" if section.figures and at else "left"
        font = _HEAD if tag == "th" else _CELL
        style = f"text-align:{side};vertical-align:top;padding:5px 6px 5px 0;{_RULE};{font}"
        kind = tag if cell else "td"
        scope = ' scope="col"' if kind == "th" else ""
        cells.append(f'<{kind}{scope} align="{side}" style="{style}">{escape(cell)}</{kind}>')
    return f"<tr>{''.join(cells)}</tr>"


def _item_html(item: Item) -> str:
    title = escape(item.title)
    if item.url:
        title = f'<a href="{escape(item.url)}">{title}</a>'
    text = f"<br>{escape(item.text)}" if item.text else ""
    return f'<p style="margin:6px 0 0"><strong>{title}</strong>{text}</p>'


def as_blocks(letter: Letter) -> list[dict[str, Any]]:
    """Slack blocks. Names and texts are escaped, so that nothing in them is a mention or a link."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": letter.subject[:150], "emoji": False}},
        _block([as_plain(letter.intro)]),
        *(_block(_lines(each)) for each in letter.sections),
    ]
    if letter.closing:
        blocks.append({"type": "context", "elements": [_words(as_plain(letter.closing))]})
    return blocks


def _lines(section: Section) -> list[str]:
    lines = [f"*{as_plain(section.heading)}*"]
    lines += [_row_words(row, section) for row in section.rows]
    for item in section.items:
        lines.append("• " + as_plain(": ".join(filter(None, (item.title, item.text)))))
        lines += [f"   <{as_plain(item.url)}>"] if item.url else []
    return [*lines, as_plain(section.line)] if section.line else lines


def _row_words(row: Sequence[str], section: Section) -> str:
    """`• SQL: 41 (week before: 38)`: a row of a table in words, each cell after the name of its column."""
    first, *others = row
    named = [
        f"{name} {cell}".strip() if at and name else cell
        for at, (name, cell) in enumerate(zip(section.columns[1:] or [""] * len(others), others, strict=True))
        if cell
    ]
    return "• " + as_plain(f"{first}: {', '.join(named)}" if named else first)


def _block(lines: Sequence[str]) -> dict[str, Any]:
    """One section; lines that Slack would not take any more are left out whole."""
    kept, room = [], SECTION_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("…")
            break
        kept.append(line)
    return {"type": "section", "text": _words("\n".join(kept))}


def _words(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}
