"""After a restore: decisions and acts that the store has lost are taken from the router's own topics.

Nothing is decided here, and no rep is told of what they were told before.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson

from lead_events import LeadProgressed, LeadRouted
from lead_events.ids import event_id
from lead_events.words import ProgressKind, Proof, RoutedKind
from router import store
from router.books import Books, Shelf
from router.consumer import consumer_spec
from router.domain.deadlines import deadlines
from router.domain.leads import Lead, LeadState
from router.domain.read_back import Ended, cause_of, content_of, is_conversation, take_progressed, take_routed
from router.handlers.news import NewsHandler
from router.handlers.roster_read_back import HOURS_EFFECTS, take_hours
from router.handlers.rulebook import follow_hours
from router.store import q
from rulebook.models import Promise
from service_kit.batch import Batch, Received
from service_kit.logs import logger
from service_kit.read_back import Stage
from service_kit.spec import ConsumerSpec
from worktime import Calendar

_log = logger(__name__)

NAME = "router-own"
KNOWN, DECISION, ACT = "known", "decision_read_back", "act_read_back"
_ACTS = frozenset(ProgressKind) - {ProgressKind.ASKED_AGAIN, ProgressKind.ARRIVED_AFTER_CLOSE}


def stages(news: NewsHandler, books: Books) -> list[Stage]:
    """What the router reads before it decides, delivers or answers: versions, since reps come with them; how
    their hours were numbered; its own decisions, then its own acts; and who was erased."""
    spec = consumer_spec(news)
    own = ConsumerSpec(
        NAME, ("lead-routed", "lead-progressed"), OwnEvents(books), frozenset({KNOWN, DECISION, ACT})
    )
    hours = ConsumerSpec(NAME, ("rep-availability-changed",), take_hours, HOURS_EFFECTS)
    return [
        Stage(spec, ("rulebook-published",)),
        Stage(hours, ("rep-availability-changed",), is_own=True),
        Stage(own, ("lead-routed",), is_own=True),
        Stage(own, ("lead-progressed",), is_own=True),
        Stage(spec, ("person-erased",)),
    ]


class OwnEvents:
    """Takes in batches of own events; those that the store knows change nothing."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def __call__(self, batch: Batch) -> None:
        """Take in one batch, each lead's events in the order in which they were told."""
        events = cast("Sequence[Received[LeadRouted] | Received[LeadProgressed]]", batch.events)
        leads = await store.lock_leads(batch.conn, {event.data.lead_id for event in events}, insert=True)
        decisions = [event for event in events if isinstance(event.data, LeadRouted)]
        acts = [event for event in events if isinstance(event.data, LeadProgressed)]
        shelf = await self._books.shelf(batch.conn)
        if decisions:
            await _Decisions(batch, leads, shelf).take(cast("Sequence[Received[LeadRouted]]", decisions))
        if acts:
            await _Acts(batch, leads, shelf).take(cast("Sequence[Received[LeadProgressed]]", acts))


async def _write_leads(batch: Batch, touched: dict[UUID, Lead]) -> None:
    if touched:
        leads = list(touched.values())
        await store.write_leads(batch.conn, leads)
        await batch.conn.execute(
            q.note_handled, [lead.id for lead in leads], [lead.handled_seq for lead in leads]
        )


