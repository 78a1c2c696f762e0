"""Who is away or has left keeps no buyer waiting: leads they have not answered go on to somebody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from router.domain.said import said
from router.roster import RepReader
from router.store import Row, q
from service_kit.unit import Unit

AT_ONCE = 100
"""Leads in one transaction, at most."""
LOOK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reoffered:
    """Leads taken back from a rep, and those that stayed since nobody else could ever take them."""

    gone: tuple[UUID, ...] = ()
    stay: tuple[UUID, ...] = ()


NOTHING = Reoffered()


class TellLead(Protocol):
    """Tells a team lead what is theirs to decide, within the transaction that found it."""

    async def __call__(self, unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
        """`leads` stay with `rep`, who is away or has left: told once an absence."""


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

    def reoffer(self, rep: str, before: Reoffered = NOTHING) -> Callable[[Unit], Any]:
        """One pass over a rep's unanswered leads; again, with what all did so far, until it does nothing.

        So each lead is looked at once. The last pass tells the team lead what stays, answered or not.
        """

        async def run(unit: Unit) -> Reoffered:
            desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
            known = [*before.gone, *before.stay]
            found = await unit.conn.fetch(q.unanswered_of_rep, rep, known, AT_ONCE)
            await desk.take_leads([row["lead_id"] for row in found], insert=False)
            await unit.refresh_now()
            done = await reoffer_unanswered(desk, rep)
            if done == NOTHING:
                row = (await unit.conn.fetch(q.one_rep, rep))[0]
                await unit.conn.execute(q.set_reoffer, rep, _next_look(row, before, unit.now))
                await self._tell_once(unit, row)
            return done

        return run

    async def _tell_once(self, unit: Unit, row: Row) -> None:
        """Once an absence, and once for good."""
        began = _gone_since(row, unit.now)
        if began is None or began == row["lead_told_of"]:
            return
        stay = [each["lead_id"] for each in await unit.conn.fetch(q.open_of_reps, [row["id"]])]
        if stay:
            await self._tell(unit, row["id"], stay)
            await unit.conn.execute(q.note_told, row["id"], began)


async def reoffer_unanswered(desk: Desk, rep: str) -> Reoffered:
    """Take back and route what the rep holds of the desk's leads, unanswered, if the rep is away or has left.

    From who is only away a lead is taken if somebody else could ever have it, and may come back to them if
    it waits still when they do. The minutes until then stay the team's: the rep's promise ran in their own
    working time only.
    """
    unit, book = desk.unit, desk.shelf.at(desk.unit.now)
    if book is None:
        return NOTHING
    theirs = [(book, lead, choose_pool(lead, book)) for lead in desk.leads.values() if _is_held(lead, rep)]
    await desk.read_members()
    desk.expect_freed(rep, unit.now)
    await desk.take_for(theirs)
    row = (await unit.conn.fetch(q.one_rep, rep))[0]
    if _gone_since(row, unit.now) is None:
        return NOTHING
    done = _hand_on(desk, theirs, rep, has_left=row["left_at"] is not None)
    await desk.write()
    unit.after_commit(partial(metrics.REOFFERED.inc, len(done.gone)))
    return done


def _hand_on(
    desk: Desk, theirs: Sequence[tuple[Book, Lead, PoolChoice]], rep: str, *, has_left: bool
) -> Reoffered:
    gone: list[UUID] = []
    stay: list[UUID] = []
    for book, lead, choice in theirs:
        is_locked = lead.locked_by is not None
        if is_locked or (not has_left and desk.would_be_empty(lead, book, choice, rep)):
            stay.append(lead.id)
            continue
        cause = _cause(lead)
        gone_as = said("gone.left" if has_left else "gone.away")
        desk.take_back(lead, cause, Standing.REASSIGNED, gone_as, for_good=has_left)
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


def _gone_since(row: Row, now: datetime) -> datetime | None:
    """Since when the rep is away or has left; None if they are not."""
    left_at: datetime | None = row["left_at"]
    span = away_at(read_spans(row["document"].get("absences", [])), now)
    return left_at or (span[0] if span is not None else None)


def _next_look(row: Row, done: Reoffered, now: datetime) -> datetime | None:
    """While a lead stays since nobody else can ever take it, somebody may come who can."""
    if done.stay:
        return now + LOOK_AGAIN
    return next_beginning(read_spans(row["document"].get("absences", [])), now)


def _cause(lead: Lead) -> UUID:
    """Of what follows: that the rep of this round is away."""
    if lead.handoff is None:
        raise AssertionError("an unanswered lead has a round")
    return event_id(lead.handoff.id, "rep-away", lead.id)
