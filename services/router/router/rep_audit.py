"""The audit of reps: what changed, before and after, by whom. Why somebody is away is not kept for good."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from router.domain.absences import joined, read_spans, write_spans
from router.rep_rows import FIELDS
from router.store import Row, q
from service_kit.unit import Unit

_WHEN = ("first_day", "last_day", "from", "until")
_ABOUT_THEM = ("name", "email", "absences", "away", "absence_feeds", "notify")
"""What the log of all changes does not repeat: it is about a person, or is a secret."""


async def audit_new(unit: Unit, row: Row, by: str) -> None:
    """A rep has entered the roster."""
    await _keep(unit, row["id"], by, {}, _named(row, FIELDS))


async def audit_change(
    unit: Unit,
    row: Row,
    after: Mapping[str, Any],
    changed: Iterable[str],
    document: Mapping[str, Any],
    by: str,
) -> None:
    """`changed` names columns; of a feed's reading none has, and the spans that went and came are told."""
    names = list(changed)
    if names:
        await _keep(unit, row["id"], by, _named(row, names), _named(after, names))
        return
    before, now = (joined(read_spans(each.get("absences", []))) for each in (row["document"], document))
    went = write_spans(span for span in before if span not in now)
    came = write_spans(span for span in now if span not in before)
    await _keep(unit, row["id"], by, {"away": went}, {"away": came})


async def _keep(unit: Unit, rep: str, by: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for name in after:
        if name not in _ABOUT_THEM:
            unit.note(name, before.get(name), after[name])
    await unit.conn.execute(q.insert_rep_change, rep, unit.now, by, before, after)


def _named(values: Any, names: Iterable[str]) -> dict[str, Any]:
    found = {name: values[name] for name in names}
    if "absences" in found:
        found["absences"] = [{key: each[key] for key in _WHEN if key in each} for each in found["absences"]]
    left_at = found.get("left_at")
    return {**found, "left_at": left_at.isoformat()} if isinstance(left_at, datetime) else found
