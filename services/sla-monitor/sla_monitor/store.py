"""All reading and writing of sla-monitor. Every function works inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.spec import Progress
from sla_monitor import rows
from sla_monitor.domain.case import Case
from sla_monitor.domain.facts import Fact, in_order
from sla_monitor.domain.firing import Reading
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.story import Move
from sla_monitor.domain.terms import VolumeLimit
from sla_monitor.domain.timers import Timer

_q = load_queries("sla_monitor")

GATES = ("lead-routed", "lead-progressed")
"""The topics that can carry an act; a timer waits until both have been read up to its moment."""


@dataclass(frozen=True, slots=True)
class RepHours:
    """One change of a rep's hours as stored."""

    rep_id: str
    revision: int
    at: datetime
    calendar: UUID
    is_active: bool


@dataclass(frozen=True, slots=True)
class Saying:
    """One level of a timer to be said, or left unsaid; `level` as `level_name` of the domain gives it."""

    timer: Timer
    level: str
    outcome: str
    at: datetime
    unread: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A level and the event that says it, as JSON; both None for one left unsaid."""

    saying: Saying
    event_id: UUID | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A promise with something due. `said`: the levels of it that are done. `is_stale`: the hours of its rep
    have changed since its moments were computed.
    """

    timer: Timer
    said: frozenset[str]
    is_stale: bool


@dataclass(slots=True)
class Story:
    """Everything stored about one lead's promises."""

    facts: list[Fact] = field(default_factory=list)
    timers: dict[UUID, Timer] = field(default_factory=dict)


