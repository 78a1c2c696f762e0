"""Leads that wait, by the kinds in which they do: which of them somebody could take."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from router.domain.decision import RoutableLead
from router.domain.kept_needs import needs_of_text, text_of_needs
from router.domain.leads import Lead
from router.domain.needs import NO_NEEDS, Needs
from router.store import q, read_lead
from service_kit.postgres import Connection

_NOBODYS = UUID(int=0)


@dataclass(frozen=True, slots=True)
class WaitingKind:
    """Held leads of one pool, line and needs; `strict`: those that still ask for what they prefer."""

    pool: str
    line: str
    needs: Needs
    strict: bool = True

    def like(self, now: datetime) -> RoutableLead:
        """A lead of the kind that nobody had before."""
        since = now if self.strict else now - self.needs.relax_after
        return RoutableLead(_NOBODYS, self.line, needs=self.needs, since=since)


async def kinds_waiting(conn: Connection, pools: Collection[str]) -> list[WaitingKind]:
    """What kinds of leads wait in these pools, those of imports aside."""
    if not pools:
        return []
    found = [
        WaitingKind(row["pool_id"], row["line"], needs_of_text(row["needs"]))
        for row in await conn.fetch(q.kinds_waiting, sorted(pools))
    ]
    relaxed = [replace(each, strict=False) for each in found if each.needs != NO_NEEDS]
    return found + relaxed


async def lock_waiting(
    conn: Connection, waiting: WaitingKind, reps: Sequence[str], now: datetime, limit: int
) -> dict[UUID, Lead]:
    """Lock held leads of a kind that one of `reps` may take, best first; those locked elsewhere are left."""
    rows = await conn.fetch(
        q.lock_waiting_leads,
        waiting.pool,
        waiting.line,
        text_of_needs(waiting.needs),
        list(reps),
        waiting.strict,
        now,
        limit,
    )
    return {lead.id: lead for lead in map(read_lead, rows)}


async def queues_waiting(
    conn: Connection, asked: Iterable[tuple[WaitingKind, Collection[str]]], now: datetime
) -> set[tuple[str, str]]:
    """Which (pool, line) hold leads of the kinds asked for that one of the reps named with each may take."""
    rows = [
        (kind.pool, kind.line, text_of_needs(kind.needs), kind.strict, ",".join(sorted(reps)))
        for kind, reps in asked
        if reps
    ]
    if not rows:
        return set()
    found = await conn.fetch(q.queues_waiting, *(list(column) for column in zip(*rows, strict=True)), now)
    return {(row["pool_id"], row["line"]) for row in found}
