"""What stands between a row's cells."""

import csv
from collections.abc import Sequence

from intake.imports.errors import FileRefused

KNOWN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_NAMES = {name: sign for sign, name in KNOWN.items()} | {"pipe": "|", "\\t": "\t"}


def stated_separator(text: str) -> str:
    """The separator that a person named or wrote. Raises FileRefused."""
    sign = _NAMES.get(text.strip().lower(), text)
    if len(sign) != 1 or sign in '"\r\n':
        raise FileRefused(
            f"{text[:20]!r} is no separator: write one of {', '.join(sorted(_NAMES))}, or one character"
        )
    return sign


def separator_line(line: str) -> str | None:
    """The separator that Excel's first line `sep=;` names; None when this is no such line."""
    told = line.rstrip("\r\n").strip().strip('"')
    return told[4] if len(told) == 5 and told[:4].lower() == "sep=" else None


def find_separator(sample: Sequence[str]) -> str:
    """The separator of these first lines: the one that cuts the most rows as the header is cut.

    A comma where none of them cuts anything: one column. Raises FileRefused when two do equally well.
    """
    ranked = sorted(((_fit(sample, sign), sign) for sign in KNOWN), reverse=True)
    (best, sign), (second, other) = ranked[:2]
    if best == (0.0, 1):
        return ","
    if best == second:
        raise FileRefused(
            f"{KNOWN[sign]} and {KNOWN[other]} cut the rows equally well: say which with --separator"
        )
    return sign


def _fit(sample: Sequence[str], sign: str) -> tuple[float, int]:
    rows = [row for row in csv.reader(sample, delimiter=sign) if any(map(str.strip, row))]
    width = len(rows[0]) if rows else 1
    if width < 2:
        return 0.0, 1
    alike = sum(1 < len(row) <= width for row in rows)
    return round(alike / len(rows), 1), width
