"""Does what a CRM said: an owner is a new rep, an outcome is the act of who has the lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from lead_events.words import ProgressKind
from router.books import Books
from router.crm import metrics
from router.crm.echo import Contact, Telling, comes_back
from router.crm.heard import EventState
from router.crm.ledger import key_of
from router.crm.sender import connections_at
from router.domain.acts import Act
from router.domain.leads import LeadState
from router.errors import Refused
from router.store import Row, q
from rulebook.models import CrmConnection
from service_kit.errors import describe, is_transient
from service_kit.logs import logger
from service_kit.runtime import Runtime
from service_kit.unit import Unit

ECHO = timedelta(minutes=2)
"""So far from an attempt of ours the CRM may date the change that it made."""
_COME_BACK, _REPORT_BACK = "our own change, come back", "our own report, come back"
_log = logger(__name__)


class Acts(Protocol):
    """Does a rep's act."""

    async def act(self, unit: Unit, rep: str, lead_id: UUID, act: Act) -> Any:
        """Raises Refused."""


class Assigns(Protocol):
    """Gives a lead to a named rep."""

    async def assign(self, unit: Unit, lead: UUID, rep: str, by: str) -> Any:
        """Raises Refused."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an event, and why. `frees`: a rep may have room now."""

    state: EventState
    why: str
    lead: UUID | None = None
    frees: bool = False


class CrmApplier:
    """Applies events one after the other, each in a transaction of its own; one process at a time."""

    def __init__(self, runtime: Runtime, books: Books, acts: Acts, assigns: Assigns) -> None:
        self._runtime = runtime
        self._books = books
        self._acts = acts
        self._assigns = assigns

    async def work(self) -> bool:
        """Everything that waits. Returns whether a rep may have room now."""
        frees = False
        while True:
            settled = await self._next()
            if settled is None:
                return frees
            metrics.EVENTS.labels(settled.state).inc()
            frees |= settled.frees

    async def _next(self) -> Settled | None:
        """One event. What it asks for and cannot be is rolled back, and noted in another transaction."""
        try:
            return await self._runtime.in_transaction(self._apply)
        except _Refusal as refusal:
            settled, event = refusal.settled, refusal.event

            async def note(unit: Unit) -> None:
                await _note(unit, event, settled)

            await self._runtime.in_transaction(note)
            return settled

    async def _apply(self, unit: Unit) -> Settled | None:
        if not await unit.conn.fetchval(q.crm_alone, "events"):
            return None
        event = await unit.conn.fetchrow(q.crm_next_event)
        if event is None:
            return None
        connections = await connections_at(self._books, unit.conn, unit.now)
        try:
            settled = await self._settle(unit, event, connections.get(event["connection"]))
        except Refused as error:
            raise _Refusal(event, Settled(EventState.UNMATCHED, str(error), event["lead_id"])) from error
        except Exception as error:  # one event's own fault must not keep the others
            if is_transient(error):
                raise
            _log.exception("what a CRM said could not be done", connection=event["connection"])
            why = f"it could not be done: {describe(error)}"[:300]
            raise _Refusal(event, Settled(EventState.UNMATCHED, why, event["lead_id"])) from error
        await _note(unit, event, settled)
        return settled

    async def _settle(self, unit: Unit, event: Row, connection: CrmConnection | None) -> Settled:
        if connection is None:
            return Settled(EventState.UNMATCHED, "crm.yaml has no such connection any more")
        if event["is_ours"]:
            return Settled(EventState.IGNORED, _COME_BACK)
        leads = await unit.conn.fetch(q.crm_leads_of_object, *_named(event))
        if not leads:
            return Settled(EventState.UNMATCHED, "no lead is known under this id")
        lead = leads[0]
        if sum(each["state"] == LeadState.ASSIGNED for each in leads) > 1:
            why = "the person has several open leads, and it does not say which: report it on the lead itself"
            return Settled(EventState.UNMATCHED, why)
        if event["owner"] is not None:
            owned = await self._hand_over(unit, event, connection, lead)
            is_all = event["outcome"] is None and event["result"] is None
            if is_all or owned.state is EventState.UNMATCHED:
                return owned
        if event["outcome"] is None:
            return await self._contacted(unit, event, connection)
        return await self._report(unit, event)

    async def _hand_over(self, unit: Unit, event: Row, connection: CrmConnection, lead: Row) -> Settled:
        by = q.crm_rep_by_email if connection.owner_by == "email" else q.crm_rep_by_id
        rep = await unit.conn.fetchval(by, event["owner"])
        named = event["object_id"], _COME_BACK
        if await _is_our_own(unit, q.crm_our_own, event, lead, event["owner"], *named):
            return Settled(EventState.IGNORED, _COME_BACK, lead["id"])
        if await _is_outdone(unit, event, is_owner=True):
            return Settled(EventState.IGNORED, "older than a change that is applied", lead["id"])
        if rep is None:
            why = f"no rep of the roster has this {connection.owner_by}: {event['owner']}"
            return Settled(EventState.UNMATCHED, why, lead["id"])
        if lead["state"] != LeadState.ASSIGNED:
            return Settled(EventState.UNMATCHED, f"the lead is {lead['state']}: nobody has it", lead["id"])
        if lead["rep_id"] == rep:
            return Settled(EventState.APPLIED, "they have it already", lead["id"])
        at = event["occurred_at"]
        if at is not None and at < lead["assigned_at"]:
            return Settled(EventState.IGNORED, "the lead was handed on after it", lead["id"])
        await self._assigns.assign(unit, lead["id"], rep, f"crm:{event['connection']}")
        return Settled(EventState.APPLIED, f"handed to {rep}", lead["id"], frees=True)

    async def _report(self, unit: Unit, event: Row) -> Settled:
        """By whoever has the lead now, or had it last: they may have got it a moment ago."""
        lead = _lead_meant(await unit.conn.fetch(q.crm_leads_of_object, *_named(event)), event["occurred_at"])
        amount = event["value_minor"], event["currency"]
        if await _is_our_own(unit, q.crm_our_own_outcome, event, lead, event["outcome"], *amount):
            return Settled(EventState.IGNORED, _REPORT_BACK, lead["id"])
        if await _is_outdone(unit, event, is_owner=False):
            return Settled(EventState.IGNORED, "older than an outcome that is applied", lead["id"])
        done = await self._acts.act(unit, lead["rep_id"], lead["id"], _act(event))
        why = f"reported as {event['outcome']}, by {lead['rep_id']}"
        return Settled(EventState.APPLIED, why, lead["id"], done.frees)

    async def _contacted(self, unit: Unit, event: Row, connection: CrmConnection) -> Settled:
        """By whoever has the lead: who was contacted before they had it was not answered by them."""
        at = event["occurred_at"]
        lead = _lead_meant(await unit.conn.fetch(q.crm_leads_of_object, *_named(event)), at)
        if await _is_our_own_contact(unit, event, connection, lead):
            return Settled(EventState.IGNORED, _REPORT_BACK, lead["id"])
        if at is not None and at < lead["assigned_at"] - ECHO:
            return Settled(EventState.IGNORED, "the lead was handed on after it", lead["id"])
        await self._acts.act(unit, lead["rep_id"], lead["id"], _contact(event))
        return Settled(EventState.APPLIED, f"a contact of {lead['rep_id']}", lead["id"])


