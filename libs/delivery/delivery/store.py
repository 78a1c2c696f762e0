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
        )
        for each in messages
    ]
    await conn.execute(_queries().insert_deliveries, *map(list, zip(*rows, strict=True)), now, for_)


async def claim(conn: Connection, *, now: datetime, for_: timedelta, limit: int) -> list[Claimed]:
    """Take what is due and in nobody's hands; after `for_` without a word it is anybody's again."""
    return [_claimed(row) for row in await conn.fetch(_queries().claim_due, now, for_, limit)]


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
    delivered = result.outcome is Outcome.DELIVERED
    state = "delivered" if delivered else "given_up"
    outcome = result.outcome if result.outcome.is_final else Outcome.OUT_OF_TIME
    await conn.execute(q.end_delivery, identity, number, state, now, outcome, result.detail)


async def count_pending(conn: Connection) -> int:
    """Messages on their way."""
    found: int = await conn.fetchval(_queries().count_pending)
    return found


async def forget_ended(conn: Connection, before: datetime) -> None:
    """Drop some of the messages that ended before a moment."""
    await conn.execute(_queries().forget_ended, before)


async def about(conn: Connection, these: Iterable[UUID]) -> list[dict[str, Any]]:
    """The newest message to each receiver about each of these, without addresses and texts."""
    return [dict(row) for row in await conn.fetch(_queries().about_these, list(these))]