@dataclass(slots=True)
class _Decisions:
    """The decisions of one batch."""

    batch: Batch
    leads: dict[UUID, Lead]
    shelf: Shelf
    touched: dict[UUID, Lead] = field(default_factory=dict)
    begun: dict[tuple[UUID, int], Received[LeadRouted]] = field(default_factory=dict)
    ended: dict[tuple[UUID, int], Ended] = field(default_factory=dict)
    kept: list[Received[LeadRouted]] = field(default_factory=list)
    reps: set[str] = field(default_factory=set)

    async def take(self, events: Sequence[Received[LeadRouted]]) -> None:
        for event in events:
            lead = self.leads[event.data.lead_id]
            if event.data.seq <= lead.routed_seq:
                self.batch.effect(event, KNOWN)
            else:
                self._apply(event, lead)
        await self._insert_reps()
        await self._write_rounds()
        await _write_leads(self.batch, self.touched)
        await self._write_decisions()
        await self._look_again()

    def _apply(self, event: Received[LeadRouted], lead: Lead) -> None:
        self.touched[lead.id] = lead
        if lead.handoff is not None:
            self.reps.add(lead.handoff.rep)
        over = take_routed(lead, event.id, event.data)
        if over is not None:
            self.ended[lead.id, over.round] = over
        if event.data.kind is RoutedKind.ASSIGNED:
            self.begun[lead.id, event.data.round] = event
            self.reps.add(lead.handoff.rep if lead.handoff is not None else "")
        self.kept.append(event)
        self.batch.effect(event, DECISION)

    async def _insert_reps(self) -> None:
        rows = {
            e.data.rep.id: (e.data.rep, e.data.line) for e in self.begun.values() if e.data.rep is not None
        }
        new = await self.batch.conn.fetch(
            q.insert_read_reps,
            list(rows),
            [rep.name for rep, _ in rows.values()],
            [rep.team for rep, _ in rows.values()],
            [line for _, line in rows.values()],
            [orjson.dumps(rep.calendar).decode() for rep, _ in rows.values()],
        )
        for row in new:
            _log.error("a rep is not in the restored roster: enter them again", rep=row["id"])

    async def _write_rounds(self) -> None:
        conn = self.batch.conn
        await conn.fetch(q.lock_read_reps, sorted(self.reps))
        before = {key: each for key, each in self.ended.items() if key not in self.begun}
        await conn.execute(
            q.end_read_rounds,
            [lead for lead, _ in before],
            [number for _, number in before],
            [each.at for each in before.values()],
            [each.by for each in before.values()],
        )
        if self.begun:
            rows = [self._row(key, event.data) for key, event in self.begun.items()]
            await conn.execute(q.insert_read_rounds, *map(list, zip(*rows, strict=True)))
        await conn.execute(q.count_load, sorted(self.reps))

    def _row(self, key: tuple[UUID, int], event: LeadRouted) -> tuple[Any, ...]:
        lead, number = key
        rep, over = event.rep, self.ended.get(key)
        if rep is None:
            raise AssertionError("take_routed lets nobody be assigned to nobody")
        book = self.shelf.version(event.rulebook_version) or self.shelf.at(event.at)
        promise = Promise()
        if book is not None and not event.is_own:
            promise = book.agreements.at(event.at).promise(event.quadrant, event.line, rep.team)
        within, respond = promise.accept_within, promise.first_response_within
        calendar = Calendar.from_dict(rep.calendar)
        due = deadlines(calendar, event.at, accept_within=within, respond_within=respond)
        identity = event_id(event.cause_id, "assignment", lead, number)
        place = identity, lead, rep.id, event.pool, number, event.at, event.rulebook_version, event.why
        end = (over.at, over.by) if over is not None else (None, None)
        return (*place, within, respond, due.accept_by, due.respond_by, *end)

    async def _write_decisions(self) -> None:
        rows = [_record(event.data) for event in self.kept if event.data.decision_id is not None]
        if rows:
            await self.batch.conn.execute(q.insert_decisions, *map(list, zip(*rows, strict=True)))

    async def _look_again(self) -> None:
        """Whoever waits is looked at by the next drain: what was free then may not be now."""
        waiting = {lead.pool for lead in self.touched.values() if lead.state is LeadState.HELD and lead.pool}
        await self.batch.conn.execute(q.mark_drain_due, sorted(filter(None, waiting)))


def _record(event: LeadRouted) -> tuple[Any, ...]:
    """A decision record as far as its event tells it: without the candidates."""
    is_held = event.kind is RoutedKind.HELD
    return (
        event.decision_id,
        event.lead_id,
        event.at,
        event.cause_id,
        event.kind.value,
        event.round,
        event.pool,
        event.rep.id if event.rep is not None else None,
        event.hold_reason.value if is_held and event.hold_reason is not None else None,
        event.next_try_at,
        None,
        "[]",
        event.rulebook_version,
        None,
        {},
        event.why,
        event.seq,
    )


@dataclass(slots=True)
class _Done:
    """What was done in one round."""

    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    talked_at: datetime | None = None
    asked_again: int = 0
    asked_again_at: datetime | None = None

    def note(self, event: LeadProgressed) -> None:
        if event.kind is ProgressKind.ACCEPTED:
            self.accepted_at = self.accepted_at or event.at
        if event.kind in (ProgressKind.CONTACTED, ProgressKind.OUTCOME):
            self.contacted_at = self.contacted_at or event.at
        if is_conversation(event):
            self.talked_at = self.talked_at or event.at
        if event.kind is ProgressKind.ASKED_AGAIN:
            self.asked_again += 1
            self.asked_again_at = event.at


