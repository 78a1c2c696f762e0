"""SQL of CRMs: rows in, what they stand for out. Each function runs in the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lead_events.words import ProgressKind
from router.crm.told import Attempt, Told
from router.store import Row, q
from rulebook.crm_order import in_order
from rulebook.models import CrmConnection
from service_kit.postgres import Connection

AT_ONCE = 500
"""News turned into requests in one transaction."""
ERASED = "erased"
ERASED_FOR = timedelta(days=28)
"""A CRM hears of an erasure for so long: the law gives a month."""


async def plan(conn: Connection, connections: Mapping[str, CrmConnection], now: datetime) -> int:
    """Turn news into requests of every connection. Returns how much news there was; 0 too while another
    process is at it."""
    if not await conn.fetchval(q.crm_alone, "news"):
        return 0
    news = await conn.fetch(q.crm_take_news, AT_ONCE)
    rows = [row for each in news for row in _requests(each, connections, now)]
    if rows:
        await conn.execute(q.crm_insert_requests, *map(list, zip(*rows, strict=True)), now)
    if news:
        await conn.execute(q.crm_drop_news, [each["id"] for each in news])
    for each in news:
        if each["kind"] == ERASED:
            await conn.execute(q.crm_drop_ids, each["lead_id"], each["person_id"])
    return len(news)


def _requests(news: Row, connections: Mapping[str, CrmConnection], now: datetime) -> list[tuple[Any, ...]]:
    kind = news["kind"]
    found = []
    for name, connection in connections.items():
        if news["is_test"] and not connection.tests:
            continue
        if kind == ProgressKind.CONTACTED and said_by(name, news["act_key"]):
            continue  # its own word is better than the one that we have for it
        for request in in_order(connection.requests):
            told = connection.requests[request]
            if kind in told.on or (kind.startswith("outcome.") and "outcome" in told.on):
                found.append(
                    (
                        uuid5(news["cause"], f"{name}/{request}/{kind}"),
                        name,
                        request,
                        kind,
                        news["lead_id"],
                        news["person_id"],
                        news["round"],
                        news["act_id"],
                        news["happened_at"],
                        now + (ERASED_FOR if kind == ERASED else connection.gives_up_after),
                    )
                )
    return found


def key_of(connection: str, event: str) -> str:
    """The key of the act that an event of a CRM is."""
    return f"crm:{connection}:{event}"


def said_by(connection: str, key: str | None) -> bool:
    """Whether an act is what this CRM said."""
    return key is not None and key.startswith(key_of(connection, ""))


async def claim(
    conn: Connection, *, now: datetime, for_: timedelta, limit: int, of: str | None, known: Sequence[str]
) -> list[Told]:
    """Take requests of a connection that are due and first of their subject; None: of no known connection."""
    return [Told.of(row) for row in await conn.fetch(q.crm_claim, now, for_, limit, of, list(known))]


async def story(conn: Connection, lead: UUID, round_: int, act: UUID | None) -> Row | None:
    """A lead with the round and act that a request tells of."""
    rows = await conn.fetch(q.crm_story, lead, round_, act)
    return rows[0] if rows else None


async def records(conn: Connection, connection: str, subjects: Sequence[UUID]) -> dict[str, str]:
    """The ids that a CRM has for these subjects, by the names they are kept as."""
    rows = await conn.fetch(q.crm_records_of, connection, list(subjects))
    return {row["name"]: row["object_id"] for row in rows}


async def note(
    conn: Connection,
    told: Told,
    attempt: Attempt,
    *,
    pers: Mapping[str, str],
    began: datetime,
    now: datetime,
    next_try: datetime | None,
) -> None:
    """Keep how an attempt ended, the ids it brought, and when the next one is; None: there is none."""
    if not await conn.fetchval(q.crm_is_in_hand, told.id):  # the person was erased meanwhile
        await conn.execute(q.crm_erased_meanwhile, told.id, told.lead, told.round, now)
    await _keep_ids(conn, told, attempt, pers, now)
    await _note_attempt(conn, told, attempt, began, now, next_try)
    if told.kind == ERASED:
        await conn.execute(q.crm_drop_ids, told.lead, told.person)


async def _keep_ids(
    conn: Connection, told: Told, attempt: Attempt, pers: Mapping[str, str], now: datetime
) -> None:
    for name in attempt.lost:
        await conn.execute(q.crm_drop_record, told.connection, name, told.subject_of(pers.get(name, "lead")))
    for name, found in attempt.kept.items():
        subject = told.subject_of(pers.get(name, "lead"))
        await conn.execute(q.crm_keep_record, told.connection, name, subject, found, told.lead, now)
        await conn.execute(q.crm_waken_events, told.connection, name, found)


async def _note_attempt(
    conn: Connection, told: Told, attempt: Attempt, began: datetime, now: datetime, next_try: datetime | None
) -> None:
    result = attempt.result
    await conn.execute(
        q.crm_note_attempt,
        told.id,
        told.attempts,
        began,
        now,
        result.outcome,
        result.detail,
        attempt.owner,
    )
    state = attempt.state or ("pending" if next_try is not None else "given_up")
    await conn.execute(
        q.crm_settle, told.id, told.attempts, state, next_try or now, result.outcome, result.detail, now
    )