async def lock_leads(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """These leads, inserted as stubs where they are new, and locked."""
    if not ids:
        return {}
    await conn.execute(_q.insert_leads, list(ids))
    found = await conn.fetch(_q.lock_leads, list(ids))
    return {row["id"]: rows.lead_from(row) for row in found}


async def lock_known_leads(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """As `lock_leads`, for leads that are there."""
    found = await conn.fetch(_q.lock_leads, list(ids))
    return {row["id"]: rows.lead_from(row) for row in found}


async def read_lead(conn: Connection, lead: UUID) -> Lead | None:
    """One lead, not locked."""
    row = await conn.fetchrow(_q.read_lead, lead)
    return rows.lead_from(row) if row else None


async def update_leads(conn: Connection, leads: Collection[Lead]) -> None:
    """Write back leads that are locked."""
    if leads:
        await conn.execute(_q.update_leads, [rows.lead_to(lead) for lead in leads])


async def insert_calendars(conn: Connection, documents: dict[UUID, dict[str, Any]]) -> None:
    """Keep working hours by content."""
    if documents:
        await conn.execute(_q.insert_calendars, list(documents), list(documents.values()))


async def read_calendars(conn: Connection, ids: Collection[UUID]) -> list[tuple[UUID, dict[str, Any]]]:
    """Documents of working hours."""
    found = await conn.fetch(_q.read_calendars, list(ids))
    return [(row["id"], row["document"]) for row in found]


async def insert_rep_hours(conn: Connection, told: Sequence[RepHours]) -> set[tuple[str, int]]:
    """Keep changes of hours; returns rep and revision of those that are new."""
    if not told:
        return set()
    found = await conn.fetch(
        _q.insert_rep_hours,
        [row.rep_id for row in told],
        [row.revision for row in told],
        [row.at for row in told],
        [row.calendar for row in told],
        [row.is_active for row in told],
    )
    return {(row["rep_id"], row["revision"]) for row in found}


async def read_rep_hours(conn: Connection, since: Mapping[str, int]) -> list[RepHours]:
    """The changes of each rep's hours after the revision given, by revision."""
    if not since:
        return []
    found = await conn.fetch(_q.read_rep_hours, list(since), list(since.values()))
    return [RepHours(*row.values()) for row in found]


async def leads_running_for(conn: Connection, since: Mapping[str, datetime]) -> list[UUID]:
    """Leads with promises that ran on after a rep's hours changed, or were broken after it, given since when
    for each rep."""
    if not since:
        return []
    found = await conn.fetch(_q.leads_running_for, list(since), list(since.values()))
    return [row["lead_id"] for row in found]


async def leads_with_breaches(conn: Connection, leads: Collection[UUID]) -> set[UUID]:
    """Of these leads those with a broken promise."""
    if not leads:
        return set()
    return {row["lead_id"] for row in await conn.fetch(_q.leads_with_breaches, list(leads))}


async def insert_facts(conn: Connection, told: Sequence[tuple[UUID, Fact, bool]]) -> set[UUID]:
    """Keep facts given as lead, fact and whether it is a test; returns the ids that are new."""
    if not told:
        return set()
    handoffs = [rows.handoff_to(fact.handoff) if fact.handoff else {} for _, fact, _ in told]
    columns: list[list[Any]] = [
        [fact.id for _, fact, _ in told],
        [lead for lead, _, _ in told],
        [fact.producer for _, fact, _ in told],
        [fact.seq for _, fact, _ in told],
        [fact.kind.value for _, fact, _ in told],
        [fact.at for _, fact, _ in told],
        [fact.round for _, fact, _ in told],
        [fact.rep_id for _, fact, _ in told],
        [fact.reason for _, fact, _ in told],
    ]
    names = ("line", "team", "quadrant", "rulebook_version", "calendar_id", "availability_revision")
    columns += [[handoff.get(name) for handoff in handoffs] for name in names]
    columns.append([is_test for _, _, is_test in told])
    columns.append([fact.contact for _, fact, _ in told])
    columns += [[getattr(fact.detail, name) for _, fact, _ in told] for name in rows.DETAILS]
    return {row["id"] for row in await conn.fetch(_q.insert_facts, *columns)}


async def read_facts(conn: Connection, leads: Collection[UUID]) -> dict[UUID, list[Fact]]:
    """Facts of these leads in order."""
    found: dict[UUID, list[Fact]] = {lead: [] for lead in leads}
    if leads:
        for row in await conn.fetch(_q.read_facts, list(leads)):
            found[row["lead_id"]].append(rows.fact_from(row))
    return {lead: in_order(facts) for lead, facts in found.items()}


async def read_stories(conn: Connection, leads: Collection[UUID]) -> dict[UUID, Story]:
    """Facts in order and promises of these leads: two statements."""
    stories = {lead: Story(facts) for lead, facts in (await read_facts(conn, leads)).items()}
    if leads:
        for row in await conn.fetch(_q.read_timers, list(leads)):
            timer = rows.timer_from(row)
            stories[timer.lead_id].timers[timer.id] = timer
    return stories


async def upsert_timers(conn: Connection, timers: Collection[Timer]) -> None:
    """Write promises, new and changed. Their leads are locked."""
    if timers:
        await conn.execute(_q.upsert_timers, [rows.timer_to(timer) for timer in timers])


async def insert_moves(conn: Connection, moves: Sequence[Move], now: datetime) -> None:
    """Record due times that moved."""
    if moves:
        await conn.execute(
            _q.insert_moves,
            [move.timer.id for move in moves],
            [move.timer.lead_id for move in moves],
            [move.why.value for move in moves],
            [move.revision for move in moves],
            [move.due_before for move in moves],
            [move.timer.due_at for move in moves],
            now,
        )


async def advance_timers(conn: Connection, timers: Collection[Timer]) -> None:
    """Write what saying something changed about promises. Their leads are locked."""
    if timers:
        await conn.execute(
            _q.advance_timers,
            [timer.id for timer in timers],
            [timer.next_level for timer in timers],
            [timer.next_at for timer in timers],
            [timer.state.value for timer in timers],
            [timer.breaches for timer in timers],
            [timer.said_due_at for timer in timers],
            [rows.array_literal(timer.reminds_at) for timer in timers],
        )


async def update_next_seqs(conn: Connection, leads: Collection[Lead]) -> None:
    """Write how far the events of leads are numbered. The leads are locked."""
    if leads:
        await conn.execute(
            _q.update_next_seqs, [lead.id for lead in leads], [lead.next_seq for lead in leads]
        )


async def levels_said(conn: Connection, timers: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Timers and levels of which something has been said. Their leads are locked: so it stays."""
    if not timers:
        return set()
    found = await conn.fetch(_q.levels_said, list(timers))
    return {(row["timer_id"], row["level"]) for row in found}


async def insert_firings(conn: Connection, said: Sequence[Said], now: datetime) -> None:
    """Keep what is said, with the events that say it, and what is left unsaid.

    The last thing a transaction does: others who have something to say wait for its end. Raises
    UniqueViolationError where something was said before.
    """
    if not said:
        return
    sayings = [each.saying for each in said]
    await conn.execute(_q.lock_firings)
    await conn.execute(
        _q.insert_firings,
        [saying.timer.id for saying in sayings],
        [saying.level for saying in sayings],
        [saying.timer.lead_id for saying in sayings],
        [saying.outcome for saying in sayings],
        [saying.at for saying in sayings],
        [saying.unread for saying in sayings],
        [saying.late for saying in sayings],
        now,
        [each.event_id for each in said],
        [each.event for each in said],
    )


async def keep_charges(conn: Connection, judged: Collection[Case]) -> None:
    """Keep how breaches are judged now, where that is not what stands. Their leads are locked."""
    if judged:
        await conn.execute(_q.keep_charges, [rows.charge_to(case) for case in judged])


async def lock_due_leads(
    conn: Connection, *, now: datetime, started: datetime, margin: timedelta, patience: timedelta, limit: int
) -> dict[UUID, Lead]:
    """Leads with something to say now, locked; those that another monitor holds are left to it."""
    found = await conn.fetch(_q.lock_due_leads, now, started, margin, patience, limit)
    return {row["id"]: rows.lead_from(row) for row in found}


async def read_due_timers(conn: Connection, leads: Collection[UUID], now: datetime) -> list[Due]:
    """Promises of these leads, which are locked, with something that is due at `now`, by when it is."""
    found = await conn.fetch(_q.read_due_timers, list(leads), now)
    return [Due(rows.timer_from(row), frozenset(row["said"]), row["is_stale"]) for row in found]


async def lock_waiting_leads(conn: Connection, versions: Sequence[int], limit: int) -> list[UUID]:
    """Leads whose rulebook version has arrived, locked."""
    return [row["id"] for row in await conn.fetch(_q.lock_waiting_leads, versions, limit)]


async def read_progress(conn: Connection) -> dict[tuple[str, int], Reading]:
    """How far each partition has been read."""
    found = await conn.fetch(_q.read_progress)
    return {(r["topic"], r["partition"]): Reading(r["read_up_to"], r["moved_at"]) for r in found}


async def write_progress(conn: Connection, told: Sequence[Progress], now: datetime) -> None:
    """Say how far partitions have been read."""
    await conn.execute(
        _q.write_progress,
        [progress.topic for progress in told],
        [progress.partition for progress in told],
        [progress.read_up_to for progress in told],
        now,
    )


async def fetch(conn: Connection, query: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows of a query by its name, for pages and gauges."""
    return [dict(row) for row in await conn.fetch(_q[query], *arguments)]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which promises are listed; None: all."""

    team: str | None = None
    rep: str | None = None
    line: str | None = None
    kind: str | None = None
    is_trial: bool | None = None

    @property
    def terms(self) -> tuple[str | None, str | None, str | None, str | None, bool | None]:
        """As queries take them."""
        return self.team, self.rep, self.line, self.kind, self.is_trial


@dataclass(frozen=True, slots=True)
class Running(Filter):
    """Which running promises a screen shows. `due_before`: those that run out by then."""

    is_trial: bool = False
    due_before: datetime | None = None


async def list_timers(
    conn: Connection, state: str, wanted: Filter, after_due: str, after_id: UUID, limit: int
) -> list[Timer]:
    """A page of promises by due time, after a place in that order."""
    found = await conn.fetch(_q.list_timers, state, after_due, after_id, *wanted.terms, limit)
    return [rows.timer_from(row) for row in found]


async def above_volume(conn: Connection, limits: Mapping[UUID, VolumeLimit]) -> set[UUID]:
    """Of these leads those that were delivered after as many as are agreed of their local day, or month."""
    if not limits:
        return set()
    found = await conn.fetch(
        _q.above_volume,
        list(limits),
        [limit.zone for limit in limits.values()],
        [limit.per_day for limit in limits.values()],
        [limit.per_month for limit in limits.values()],
    )
    return {row["id"] for row in found}


async def status_timers(
    conn: Connection, wanted: Running, after_due: str, after_id: UUID, limit: int
) -> list[Timer]:
    """A page of running promises by due time, after a place in that order."""
    before = "infinity" if wanted.due_before is None else wanted.due_before.isoformat()
    found = await conn.fetch(_q.status_timers, after_due, after_id, before, *wanted.terms, limit)
    return [rows.timer_from(row) for row in found]
