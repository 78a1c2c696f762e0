"""After a restore: hours of reps were told under numbers that the store has forgotten.

Told again under such a number they would be taken for old. The roster is as it was at the moment of the
restore; the other services hear so.
"""

from collections.abc import Sequence
from typing import cast

import orjson

from lead_events import RepAvailabilityChanged
from router.handlers.rulebook import announce
from router.store import q
from service_kit.batch import Batch, Received
from service_kit.logs import logger

_log = logger(__name__)

KNOWN, NUMBERED_ON = "known", "revision_read_back"
HOURS_EFFECTS = frozenset({KNOWN, NUMBERED_ON})


async def take_hours(batch: Batch) -> None:
    """Take in one batch of own rep-availability-changed, of each rep the highest revision."""
    events = cast("Sequence[Received[RepAvailabilityChanged]]", batch.events)
    last: dict[str, RepAvailabilityChanged] = {}
    for event in sorted(events, key=lambda each: each.data.revision):
        last[event.data.rep_id] = event.data
    new = await _insert(batch, [last[rep] for rep in sorted(last)])
    await batch.conn.fetch(q.lock_read_reps, sorted(last))
    rows = await batch.conn.fetch(q.raise_revisions, list(last), [told.revision for told in last.values()])
    for row in rows:
        announce(batch, row)
    touched = new | {row["id"] for row in rows}
    for event in events:
        batch.effect(event, NUMBERED_ON if event.data.rep_id in touched else KNOWN)


async def _insert(batch: Batch, told: Sequence[RepAvailabilityChanged]) -> set[str]:
    rows = await batch.conn.fetch(
        q.insert_told_reps,
        [each.rep_id for each in told],
        [each.name for each in told],
        [each.team for each in told],
        [orjson.dumps(each.calendar).decode() for each in told],
        [each.is_active for each in told],
        [each.revision for each in told],
    )
    for row in rows:
        _log.error("a rep is not in the restored roster: enter them again", rep=row["id"])
    return {row["id"] for row in rows}
