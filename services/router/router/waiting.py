"""Leads that wait, by the kinds in which they do: which of them somebody could take."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from router.domain.decision import RoutableLead
from router.domain.kept_needs import needs_of_text, text_of_needs
from router.domain.leads import Lead
from router.domain.needs import Needs
from router.store import q, read_lead
from service_kit.postgres import Connection

_NOBODYS = UUID(int=0)


@dataclass(frozen=True, slots=True)
class WaitingKind:
    """Held leads of one pool, line and needs that the same reps had before: `had_by` is a digest of these.

    `strict`: those that still ask for what they prefer, or those that have given it up; None: all of them.
    """

    pool: str
    line: str
    needs: Needs
    had_by: str
    excluded: Mapping[str, str]
    strict: bool | None = None

    def like(self, now: datetime) -> RoutableLead:
        """A lead of the kind."""
        since = now - self.needs.relax_after if self.strict is False else now
        return RoutableLead(_NOBODYS, self.line, self.excluded, needs=self.needs, since=since)

    @property
    def split(self) -> Sequence["WaitingKind"]:
        """It, or where the needs prefer something, those who still do and those who do no more."""
        needs = self.needs
        if "preferred" not in (needs.language_match, needs.skills_match):
            return [self]
        return [replace(self, strict=True), replace(self, strict=False)]


async def kinds_waiting(conn: Connection, pools: Collection[str]) -> list[WaitingKind]:
    """What kinds of leads wait in these pools, those of imports aside."""
    if not pools:
        return []
    rows = await conn.fetch(q.kinds_waiting, sorted(pools))
    found = [
        WaitingKind(row["pool_id"], row["line"], needs_of_text(row["needs"]), row["had_by"], row["excluded"])
        for row in rows
    ]
    return [each for kind in found for each in kind.split]


async def lock_waiting(
    conn: Connection, asked: Sequence[tuple[WaitingKind, int]], now: datetime, limit: int
) -> dict[UUID, Lead]:
    """Lock held leads of these kinds, so many of each and `limit` in all, best first; those locked elsewhere
    are left."""
    if not asked:
        return {}
    kinds = [kind for kind, _ in asked]
    rows = await conn.fetch(q.lock_waiting_leads, *_columns(kinds), [room for _, room in asked], now, limit)
    return {lead.id: lead for lead in map(read_lead, rows)}


async def lock_nobodys(
    conn: Connection, kinds: Sequence[WaitingKind], now: datetime, limit: int
) -> dict[UUID, Lead]:
    """Lock held leads of these kinds, which nobody may take any more, that were not told so."""
    if not kinds:
        return {}
    rows = await conn.fetch(q.lock_nobodys, *_columns(kinds), now, limit)
    return {lead.id: lead for lead in map(read_lead, rows)}


async def queues_waiting(
    conn: Connection, kinds: Iterable[WaitingKind], now: datetime
) -> set[tuple[str, str]]:
    """Which (pool, line) hold leads of these kinds: those that split were found are known to."""
    asked = list(kinds)
    whole = {(kind.pool, kind.line) for kind in asked if kind.strict is None}
    parts = [kind for kind in asked if kind.strict is not None and (kind.pool, kind.line) not in whole]
    if not parts:
        return whole
    found = await conn.fetch(q.queues_waiting, *_columns(parts), now)
    return whole | {(row["pool_id"], row["line"]) for row in found}


def _columns(kinds: Sequence[WaitingKind]) -> list[list[object]]:
    """Pools, lines, needs, who had them before, and whether they still ask for what they prefer."""
    return [
        [kind.pool for kind in kinds],
        [kind.line for kind in kinds],
        [text_of_needs(kind.needs) for kind in kinds],
        [kind.had_by for kind in kinds],
        [kind.strict for kind in kinds],
    ]
