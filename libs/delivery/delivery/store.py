"""The table of attempts, in the schema of the service that sends. Each function runs in the caller's
transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from delivery.message import Channel, Message, Outcome, Result, Target
from service_kit.postgres import Connection
from service_kit.queries import Queries, load_queries


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message taken in hand, for the `attempts`-th time."""

    message: Message
    attempts: int
    give_up_at: datetime


@lru_cache(maxsize=1)
def _queries() -> Queries:
    return load_queries("delivery")


async def enqueue(conn: Connection, messages: Sequence[Message], *, now: datetime, for_: timedelta) -> None:
    """Messages to send from `now` on, given up after `for_`. The same id again changes nothing."""
    if not messages:
        return
    rows = [
        (
            each.id,
            each.about,
            each.kind,
            each.target.channel,
            each.target.as_json(),
            each.subject,
            each.text,
            dict(each.data),
            each.target.receiver,
        )
        for each in messages
    ]
    await conn.execute(_queries().insert_deliveries, *map(list, zip(*rows, strict=True)), now, for_)


async def claim(
    conn: Connection, *, now: datetime, for_: timedelta, limit: int, but_for: Iterable[str] = ()
) -> list[Claimed]:
    """Take what is due and in nobody's hands, but for some receivers; after `for_` without a word it is
    anybody's again."""
    rows = await conn.fetch(_queries().claim_due, now, for_, limit, sorted(but_for))
    return [_claimed(row) for row in rows]


def _claimed(row: Any) -> Claimed:
    message = Message(
        id=row["id"],
        about=row["about"],
        kind=row["kind"],
        target=Target(Channel(row["channel"]), **row["target"]),
        subject=row["subject"],
        text=row["text"],
        created_at=row["created_at"],
        data=row["data"],
    )
    return Claimed(message, row["attempts"], row["give_up_at"])


async def note(
    conn: Connection,
    claimed: Claimed,
    result: Result,
    *,
    now: datetime,
    milliseconds: int,
    next_try: datetime | None,
) -> None:
    """Keep how an attempt ended, and when the next one is; None: there is none."""
    identity, number = claimed.message.id, claimed.attempts
    q = _queries()
    await conn.execute(q.note_attempt, identity, number, now, milliseconds, result.outcome, result.detail)
    if next_try is not None:
        await conn.execute(q.put_off, identity, number, next_try, result.outcome, result.detail)
        return
    state = _STATES.get(result.outcome, "given_up")
    outcome = result.outcome if result.outcome.is_final else Outcome.OUT_OF_TIME
    await conn.execute(q.end_delivery, identity, number, state, now, outcome, result.detail, result.receipt)


_STATES = {Outcome.DELIVERED: "delivered", Outcome.STALE: "dropped"}


async def put_back(conn: Connection, claimed: Sequence[Claimed]) -> None:
    """Messages that were taken in hand for nothing: it was no attempt."""
    if claimed:
        identities = [each.message.id for each in claimed]
        await conn.execute(_queries().put_back, identities, [each.attempts for each in claimed])


async def listed(
    conn: Connection, *, state: str | None, channel: str | None, about: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Messages, the newest first, without addresses and texts."""
    return [dict(row) for row in await conn.fetch(_queries().list_deliveries, state, channel, about, limit)]


async def one(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """One message with each attempt; None if there is none of that id, or it is forgotten."""
    rows = await conn.fetch(_queries().one_delivery, identity)
    if not rows:
        return None
    attempts = [dict(row) for row in await conn.fetch(_queries().attempts_of, identity)]
    return {**dict(rows[0]), "each_attempt": attempts}


async def send_again(conn: Connection, identity: UUID, now: datetime) -> bool:
    """Try a message that was given up once more; False if it is not given up."""
    return bool(await conn.fetch(_queries().send_again, identity, now))


async def count_pending(conn: Connection) -> int:
    """Messages on their way."""
    found: int = await conn.fetchval(_queries().count_pending)
    return found


async def forget_ended(conn: Connection, before: datetime) -> None:
    """Drop some of the messages that ended before a moment."""
    await conn.execute(_queries().forget_ended, before)


async def take_token(
    conn: Connection, token_url: str, client_id: str, until: datetime, now: datetime
) -> tuple[bytes | None] | None:
    """What is kept for a client of a server of tokens, and the turn to ask; None: another process has it."""
    rows = await conn.fetch(_queries().take_token, token_url, client_id, until, now)
    return (rows[0]["sealed"],) if rows else None


async def keep_token(
    conn: Connection, token_url: str, client_id: str, sealed: bytes | None, now: datetime
) -> None:
    """Keep what the server gave (None: nothing), and give back the turn."""
    await conn.execute(_queries().keep_token, token_url, client_id, sealed, now)


async def about(conn: Connection, these: Iterable[UUID]) -> list[dict[str, Any]]:
    """The newest message to each receiver about each of these, without addresses and texts."""
    return [dict(row) for row in await conn.fetch(_queries().about_these, list(these))]
