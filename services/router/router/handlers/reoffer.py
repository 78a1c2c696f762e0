"""Who is away or has left keeps no buyer waiting: leads they have not answered go on to somebody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from lead_events.ids import event_id
from router import metrics
from router.books import Books
from router.desk import Desk
from router.domain.absences import away_at, next_beginning, read_spans
from router.domain.book import Book, PoolChoice
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


class TellLead(Protocol):
    """Tells a team lead what is theirs to decide, within the transaction that found it."""

    async def __call__(self, unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
        """`leads` stay with `rep`, who is away or has left. May be called again with the same."""


async def tell_nobody(unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
    """For whoever only looks at the list of what is unattended."""


class ReofferHandler:
    """Re-offers leads of reps whose absence has begun. Harmless to repeat, and by any number at once."""

    def __init__(self, books: Books, reader: RepReader, tell: TellLead = tell_nobody) -> None:
        self._books = books
        self._reader = reader
        self._tell = tell

    async def due(self, unit: Unit) -> list[str]:
        """Reps whose turn it is."""
        return [row["id"] for row in await unit.conn.fetch(q.reps_to_reoffer, unit.now)]

    def reoffer(self, rep: str) -> Callable[[Unit], Any]:
        """One pass over a rep's unanswered leads; call it again until none went.

        The last one tells the team lead what stays, answered or not.
        """

        async def run(unit: Unit) -> Reoffered:
            desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
            found = await unit.conn.fetch(q.unanswered_of_rep, rep, AT_ONCE)
            await desk.take_leads([row["lead_id"] for row in found], insert=False)
            await unit.refresh_now()
            done = await reoffer_unanswered(desk, rep)
            row = (await unit.conn.fetch(q.one_rep, rep))[0]
            if done.gone or not _is_away(row, unit.now):
                return done
            stay = [each["lead_id"] for each in await unit.conn.fetch(q.open_of_reps, [rep])]
            if stay:
                await self._tell(unit, rep, stay)
            return done

        return run


async def reoffer_unanswered(desk: Desk, rep: str) -> Reoffered:
    """Take back and route what the rep holds of the desk's leads, unanswered, if the rep is away or has left.

    From who is only away a lead is taken if somebody else could ever have it. The minutes until then stay
    the team's: the rep's promise ran in their own working time only.
    """
    unit, book = desk.unit, desk.shelf.at(desk.unit.now)
    if book is None:
        return Reoffered()
    theirs = [(book, lead, choose_pool(lead, book)) for lead in desk.leads.values() if _is_held(lead, rep)]
    await desk.read_members()
    desk.expect_freed(rep, unit.now)
    await desk.take_for(theirs)
    row = (await unit.conn.fetch(q.one_rep, rep))[0]
    done = Reoffered()
    if _is_away(row, unit.now):
        done = _hand_on(desk, theirs, rep, has_left=row["left_at"] is not None)
        await desk.write()
        unit.after_commit(partial(metrics.REOFFERED.inc, len(done.gone)))
    if not done.gone:
        spans = read_spans(row["document"].get("absences", []))
        await unit.conn.execute(q.set_reoffer, rep, next_beginning(spans, unit.now))
    return done


def _hand_on(
    desk: Desk, theirs: Sequence[tuple[Book, Lead, PoolChoice]], rep: str, *, has_left: bool
) -> Reoffered:
    gone: list[UUID] = []
    stay: list[UUID] = []
    for book, lead, choice in theirs:
        if not has_left and desk.would_be_empty(lead, book, choice, rep):
            stay.append(lead.id)
            continue
        cause = _cause(lead)
        desk.take_back(lead, cause, Standing.REASSIGNED)
        desk.route(lead, cause, book, choice)
        gone.append(lead.id)
    return Reoffered(tuple(gone), tuple(stay))


def _is_held(lead: Lead, rep: str) -> bool:
    """Whether the rep holds it unanswered."""
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