class _Refusal(Exception):
    """What a CRM asks for cannot be: nothing of it stands."""

    def __init__(self, event: Row, settled: Settled) -> None:
        super().__init__(settled.why)
        self.event = event
        self.settled = settled


def _lead_meant(leads: Sequence[Row], at: datetime | None) -> Row:
    """Of several leads of one person the one that a rep had by then: what is said late of an earlier one ends
    no newer one."""
    by_then = [each for each in leads if at is None or each["first_assigned_at"] <= at + ECHO]
    return (by_then or leads)[0]


def _named(event: Row) -> tuple[str, str, str]:
    return event["connection"], event["record"], event["object_id"]


async def _is_our_own(unit: Unit, query: str, event: Row, lead: Row, said: str, *more: Any) -> bool:
    if event["is_ours"] is not None:
        return False  # the CRM says whose it is, and ours were left aside before
    at = event["occurred_at"] or event["received_at"]
    return bool(await unit.conn.fetchval(query, event["connection"], lead["id"], said, at, ECHO, *more))


async def _is_our_own_contact(unit: Unit, event: Row, connection: CrmConnection, lead: Row) -> bool:
    if event["is_ours"] is not None:
        return False
    around = event["connection"], lead["id"], event["occurred_at"] or event["received_at"], ECHO
    said = Contact(event["channel"], event["result"])
    told = [
        Telling(Contact(row["channel"], row["result"]), connection.requests.get(row["request"]))
        for row in await unit.conn.fetch(q.crm_contacts_told, *around)
    ]
    alike = said.channel, said.result, _REPORT_BACK, event["words"]
    so_many = await unit.conn.fetchval(q.crm_contacts_come_back, *around, *alike) if told else 0
    return comes_back(event["words"], said, told, come_back=so_many)


async def _is_outdone(unit: Unit, event: Row, *, is_owner: bool) -> bool:
    at = event["occurred_at"]
    named = event["connection"], event["object_id"]
    return at is not None and bool(await unit.conn.fetchval(q.crm_later_event, *named, at, is_owner))


async def _note(unit: Unit, event: Row, settled: Settled) -> None:
    key = event["connection"], event["id"]
    await unit.conn.execute(q.crm_settle_event, *key, settled.state, settled.why, settled.lead, unit.now)


def _contact(event: Row) -> Act:
    """A contact as an act of the rep, proved by the object in the CRM."""
    content = {"channel": event["channel"], "result": event["result"], "evidence": _evidence(event)}
    return _by_crm(ProgressKind.CONTACTED, content, event)


def _act(event: Row) -> Act:
    """The outcome as an act of the rep, proved by the object in the CRM; the same event is the same act."""
    content: dict[str, Any] = {"result": event["outcome"], "evidence": _evidence(event)}
    if event["value_minor"] is not None:
        content["value"] = {"minor": event["value_minor"], "currency": event["currency"]}
    if event["reason"] is not None:
        content["reason"] = event["reason"]
    return _by_crm(ProgressKind.OUTCOME, content, event)


def _evidence(event: Row) -> str:
    named = f"{event['connection']}:{event['object_id']}"[:200]
    return "".join(each if "!" <= each <= "~" else "_" for each in named)


def _by_crm(kind: ProgressKind, content: dict[str, Any], event: Row) -> Act:
    key = key_of(event["connection"], event["id"])
    return Act(kind, content, key, by_machine=True, claimed_at=event["occurred_at"])
