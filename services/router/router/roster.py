"""Rows of the roster as reps; a rep is read once a revision, since calendars take time to read."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lead_events import Rep as RepNews
from router.domain.absences import day_start
from router.domain.imports import day_began, week_began
from router.domain.ramp import effective_capacity, effective_weight, next_step, read_ramp_up
from router.domain.roster import Load, Rep
from router.store import Row, q
from rulebook.models import RampUp
from service_kit.postgres import Connection
from worktime import Calendar


class RepReader:
    """Turns rows into reps and keeps them by revision: every change of a rep raises it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Rep, RampUp | None]] = {}
        self._ramping: dict[str, tuple[int, date, Rep]] = {}

    def read(self, row: Row, now: datetime) -> Rep:
        """The rep of a row of `reps`, as they are on their own day of `now`."""
        known = self._known.get(row["id"])
        if known is None or known[0].revision != row["revision"]:
            known = self._known[row["id"]] = _rep(row), read_ramp_up(row["ramp_up"])
        return self._today(*known, now)

    async def lock(
        self, conn: Connection, ids: Iterable[str], now: datetime
    ) -> tuple[dict[str, Rep], dict[str, Load]]:
        """Lock reps by id; the reps, and what each has in hand."""
        return await self._with_load(conn, await conn.fetch(q.lock_load, sorted(set(ids))), now)

    async def look(
        self, conn: Connection, ids: Iterable[str], now: datetime
    ) -> tuple[dict[str, Rep], dict[str, Load]]:
        """As `lock`, without locks: what may have changed the moment it is read."""
        return await self._with_load(conn, await conn.fetch(q.load_of_reps, sorted(set(ids))), now)

    async def _with_load(
        self, conn: Connection, rows: Sequence[Row], now: datetime
    ) -> tuple[dict[str, Rep], dict[str, Load]]:
        unknown = [row["id"] for row in rows if not self._knows(row["id"], row["revision"])]
        if unknown:
            for row in await conn.fetch(q.reps_in_full, unknown):
                self.read(row, now)
        reps = {row["id"]: self._today(*self._known[row["id"]], now) for row in rows}
        loads = {row["id"]: _load(row) for row in rows}
        for row in await conn.fetch(q.unanswered, list(reps)):
            loads[row["rep_id"]].unanswered = row["leads"]
        await _count_limited(conn, reps, loads, now)
        return reps, loads

    def _knows(self, rep: str, revision: int) -> bool:
        return rep in self._known and self._known[rep][0].revision == revision

    def _today(self, rep: Rep, ramp_up: RampUp | None, now: datetime) -> Rep:
        """With the weight and capacity of the rep's own day."""
        if ramp_up is None:
            return rep
        zone = ZoneInfo(str(rep.document["tz"]))
        day = now.astimezone(zone).date()
        known = self._ramping.get(rep.id)
        if known is None or known[:2] != (rep.revision, day):
            scaled = replace(
                rep,
                weight=effective_weight(rep.weight, ramp_up, day),
                capacity=effective_capacity(rep.capacity, ramp_up, day),
                rises_at=_rises_at(ramp_up, day, zone),
            )
            known = self._ramping[rep.id] = rep.revision, day, scaled
        return known[2]


def _rises_at(ramp_up: RampUp, day: date, zone: ZoneInfo) -> datetime | None:
    """The local midnight after `day` from which more of weight and capacity counts."""
    step = next_step(ramp_up, day)
    return day_start(step, zone) if step is not None else None


async def _count_limited(
    conn: Connection, reps: dict[str, Rep], loads: dict[str, Load], now: datetime
) -> None:
    """Count the leads of the day and week for whom they are limited."""
    limited = [rep for rep in reps.values() if rep.per_day is not None or rep.per_week is not None]
    if not limited:
        return
    days = [day_began(rep, now) for rep in limited]
    weeks = [week_began(rep, now) for rep in limited]
    for row in await conn.fetch(q.assigned_since, [rep.id for rep in limited], days, weeks):
        loads[row["rep_id"]].today, loads[row["rep_id"]].this_week = row["today"], row["this_week"]


def _rep(row: Row) -> Rep:
    return Rep(
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
        languages=frozenset(row["languages"]),
        skills=frozenset(row["skills"]),
        per_day=row["per_day"],
        per_week=row["per_week"],
    )


def _load(row: Row) -> Load:
    pace = row["pace_seconds"]
    return Load(
        open=row["open"],
        last_assigned_at=row["last_assigned_at"],
        pace=timedelta(seconds=pace) if pace is not None else None,
    )


def rep_news(rep: Rep) -> RepNews:
    """The rep as lead-routed tells of them, with the working time that holds now."""
    return RepNews(
        id=rep.id,
        name=rep.name,
        team=rep.team,
        calendar=dict(rep.document),
        availability_revision=rep.revision,
    )
