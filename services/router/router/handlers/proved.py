"""A program reports what it saw a rep do: the act is the rep's, and counts from when it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from lead_events.words import ProgressKind
from router.domain.acts import Act
from router.errors import NeverHadIt, WrongLeadState
from router.handlers.acts import ActHandler, Done
from router.store import Row, q
from service_kit.unit import Unit

SKEW = timedelta(minutes=2)
"""So far a program's clock may be behind ours: what it saw right after a handoff is of that handoff."""


def report(acts: ActHandler, lead: UUID, act: Act, rep: str | None) -> Callable[[Unit], Any]:
    """The transaction of one report; `rep` as it names them, else who has the lead or had it last.

    Raises NeverHadIt, WrongLeadState for a contact from before the handoff, and what ActHandler.act raises.
    """

    async def run(unit: Unit) -> Done:
        row = await unit.conn.fetchrow(q.last_round_of, lead, rep)
        if row is None:
            raise NeverHadIt(lead, rep)
        _check_moment(act, row)
        done = await acts.act(unit, row["rep_id"], lead, act)
        return replace(done, answer={**done.answer, "rep_id": row["rep_id"], "proof": act.proof.value})

    return run


def _check_moment(act: Act, row: Row) -> None:
    """Who was called before a rep had the lead was not answered by that rep."""
    claimed = act.claimed_at
    if act.kind is not ProgressKind.CONTACTED or claimed is None or claimed >= row["assigned_at"] - SKEW:
        return
    handed = row["assigned_at"].isoformat(timespec="seconds")
    raise WrongLeadState(
        act.kind.value,
        f"handed to {row['rep_id']} after that, at {handed}",
        "name under `rep` who had it then, or leave it out",
    )
