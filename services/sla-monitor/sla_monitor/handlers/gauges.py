"""Gauges of the store, exported by one instance at a time."""

from collections.abc import Sequence
from itertools import product
from typing import Any

from service_kit.postgres import Database
from sla_monitor import metrics, store
from sla_monitor.domain.facts import LeadState


async def export_gauges(database: Database) -> None:
    """Open timers by time left, age of reading, leads by state, facts missing."""
    async with database.transaction() as conn:
        now = await database.clock.now(conn)
        open_timers = await store.fetch(conn, "open_timers", now)
        progress = await store.read_progress(conn)
        states = await store.fetch(conn, "lead_states")
        missing = await store.fetch(conn, "missing_facts")
    _export_open(open_timers)
    for topic in store.GATES:
        read = [r.read_up_to for (name, _), r in progress.items() if name == topic and r.read_up_to]
        if read:
            metrics.PROGRESS_AGE.labels(topic).set(max(0.0, (now - min(read)).total_seconds()))
    found = {row["state"]: row["leads"] for row in states}
    for state in LeadState:
        metrics.LEADS.labels(state.value).set(found.get(state.value, 0))
    metrics.MISSING.set(missing[0]["missing"])


def _export_open(open_timers: Sequence[dict[str, Any]]) -> None:
    counted = {(row["kind"], row["time_left"], row["is_trial"]): row["timers"] for row in open_timers}
    for kind, left, trial in product(metrics.KINDS, metrics.TIME_LEFT, (False, True)):
        label = metrics.TRIAL if trial else metrics.BINDING
        metrics.OPEN.labels(kind.value, left, label).set(counted.get((kind.value, left, trial), 0))
