"""Figures as CSV: one figure a row, so that a spreadsheet or a database can filter and join them."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from service_kit.spreadsheets import shown
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.touches import SourceReport, TouchFigure

HEAD = ("section", "item", "figure", "value")
NAMES = ("id", "goal", "kind", "stage", "rep", "origin", "about", "side", "of", "ending", "day")
"""What an item of a list is called by: the first of these that it has, with the next two where they tell it
from others."""
MORE: Mapping[str, tuple[str, ...]] = {
    "reasons": ("ending", "reason"),
    "disputes.worst": ("lead_id", "kind", "round"),
    "disputes.worst.parts": ("part", "detail"),
    "disputes.corrections": ("of", "measure", "subject", "goal"),
    "funnel.acceptance": ("quadrant",),
    "funnel.won_by_cohort": ("delivered",),
    "speed.follow_up": ("quadrant",),
    "sources.foreign": ("currency",),
}
"""Of these lists all of them together."""


def month_csv(report: MonthReport) -> str:
    """A row a figure: section, item (empty where a section has only one), figure, value (empty: none)."""
    document = report.model_dump(mode="json")
    rows = [row for section, inner in document.items() for row in _rows(section, (), inner)]
    return written(HEAD, rows)


def source_csv(report: SourceReport) -> str:
    """A row a touch."""
    names = list(TouchFigure.model_fields)
    rows = [[touch[name] for name in names] for touch in map(_plain, report.touches)]
    return written(names, rows)


def _plain(figure: BaseModel) -> dict[str, Any]:
    return figure.model_dump(mode="json")


def written(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a head (RFC 4180). A text that a spreadsheet would take for a formula begins with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def safe(cell: object) -> object:
    """A cell that no spreadsheet computes: figures as they are, texts guarded, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return shown(cell) if isinstance(cell, str) else cell


def _rows(section: str, item: tuple[str, ...], value: object) -> Iterator[Sequence[object]]:
    """The figures below one place of the document. `item` are the names of the lists' items on the way."""
    if isinstance(value, list):
        yield from _items(section, item, value)
        return
    if not isinstance(value, dict):
        yield [*section.rsplit(".", 1)[:1], "/".join(item), section.rsplit(".", 1)[-1], value]
        return
    for name, inner in value.items():
        if isinstance(inner, dict | list):
            yield from _rows(f"{section}.{name}", item, inner)
        else:
            yield section, "/".join(item), name, inner


def _items(section: str, item: tuple[str, ...], found: Sequence[object]) -> Iterator[Sequence[object]]:
    for number, each in enumerate(found, 1):
        if isinstance(each, dict):
            yield from _rows(section, (*item, *_called(section, each, number)), each)
        else:
            yield section, "/".join(item), str(number), each


def _called(section: str, item: Mapping[str, Any], number: int) -> tuple[str, ...]:
    chosen = MORE.get(section)
    if chosen is not None:
        return tuple(_said(name, item[name]) for name in chosen)
    name = next((name for name in NAMES if item.get(name) is not None), None)
    return (str(item[name]),) if name is not None else (str(number),)


def _said(name: str, value: object) -> str:
    """No quadrant is all of them; of anything else nothing is told."""
    if value is None:
        return "all" if name == "quadrant" else "none"
    return str(value)
