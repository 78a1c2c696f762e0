"""Who is away or has left keeps no buyer waiting: leads they have not answered go on to somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from lead_events.ids import event_id
from router import metrics
from router.books import Books
from router.desk import Desk
from router.domain.absences import away_at, next_beginning, read_spans
from router.domain.choice import choose_pool
from router.domain.eligibility import Standing
from router.domain.leads import Lead
from router.roster import RepReader
from router.store import Row, q
from service_kit.unit import Unit

AT_ONCE = 100
"""Leads in one transaction, at most."""


@dataclass(frozen=True, slots=True)
class Reoffered:
    """Leads taken back from a rep, and those that stayed since nobody else could ever take them."""

    gone: tuple[UUID, ...] = ()
    stay: tuple[UUID, ...] = ()


class ReofferHandler:
    """Re-offers leads of reps whose absence has begun. Harmless to repeat, and by any number at once."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def due(self, unit: Unit) -> list[str]:
        """Reps whose turn it is."""
        return [row["id"] for row in await unit.conn.fetch(q.reps_to_reoffer, unit.now)]

    def reoffer(self, rep: str) -> Callable[[Unit], Any]:
        """One pass over a rep's unanswered leads; call it again while it is `AT_ONCE` that went."""

        async def run(unit: Unit) -> Reoffered:
            desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
            found = await unit.conn.fetch(q.unanswered_of_rep, rep, AT_ONCE)
            await desk.take_leads([row["lead_id"] for row in found], insert=False)
            await unit.refresh_now()
            return await reoffer_unanswered(desk, rep)

        return run


async def reoffer_unanswered(desk: Desk, rep: str) -> Reoffered:
    """Take back and route what the rep holds of the desk's leads, unanswered, if the rep is away or has left.

    From who is only away a lead is taken if somebody else could ever have it. The minutes until then stay
    the team's: the rep's promise ran in their own working time only.
    """
    unit, book = desk.unit, desk.shelf.at(desk.unit.now)
    if book is None:
        return Reoffered()
    theirs = [lead for lead in desk.leads.values() if _is_unanswered(lead, rep)]
    choices = {lead.id: choose_pool(lead, book) for lead in theirs}
    await desk.read_members()
    desk.expect_freed(rep, unit.now)
    wanted = [(book, choice.pool) for choice in choices.values() if choice.pool is not None]
    await desk.take_pools(wanted, {lead.line for lead in theirs}, {each.owner for each in choices.values()})
    row = (await unit.conn.fetch(q.one_rep, rep))[0]
    gone: list[UUID] = []
    stay: list[UUID] = []
    if _is_away(row, unit.now):
        for lead in theirs:
            choice = choices[lead.id]
            if row["left_at"] is None and desk.would_be_empty(lead, book, choice, rep):
                stay.append(lead.id)
                continue
            cause = _cause(lead)
            desk.take_back(lead, cause, Standing.REASSIGNED)
            desk.route(lead, cause, book, choice)
            gone.append(lead.id)
        await desk.write()
        unit.after_commit(partial(metrics.REOFFERED.inc, len(gone)))
    if len(gone) < AT_ONCE:
        spans = read_spans(row["document"].get("absences", []))
        await unit.conn.execute(q.set_reoffer, rep, next_beginning(spans, unit.now))
    return Reoffered(tuple(gone), tuple(stay))


def _is_unanswered(lead: Lead, rep: str) -> bool:
    handoff = lead.handoff
    return (
        handoff is not None
        and handoff.rep == rep
        and handoff.accepted_at is None
        and handoff.contacted_at is None
    )


def _is_away(row: Row, now: datetime) -> bool:
    spans = read_spans(row["document"].get("absences", []))
    return row["left_at"] is not None or away_at(spans, now) is not None


def _cause(lead: Lead) -> UUID:
    """Of what follows: that the rep of this round is away."""
    if lead.handoff is None:
        raise AssertionError("an unanswered lead has a round")
    return event_id(lead.handoff.id, "rep-away", lead.id)
