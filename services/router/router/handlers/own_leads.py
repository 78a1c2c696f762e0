"""A rep enters a lead of their own: it passes scoring, so that persons stay one, and comes back to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from lead_events import LeadScored
from lead_events.words import CauseKind
from router.books import Books
from router.desk import Desk
from router.domain.book import Book
from router.domain.choice import consents_of
from router.domain.leads import Lead, LeadState, Scored
from router.domain.own_leads import Entry, became_of, submission_of, was_free
from router.domain.why import why_found
from router.errors import KeyUsedForAnotherAct, NoRulebook, RepCannotHave, RosterInvalid
from router.store import q
from service_kit.batch import Received
from service_kit.postgres import Connection
from service_kit.unit import Unit


def enter(books: Books, rep: str, entry: Entry) -> Callable[[Unit], Any]:
    """The transaction that sends it to scoring, or says again what the same key did.

    Raises KeyUsedForAnotherAct, NoRulebook, RosterInvalid for a line that the rep does not sell, and
    RepCannotHave when they are full.
    """

    async def run(unit: Unit) -> dict[str, Any]:
        number = await unit.conn.fetchval(q.next_own_number)  # one at a time from here on
        known = await _entered_before(unit, rep, entry)
        if known is not None:
            await unit.conn.execute(q.return_own_number)
            return known
        book = (await books.shelf(unit.conn)).at(unit.now)
        if book is None:
            raise NoRulebook
        await _check_room(unit, rep, entry)
        identity = uuid4()
        sent = submission_of(entry, identity, rep, number=number, version=book.version, now=unit.now)
        unit.emit("lead-submitted", sent, key=entry.sent_as, cause=identity, subject=identity)
        await unit.conn.execute(
            q.insert_own_lead, identity, rep, unit.now, entry.line, entry.key, entry.fingerprint()
        )
        return _answer(identity)

    return run


async def _entered_before(unit: Unit, rep: str, entry: Entry) -> dict[str, Any] | None:
    row = await unit.conn.fetchrow(q.own_lead_of_key, rep, entry.key) if entry.key is not None else None
    if row is None:
        return None
    if row["fingerprint"] not in (None, entry.fingerprint()):
        raise KeyUsedForAnotherAct(entry.key or "")
    return _answer(row["id"])


def _answer(identity: UUID) -> dict[str, Any]:
    return {"id": str(identity), "became": "entered", "then": "GET /v1/me/leads says what became of it"}


async def _check_room(unit: Unit, rep: str, entry: Entry) -> None:
    row = await unit.conn.fetchrow(q.room_of_rep, rep)
    if row is None or not row["is_active"]:
        raise RepCannotHave("you are not active in the roster; ask your team lead")
    if entry.line not in row["lines"]:
        sold = ", ".join(sorted(row["lines"]))
        raise RosterInvalid("line", f"you do not sell {entry.line!r}; write one of: {sold}")
    if row["open"] >= row["capacity"]:
        raise RepCannotHave(
            f"you have {row['open']} open leads of at most {row['capacity']}; close or recycle one, then"
            " enter this again, or ask your team lead for more places"
        )


def _accept(desk: Desk, lead: Lead) -> None:
    if lead.handoff is not None:
        lead.handoff.accepted_at = desk.unit.now
        desk.ledger.touch_handoff(lead.handoff)


def _is_entry(kind: CauseKind) -> bool:
    return kind is CauseKind.SUBMISSION


@dataclass(slots=True)
class Found:
    """The entries whose leads are among the states of one batch, and what became of each."""

    finders: dict[UUID, str]
    settled: dict[UUID, tuple[UUID, str]]
    given: set[UUID] = field(default_factory=set)

    @classmethod
    async def read(cls, conn: Connection, events: Iterable[Received[LeadScored]]) -> "Found":
        """Who entered what these states were published for."""
        causes = [event.data.cause.id for event in events if _is_entry(event.data.cause.kind)]
        rows = await conn.fetch(q.finders, causes) if causes else []
        return cls({row["id"]: row["rep_id"] for row in rows}, {})

    def give(
        self,
        desk: Desk,
        event: Received[LeadScored],
        lead: Lead,
        book: Book,
        what: Scored,
        before: LeadState,
    ) -> bool:
        """Give a lead that nobody had to its finder, whoever's turn it is. False: it goes as any other.

        One place was free when they entered it; should another lead have taken that since, it is theirs all
        the same. Who enters a lead has accepted it: no absence gives it to somebody else. What we had before
        goes to a partner with the person's consent only.
        """
        rep = self._finder(event)
        if rep is None or what is Scored.DO_NOT_CONTACT or lead.handoff is not None or not was_free(before):
            return False
        finder = desk.reps.get(rep)
        if finder is None or not finder.is_active:
            return False
        if before is not LeadState.STUB and not book.may_have(finder, consents_of(lead)):
            return False
        self.given.add(event.data.cause.id)
        is_given = desk.hand_to(lead, event.id, book, rep, why_found(finder), over_capacity=True)
        _accept(desk, lead)
        return is_given

    def note(self, event: Received[LeadScored], lead: Lead) -> None:
        """What became of the entry, if this state comes of one."""
        cause = event.data.cause.id
        if self._finder(event) is not None and cause not in self.settled:
            self.settled[cause] = (lead.id, became_of(lead, is_given=cause in self.given).value)

    def is_entry(self, event: Received[LeadScored]) -> bool:
        """Whether a rep's entry, and no act of the buyer, is what this state was published for."""
        return self._finder(event) is not None

    def _finder(self, event: Received[LeadScored]) -> str | None:
        """Other leads of the person are published for the same cause, as scored anew: they are not meant."""
        cause = event.data.cause
        return self.finders.get(cause.id) if _is_entry(cause.kind) else None

    async def write(self, unit: Unit) -> None:
        """Keep what became of them."""
        if self.settled:
            leads, became = zip(*self.settled.values(), strict=True)
            await unit.conn.execute(
                q.settle_own_leads, list(self.settled), list(leads), list(became), unit.now
            )
