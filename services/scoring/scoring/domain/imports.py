"""What a dry run is told of its rows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lead_events.words import CloseReason


@dataclass(frozen=True, slots=True)
class Found:
    """One lead of whoever row `place` is about; without a lead: the person alone is known."""

    place: int
    lead_id: UUID | None
    line: str | None
    state: str | None
    close_reason: str | None


def answer(rows: int, found: Sequence[Found]) -> dict[str, Any]:
    """How many rows are about somebody with an open lead, a customer (a lead was won), somebody known
    otherwise, or nobody known; and the open leads and customers by row."""
    by_row: dict[int, list[Found]] = {}
    for each in found:
        by_row.setdefault(each.place, []).append(each)
    open_rows, customers, known = [], [], 0
    for place, leads in sorted(by_row.items()):
        opened = [each for each in leads if each.state == "open"]
        if opened:
            open_rows.append(
                {"row": place, "leads": [{"lead_id": each.lead_id, "line": each.line} for each in opened]}
            )
        elif any(each.close_reason == CloseReason.WON for each in leads):
            customers.append({"row": place})
        else:
            known += 1
    return {
        "rows": rows,
        "new": rows - len(by_row),
        "known": known,
        "open": open_rows,
        "customers": customers,
    }
