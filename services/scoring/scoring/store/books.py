"""The books that conservation is checked against: receipts of intake, what was read, and what is kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lead_events import Receipt
from scoring.domain.receipts import (
    HIGHEST_NUMBER,
    Account,
    Heard,
    Span,
    account,
    first_heard,
    grace_of,
    spans,
)
from scoring.store.save import columns
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.spec import Progress

_q = load_queries("scoring", "queries/books.sql")


@dataclass(frozen=True, slots=True)
class Read:
    """A receipt as read, with the broker's time of its record."""

    receipt: Receipt
    at: datetime


async def note_receipts(conn: Connection, read: Sequence[Read]) -> None:
    """Append what a batch read; one row an instance, so that batches never wait for each other here."""
    numbers: dict[str, set[int]] = defaultdict(set)
    heard: dict[str, datetime] = {}
    for each in read:
        instance = each.receipt.instance
        given = (each.receipt.number, *each.receipt.voided)
        numbers[instance].update(number for number in given if 1 <= number <= HIGHEST_NUMBER)
        heard[instance] = max(heard.get(instance, each.at), each.at)
    rows = [(name, _multirange(spans(found)), heard[name]) for name, found in numbers.items() if found]
    if rows:
        await conn.execute(_q.insert_receipts, *columns(rows, 3))


async def fold_receipts(conn: Connection) -> None:
    """Add what batches noted to the books of each instance. By one process at a time."""
    taken = await conn.fetch(_q.take_receipt_batches)
    if not taken:
        return
    before = {
        row["instance"]: Heard(
            row["highest"], row["last_at"], row["settled"], row["sampled"], row["sampled_at"]
        )
        for row in await conn.fetch(_q.lock_receipts, [row["instance"] for row in taken])
    }
    read_up_to = await conn.fetchval(_q.read_up_to)
    rows = []
    for row in taken:
        known = before.get(row["instance"])
        highest, at = row["highest"], row["heard_at"]
        grace = grace_of(row["instance"])
        now = first_heard(highest, at) if known is None else known.hear(highest, at, read_up_to, grace)
        rows.append(
            (
                row["instance"],
                row["numbers"],
                now.highest,
                now.last_at,
                now.settled,
                now.sampled,
                now.sampled_at,
            )
        )
    await conn.execute(_q.save_receipts, *columns(rows, 7))


async def accounts(conn: Connection) -> list[Account]:
    """The books of each instance as of now; what is settled, as of the last fold."""
    return [
        account(
            row["instance"],
            list(zip(row["firsts"], row["afters"], strict=True)),
            Heard(row["highest"], row["last_at"], row["settled"], row["sampled"], row["sampled_at"]),
        )
        for row in await conn.fetch(_q.receipts_arrived)
    ]


async def note_reading(conn: Connection, progress: Sequence[Progress]) -> None:
    """Keep how far partitions of submissions have been read."""
    rows = sorted((each.topic, each.partition, each.read_up_to) for each in progress)
    await conn.execute(_q.save_reading, *columns(rows, 3))


async def submissions_by_state(conn: Connection) -> dict[str, int]:
    """How many submissions stand in each state."""
    return {row["state"]: row["submissions"] for row in await conn.fetch(_q.submissions_by_state)}


def _multirange(found: Sequence[Span]) -> str:
    return "{" + ",".join(f"[{first},{after})" for first, after in found) + "}"