@dataclass(slots=True)
class _Acts:
    """The acts of one batch; the rounds they were done in are in the store by now."""

    batch: Batch
    leads: dict[UUID, Lead]
    shelf: Shelf
    touched: dict[UUID, Lead] = field(default_factory=dict)
    kept: list[Received[LeadProgressed]] = field(default_factory=list)

    async def take(self, events: Sequence[Received[LeadProgressed]]) -> None:
        for event in events:
            lead = self.leads[event.data.lead_id]
            if event.data.seq <= lead.progressed_seq:
                self.batch.effect(event, KNOWN)
                continue
            take_progressed(lead, event.data)
            self.touched[lead.id] = lead
            self.kept.append(event)
            self.batch.effect(event, ACT)
        await _write_leads(self.batch, self.touched)
        if self.kept:
            await self._note_rounds()
            await self._insert_acts()
            await self._insert_asks()
            await self._pause()

    async def _note_rounds(self) -> None:
        done: dict[tuple[UUID, int], _Done] = {}
        for event in self.kept:
            done.setdefault((event.data.lead_id, event.data.round), _Done()).note(event.data)
        each = list(done.values())
        await self.batch.conn.execute(
            q.note_read_acts,
            [lead for lead, _ in done],
            [number for _, number in done],
            [one.accepted_at for one in each],
            [one.contacted_at for one in each],
            [one.talked_at for one in each],
            [one.asked_again for one in each],
            [one.asked_again_at for one in each],
        )

    async def _insert_acts(self) -> None:
        ids = list(self.touched)
        rounds = {
            (row["lead_id"], row["round"]): row["id"]
            for row in await self.batch.conn.fetch(q.rounds_of_leads, ids)
        }
        numbers = Counter(
            {
                (row["lead_id"], row["rep_id"]): row["acts"]
                for row in await self.batch.conn.fetch(q.acts_counted, ids)
            }
        )
        rows = []
        for event in self.kept:
            act = event.data
            if act.kind in _ACTS and act.rep_id is not None:
                handoff = rounds.get((act.lead_id, act.round))
                cause = cause_of(event.id, act, handoff, numbers[act.lead_id, act.rep_id])
                numbers[act.lead_id, act.rep_id] += 1
                rows.append(_act_row(cause, act, self.leads[act.lead_id]))
        if rows:
            await self.batch.conn.execute(q.insert_read_acts, *map(list, zip(*rows, strict=True)))

    async def _insert_asks(self) -> None:
        asks = [e for e in self.kept if e.data.kind is ProgressKind.ASKED_AGAIN and e.data.rep_id is not None]
        await self.batch.conn.execute(
            q.insert_read_asks,
            [event.id for event in asks],
            [event.data.lead_id for event in asks],
            [event.data.round for event in asks],
            [event.data.rep_id for event in asks],
            [event.data.asked_at or event.data.at for event in asks],
            [event.data.at for event in asks],
            [event.data.cause_id for event in asks],
        )
        late = [
            e.data for e in self.kept if e.data.kind is ProgressKind.ARRIVED_AFTER_CLOSE and e.data.cause_id
        ]
        await self.batch.conn.fetch(
            q.insert_late_arrivals,
            [each.lead_id for each in late],
            [each.cause_id for each in late],
            self.batch.now,
        )

    async def _pause(self) -> None:
        """Promises that stood still, or run on since."""
        reps = set()
        for event in self.kept:
            act = event.data
            if act.kind is ProgressKind.PAUSED:
                book = self.shelf.at(act.at)
                agreed = book.agreements.at(act.at).sales.pauses if book is not None else {}
                kinds = [kind.value for kind in agreed.get(act.code or "", [])]
                columns = event.id, act.lead_id, act.round, act.code or "", kinds, act.at, act.until
                await self.batch.conn.execute(q.insert_pause, *columns)
            elif act.kind is ProgressKind.RESUMED:
                await self.batch.conn.fetch(q.resume_round, act.lead_id, act.round, act.at)
            else:
                continue
            reps.add(act.rep_id or "")
        for row in await self.batch.conn.fetch(q.lock_reps, sorted(reps)) if reps else []:
            await follow_hours(self.batch, row["id"], row["document"])


def _act_row(cause: UUID, act: LeadProgressed, lead: Lead) -> tuple[Any, ...]:
    is_erased = lead.state is LeadState.ERASED
    answer = {
        "lead_id": str(lead.id),
        "round": act.round,
        "act": act.kind.value,
        "at": act.at.isoformat(),
        "state": lead.state.value,
    }
    return (
        cause,
        lead.id,
        act.rep_id,
        act.round,
        act.kind.value,
        act.at,
        "{}" if is_erased else orjson.dumps(content_of(act)).decode(),
        "{}" if is_erased else orjson.dumps(answer).decode(),
        act.seq,
        (act.proof or Proof.STATED).value,
        act.contact.value if act.contact is not None else None,
    )
