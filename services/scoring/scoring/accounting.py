"""Conservation as scoring sees it: what intake numbered, what was read, and what is kept."""

from typing import Any

from scoring import metrics
from scoring.consumer import SUBMISSION_TOPICS
from scoring.domain.receipts import Account
from scoring.domain.submissions import SubmissionState
from scoring.store import books
from service_kit.conservation import Hop, conservation, read_hops
from service_kit.metrics import UNACCOUNTED
from service_kit.postgres import Database

RECEIPTS_HOP = "intake-receipts"
STORE_HOP = "scoring-store"


def receipts_hop(accounts: list[Account]) -> Hop:
    """What intake instances numbered, and what of it has arrived; numbers still open stand apart."""
    return Hop(
        RECEIPTS_HOP,
        "lead-submitted",
        read=sum(each.highest for each in accounts),
        effects={
            "arrived": sum(each.arrived for each in accounts),
            "unknown": sum(each.unknown for each in accounts),
        },
    )


def store_hop(read: list[Hop], by_state: dict[str, int]) -> Hop:
    """What the consumer says became of submissions, and the submissions that are kept in each state."""
    said = [hop.effects for hop in read if hop.topic in SUBMISSION_TOPICS]
    total = sum(effects.get(state, 0) for effects in said for state in SubmissionState)
    return Hop(STORE_HOP, "lead-submitted", read=total, effects=by_state)


async def conservation_answer(database: Database) -> dict[str, Any]:
    """The answer of GET /v1/conservation, all of one moment."""
    async with (
        database.acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        accounts = await books.accounts(conn)
        by_state = await books.submissions_by_state(conn)
        more = [receipts_hop(accounts), store_hop(await read_hops(conn), by_state)]
        answer = await conservation(conn, more)
    return {
        **answer,
        "submissions": {state: by_state.get(state, 0) for state in SubmissionState},
        "instances": [
            {
                "instance": each.instance,
                "highest": each.highest,
                "arrived": each.arrived,
                "unaccounted": each.unaccounted,
                "unknown": each.unknown,
            }
            for each in accounts
        ],
    }


class ReceiptsBook:
    """Folds receipts and exports what is missing; by one instance at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def work(self) -> None:
        """One round."""
        async with self._database.transaction() as conn:
            await books.fold_receipts(conn)
            accounts = await books.accounts(conn)
        UNACCOUNTED.labels(RECEIPTS_HOP).set(sum(each.unaccounted for each in accounts))
        metrics.RECEIPTS_UNKNOWN.set(sum(each.unknown for each in accounts))

    @staticmethod
    def forget() -> None:
        """Another instance exports these now."""
        UNACCOUNTED.labels(RECEIPTS_HOP).set(0)
        metrics.RECEIPTS_UNKNOWN.set(0)
