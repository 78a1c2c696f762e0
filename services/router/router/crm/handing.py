"""Gives an open lead to the rep whom a CRM names as its owner."""

from typing import Any
from uuid import UUID

from lead_events.ids import event_id
from router.books import Books
from router.desk import Desk
from router.domain.eligibility import Standing
from router.domain.said import said
from router.domain.why import why_as_crm_says
from router.errors import NoRulebook, Refused
from router.handlers.assigning import check_consent
from router.roster import RepReader
from service_kit.unit import Unit


class OwnerHandler:
    """The CRM's word is that somebody has decided: nobody's turn is asked, nor their capacity."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def assign(self, unit: Unit, lead: UUID, rep: str, by: str) -> Any:
        """End the open round and begin one of this rep. Raises Refused when nobody has the lead, the rep
        takes no part any more, or is a partner whom the person did not agree to."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        await desk.take_leads([lead], insert=False)
        found, book = desk.leads.get(lead), desk.shelf.at(await unit.refresh_now())
        if book is None:
            raise NoRulebook
        if found is None or found.handoff is None:
            raise Refused("nobody has the lead any more")
        if found.handoff.rep == rep:
            return
        if found.locked_by is not None:
            raise Refused(f"{found.locked_by} locked the lead to its rep: have it unlocked here first")
        await desk.read_members()
        if rep not in desk.members or not desk.members[rep].is_active:
            raise Refused(f"{rep} takes no part any more: hand it to somebody else there")
        desk.expect_freed(found.handoff.rep, unit.now)
        await desk.take_pools([], [found.line], [rep])
        check_consent(book, desk.reps[rep], found)
        cause = event_id(found.handoff.id, f"{by} {rep}", lead)
        desk.take_back(found, cause, Standing.REASSIGNED, said("gone.by_hand", by=by))
        why = why_as_crm_says(desk.reps[rep], by.removeprefix("crm:"))
        desk.hand_to(found, cause, book, rep, why, over_capacity=True)
        await desk.write()
