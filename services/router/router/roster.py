"""Rows of the roster as reps; a rep is read once a revision, since calendars take time to read."""

from collections.abc import Iterable

from lead_events import Rep as RepNews
from router.domain.roster import Rep
from router.store import Row, q
from service_kit.postgres import Connection
from worktime import Calendar


class RepReader:
    """Turns rows into reps and keeps them by revision: every change of a rep raises it."""

    def __init__(self) -> None:
        self._known: dict[str, Rep] = {}

    def read(self, row: Row) -> Rep:
        """The rep of a row of `reps`."""
        known = self._known.get(row["id"])
        if known is not None and known.revision == row["revision"]:
            return known
        rep = Rep(
            id=row["id"],
            name=row["name"],
            team=row["team"],
            lines=frozenset(row["lines"]),
            weight=row["weight"],
            capacity=row["capacity"],
            is_active=row["is_active"],
            hours=Calendar.from_dict(row["hours"]),
            calendar=Calendar.from_dict(row["document"]),
            document=row["document"],
            revision=row["revision"],
        )
        self._known[rep.id] = rep
        return rep

    async def lock(self, conn: Connection, ids: Iterable[str]) -> tuple[dict[str, Rep], dict[str, int]]:
        """Lock reps by id; the reps, and how many open leads each holds."""
        rows = await conn.fetch(q.lock_reps, sorted(set(ids)))
        return {row["id"]: self.read(row) for row in rows}, {row["id"]: row["open"] for row in rows}


def rep_news(rep: Rep) -> RepNews:
    """The rep as lead-routed tells of them, with the working time that holds now."""
    return RepNews(
        id=rep.id,
        name=rep.name,
        team=rep.team,
        calendar=dict(rep.document),
        availability_revision=rep.revision,
    )
