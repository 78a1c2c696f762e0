"""All SQL of the router.

Rows in, domain objects out. Every function works inside the caller's transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lead_events.words import CloseReason, HoldReason, ProgressKind, Stage, TimerKind
from router.domain.acts import PastAct, PastRound
from router.domain.breaches import LastActs
from router.domain.kept_needs import needs_of_text, text_of_needs
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.needs import Needs
from router.domain.pauses import Pause
from router.lead_rows import lead_for_rules
from service_kit.postgres import Connection
from service_kit.queries import load_queries

q = load_queries("router", "queries")

Row = asyncpg.Record


def read_lead(row: Row) -> Lead:
    """A lead of its row, without the open round."""
    lead = lead_for_rules(row["id"], row)
    lead.person_id = row["person_id"]
    lead.scored_seq, lead.routed_seq = row["scored_seq"], row["routed_seq"]
    lead.progressed_seq, lead.handled_seq = row["progressed_seq"], row["handled_seq"]
    lead.stage = Stage(row["stage"])
    lead.is_test = row["is_test"]
    lead.received_at, lead.sql_at = row["received_at"], row["sql_at"]
    lead.rulebook_version = row["rulebook_version"]
    lead.round, lead.pool = row["round"], row["pool_id"]
    lead.hold_reason = HoldReason(row["hold_reason"]) if row["hold_reason"] else None
    lead.held_since, lead.next_try_at = row["held_since"], row["next_try_at"]
    lead.excluded, lead.handling, lead.chosen = row["excluded"], row["handling"], row["chosen"]
    lead.needs, lead.relax_at = needs_of_text(row["needs"]), row["relax_at"]
    lead.waits_for = row["waits_for"]
    lead.last_routed = row["last_routed"]
    lead.closed_at, lead.closing_seq = row["closed_at"], row["closing_seq"]
    lead.close_reason = CloseReason(row["close_reason"]) if row["close_reason"] else None
    lead.locked_by, lead.locked_at = row["locked_by"], row["locked_at"]
    return lead


def _read_handoff(row: Row) -> Handoff:
    return Handoff(
        id=row["id"],
        rep=row["rep_id"],
        pool=row["pool_id"],
        round=row["round"],
        assigned_at=row["assigned_at"],
        rulebook_version=row["rulebook_version"],
        accepted_at=row["accepted_at"],
        contacted_at=row["contacted_at"],
        talked_at=row["talked_at"],
        asked_again=row["asked_again"],
        asked_again_at=row["asked_again_at"],
        warned_at=row["warned_at"],
        breached_at=row["breached_at"],
    )


async def lock_leads(conn: Connection, ids: Iterable[UUID], *, insert: bool) -> dict[UUID, Lead]:
    """Lock leads by id, with their open rounds; with `insert`, unknown ones get a row first."""
    ordered = sorted(set(ids))
    if insert:
        await conn.execute(q.insert_stubs, ordered)
    return await with_handoffs(conn, await conn.fetch(q.lock_leads, ordered))


async def lock_imported(
    conn: Connection,
    pool: str,
    line: str,
    import_id: str,
    kinds: Sequence[tuple[Needs, bool | None, Collection[str], Collection[str], int]],
    members: Sequence[str],
    limit: int,
    now: datetime,
) -> dict[UUID, Lead]:
    """Lock held leads of an import, best first; those locked elsewhere are left.

    `kinds`: needs, whether what they prefer is still asked for, who may take such leads, what an owner column
    may call these, and how many. It may call anybody of the pool by any of `members`.
    """
    rows = await conn.fetch(
        q.lock_imported,
        pool,
        line,
        import_id,
        [text_of_needs(needs) for needs, _, _, _, _ in kinds],
        [strict for _, strict, _, _, _ in kinds],
        [",".join(reps) for _, _, reps, _, _ in kinds],
        [",".join(names) for _, _, _, names, _ in kinds],
        [places for _, _, _, _, places in kinds],
        list(members),
        limit,
        now,
    )
    return {lead.id: lead for lead in map(read_lead, rows)}


async def lock_orphans(
    conn: Connection, pools: Iterable[str], lines: Iterable[str], partners: Mapping[str, str], limit: int
) -> dict[UUID, Lead]:
    """Lock held leads of `lines` that are in none of `pools`, or in one of `partners` without their person's
    consent to the purpose named with it."""
    consents = list(partners), list(partners.values())
    rows = await conn.fetch(q.lock_orphans, sorted(pools), sorted(lines), limit, *consents)
    return {lead.id: lead for lead in map(read_lead, rows)}


async def lock_waiting_for_owners(
    conn: Connection, now: datetime, places: Mapping[str, int], limit: int
) -> dict[UUID, Lead]:
    """Lock leads that wait for whom they belong to, and are to look again: by the clock, or since their owner
    can take so many now."""
    rows = await conn.fetch(q.lock_waiting_for_owners, now, limit)
    if places:
        rows += await conn.fetch(q.lock_waiting_for, list(places), list(places.values()), limit)
    return {lead.id: lead for lead in map(read_lead, rows)}


async def with_handoffs(conn: Connection, rows: Sequence[Row]) -> dict[UUID, Lead]:
    """Leads of their rows, with their open rounds."""
    leads = {lead.id: lead for lead in map(read_lead, rows)}
    assigned = [lead.id for lead in leads.values() if lead.state is LeadState.ASSIGNED]
    if assigned:
        for row in await conn.fetch(q.open_assignments, assigned):
            leads[row["lead_id"]].handoff = _read_handoff(row)
    return leads


async def write_leads(conn: Connection, leads: Sequence[Lead]) -> None:
    """Write locked leads back."""
    columns: list[list[Any]] = [
        [lead.id for lead in leads],
        [lead.state.value for lead in leads],
        [lead.person_id for lead in leads],
        [lead.line for lead in leads],
        [lead.scored_seq for lead in leads],
        [lead.routed_seq for lead in leads],
        [lead.progressed_seq for lead in leads],
        [lead.quadrant.value for lead in leads],
        [lead.stage.value for lead in leads],
        [lead.profile for lead in leads],
        [lead.score for lead in leads],
        [lead.form_id for lead in leads],
        [lead.source for lead in leads],
        [lead.campaign for lead in leads],
        [lead.submissions for lead in leads],
        [lead.asks for lead in leads],
        [lead.is_test for lead in leads],
        [lead.received_at for lead in leads],
        [lead.sql_at for lead in leads],
        [lead.rulebook_version for lead in leads],
        [lead.round for lead in leads],
        [lead.pool for lead in leads],
        [lead.rank for lead in leads],
        [lead.hold_reason for lead in leads],
        [lead.held_since for lead in leads],
        [lead.next_try_at for lead in leads],
        [lead.excluded for lead in leads],
        [lead.last_routed for lead in leads],
        [lead.closed_at for lead in leads],
        [lead.close_reason for lead in leads],
        [lead.closing_seq for lead in leads],
        [lead.handling for lead in leads],
        [lead.account for lead in leads],
        [text_of_needs(lead.needs) for lead in leads],
        [lead.routable().relaxes_at() if lead.state is LeadState.HELD else None for lead in leads],
        [lead.value for lead in leads],
        [lead.told for lead in leads],
        [lead.chosen for lead in leads],
        [lead.waits_for if lead.state is LeadState.HELD else None for lead in leads],
    ]
    await conn.execute(q.update_leads, *columns)


async def write_handoffs(conn: Connection, handoffs: Sequence[Handoff]) -> None:
    """Write what happened in open rounds."""
    await conn.execute(
        q.update_assignments,
        [each.id for each in handoffs],
        [each.accepted_at for each in handoffs],
        [each.contacted_at for each in handoffs],
        [each.asked_again for each in handoffs],
        [each.asked_again_at for each in handoffs],
        [each.warned_at for each in handoffs],
        [each.breached_at for each in handoffs],
        [each.talked_at for each in handoffs],
    )


async def past_acts(conn: Connection, lead: UUID, rep: str) -> list[PastAct]:
    """What a rep did on a lead, oldest first."""
    return [
        PastAct(ProgressKind(row["kind"]), row["content"], row["key"], row["round"], row["at"], row["answer"])
        for row in await conn.fetch(q.acts_of_rep, lead, rep)
    ]


async def past_rounds(conn: Connection, lead: UUID, rep: str) -> list[PastRound]:
    """The rounds a rep had on a lead, oldest first."""
    return [
        PastRound(row["round"], row["ended_by"], row["ended_at"])
        for row in await conn.fetch(q.rounds_of_rep, lead, rep)
    ]


async def pauses_of(
    conn: Connection, rounds: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], list[Pause]]:
    """The pauses of rounds, named by lead and number, oldest first; what has none is left out."""
    found: dict[tuple[UUID, int], list[Pause]] = {}
    if not rounds:
        return found
    columns = [lead for lead, _ in rounds], [number for _, number in rounds]
    for row in await conn.fetch(q.pauses_of_rounds, *columns):
        kinds = frozenset(map(TimerKind, row["kinds"]))
        pause = Pause(row["code"], kinds, row["at"], row["until"], row["resumed_at"])
        found.setdefault((row["lead_id"], row["round"]), []).append(pause)
    return found


async def withdrawn(conn: Connection, breaches: Sequence[UUID]) -> set[UUID]:
    """Those of these breaches, named by their events, that a withdrawal kept here takes back."""
    return {row["withdraws"] for row in await conn.fetch(q.withdrawn_breaches, list(breaches))}


async def standing_breaches(
    conn: Connection, rounds: Sequence[tuple[UUID, int]], taken_back: Collection[UUID]
) -> dict[tuple[UUID, int], datetime]:
    """When the last breach of each round was said that binds and stands, those `taken_back` left out."""
    columns = [lead for lead, _ in rounds], [number for _, number in rounds]
    found = await conn.fetch(q.standing_breaches, *columns, list(taken_back))
    return {(row["lead_id"], row["round"]): row["at"] for row in found}


async def kept_by(conn: Connection, rounds: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], LastActs]:
    """When reps last did what keeps promises, by lead and number of the round."""
    if not rounds:
        return {}
    columns = [lead for lead, _ in rounds], [number for _, number in rounds]
    return {
        (row["lead_id"], row["round"]): LastActs(
            row["accepted_at"], row["tried_at"], row["talked_at"], row["outcome_at"]
        )
        for row in await conn.fetch(q.acts_of_rounds, *columns)
    }


async def note_openings(conn: Connection, now: datetime) -> None:
    """Make a drain due in pools whose next rep has come to work."""
    await conn.execute(q.note_openings, now)
