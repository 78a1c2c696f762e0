"""The rows of a month: set-based, a constant number of statements, streamed into the book."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lead_events.money import minor_digits
from lead_events.words import ChargedTo, Quadrant, TimerKind
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.turns import in_turns
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import (
    GivenBack,
    LeadRow,
    Money,
    MonthBook,
    ObjectionRow,
    PromiseRow,
    RoundRow,
    TouchRow,
    Won,
)
from sla_monitor.ledger.books import Book
from sla_monitor.ledger.periods import Period, period_of

_q = load_queries("sla_monitor.ledger")
_AT_ONCE = 2_000
_QUADRANTS = {each.value: each for each in Quadrant}
_KINDS = {each.value: each for each in TimerKind}
_CHARGED = {each.value: each for each in ChargedTo}
_STATES = {each.value: each for each in TimerState if each.value != "superseded"}
"""What a book shows: a promise that later facts do not open was none."""
STOPPED_EARLY_SECONDS = 60


class Gathering:
    """The statements of one book."""

    def __init__(self, conn: Connection, period: Period, now: datetime, book: Book) -> None:
        self._conn, self._period, self._now, self._book = conn, period, now, book
        self._span = (period.start, period.end)

    async def whole(self) -> MonthBook:
        """The book of the month."""
        leads, touches = await self._leads(_q.leads_of_month, *self._span, None, list(_STATES))
        promises = await self._promises(None)
        subjects = [lead.given_back.fact for lead in leads if lead.given_back is not None]
        return MonthBook(
            period=self._period,
            now=self._now,
            rulebook=self._book.rulebook,
            leads=tuple(leads),
            promises=tuple(promises),
            rounds=tuple([_round(row) async for row in self._rows(_q.rounds_of_month, *self._span)]),
            touches=tuple(touch for touch in touches if self._period.start <= touch.at < self._period.end),
            objections=tuple(await self.objections(subjects)),
            names=names_of(self._book),
        )

    async def some(self, leads: Collection[UUID], promises: Collection[UUID]) -> MonthBook:
        """As far as it is about some leads and promises only."""
        found = await self._promises(list(promises))
        of_promises = {promise.lead_id for promise in found}
        rows, _ = await self._leads(_q.some_leads, [*{*leads, *of_promises}])
        subjects = [lead.given_back.fact for lead in rows if lead.given_back is not None]
        objections = tuple(await self.objections(subjects))
        book = self._book.rulebook
        return MonthBook(
            self._period, self._now, book, tuple(rows), tuple(found), (), (), objections=objections
        )

    async def objections(self, subjects: Collection[UUID]) -> list[ObjectionRow]:
        """Those of the month, and those to what is in the book."""
        found = await self._conn.fetch(_q.objections_of_month, *self._span, list(subjects))
        return [ObjectionRow(*row) for row in found]

    async def _leads(self, query: str, *arguments: Any) -> tuple[list[LeadRow], list[TouchRow]]:
        found = [_lead(row, self._book) async for row in self._rows(query, *arguments)]
        ids = [lead.id for lead in found]
        touches = [TouchRow(*row) async for row in self._rows(_q.touches_of_leads, ids)]
        placed = await self._placed(_credited(found, touches))
        return placed, touches

    async def _promises(self, some: Sequence[UUID] | None) -> list[PromiseRow]:
        query = self._rows(_q.promises_of_month, *self._span, some, list(_STATES))
        return [_promise(row) async for row in query]

    async def _placed(self, leads: list[LeadRow]) -> list[LeadRow]:
        """Which delivery each is. Of other months only where an agreement names a volume."""
        delivered = [lead.delivered_at for lead in leads if lead.delivered_at is not None and lead.is_ours]
        if not delivered:
            return leads
        first = min(delivered) if self._has_volume() else max(min(delivered), self._period.start)
        zone = self._period.zone
        start = period_of(first, zone).start
        end = period_of(max(delivered), zone).end
        found = await self._conn.fetch(_q.positions_between, start, end, zone.key)
        places = {row[0]: (row[1], row[2]) for row in found}
        return [_at_place(lead, places.get(lead.id), self._book) for lead in leads]

    def _has_volume(self) -> bool:
        agreements = self._book.agreements.values()
        return any(each.sales.volume is not None for each in agreements)

    async def _rows(self, query: str, *arguments: Any) -> AsyncIterator[Any]:
        """The rows of a query, a few thousand at a time; others get their turn in between."""
        statement = await self._conn.prepare(query)
        cursor = await statement.cursor(*arguments)
        while rows := await cursor.fetch(_AT_ONCE):
            async for row in in_turns(rows):
                yield row


def _lead(row: Any, book: Book) -> LeadRow:
    (
        identity, line, quadrant, segments, source, is_ours, is_own, received_at, scored_at, delivered_at,
        handed_at, accepted_at, contacted_at, talked_at, tries, opportunity_at, won_at, won_minor,
        won_currency, lost_at, lost_code, given_fact, given_at, given_kind, given_code, given_rep_id,
        duplicate_of, proof, evidence, rep_id, team, worked_at, work_due_at,
    ) = row  # fmt: skip
    given = None
    if given_fact is not None:
        is_rejection = given_kind == "rejected"
        given = GivenBack(
            given_fact, given_at, is_rejection, given_code, given_rep_id, duplicate_of, proof, evidence
        )
    won = worth(won_at, won_minor, won_currency, book) if won_at is not None else None
    return LeadRow(
        identity, line, _QUADRANTS[quadrant], tuple(segments), source, source, is_ours, is_own, received_at,
        scored_at, delivered_at, None, None, False, handed_at, accepted_at, contacted_at, talked_at, tries,
        opportunity_at, won, lost_at, lost_code, given, rep_id, team, worked_at, work_due_at,
    )  # fmt: skip


def worth(at: datetime, minor: int | None, currency: str | None, book: Book) -> Won:
    """A win in the company's currency, by the rates of the agreement that bound on its day; half a unit goes
    to the even one. As told where there is no rate."""
    if minor is None or currency is None:
        return Won(at, None)
    ours, told = book.rulebook.currency, Money(minor, currency)
    if currency == ours:
        return Won(at, minor, told)
    rate = book.agreed_at(at).agreement.rates.get(currency)
    if rate is None:
        return Won(at, None, told)
    whole = Decimal(minor).scaleb(minor_digits(ours) - minor_digits(currency)) * rate
    return Won(at, round(whole), told)


def _credited(leads: Iterable[LeadRow], touches: Iterable[TouchRow]) -> list[LeadRow]:
    """First and last source are those of the submissions up to the delivery; else the lead's own."""
    by_id = {lead.id: lead for lead in leads}
    sources: dict[UUID, tuple[str, str]] = {}
    for touch in touches:
        lead = by_id[touch.lead_id]
        if lead.delivered_at is None or touch.at <= lead.delivered_at:
            first, _ = sources.get(touch.lead_id, (touch.source, ""))
            sources[touch.lead_id] = (first, touch.source)
    return [_from_sources(lead, sources.get(lead.id)) for lead in by_id.values()]


def _from_sources(lead: LeadRow, sources: tuple[str, str] | None) -> LeadRow:
    if sources is None or sources == (lead.first_source, lead.last_source):
        return lead
    return replace(lead, first_source=sources[0], last_source=sources[1])


def _at_place(lead: LeadRow, place: tuple[int, int] | None, book: Book) -> LeadRow:
    if place is None or lead.delivered_at is None:
        return lead
    volume = book.agreed_at(lead.delivered_at).agreement.sales.volume
    above = volume is not None and (
        (volume.per_day is not None and place[0] > volume.per_day)
        or (volume.per_month is not None and place[1] > volume.per_month)
    )
    return replace(lead, position_of_day=place[0], position_of_month=place[1], is_above_volume=above)


def _promise(row: Any) -> PromiseRow:
    (
        identity, lead_id, kind, round_, rep_id, team, line, quadrant, agreement, is_trial, opened_at, due_at,
        state, ended_at, ended_kind, worked_us, charged_to, parts, excused,
    ) = row  # fmt: skip
    wall = (ended_at - opened_at).total_seconds() if ended_at is not None else None
    worked = worked_us / 1e6 if worked_us is not None and ended_at is not None else None
    return PromiseRow(
        identity, lead_id, _KINDS[kind], round_, rep_id, team, line, _QUADRANTS[quadrant], agreement,
        is_trial, opened_at, due_at, _STATES[state], ended_at, ended_kind, wall, worked,
        _CHARGED[charged_to] if charged_to is not None else None,
        tuple((part["part"], part.get("detail"), part["microseconds"]) for part in parts or ()),
        excused,
    )  # fmt: skip


def _round(row: Any) -> RoundRow:
    lead_id, number, rep_id, team, quadrant, handed_at, accepted, contacted, declined, code, timed_out = row
    early = (
        accepted is not None
        and contacted is not None
        and 0 <= (contacted - accepted).total_seconds() <= STOPPED_EARLY_SECONDS
    )
    return RoundRow(
        lead_id, number, rep_id, team, _QUADRANTS[quadrant], handed_at, accepted, contacted, declined, code,
        timed_out, early,
    )  # fmt: skip


def names_of(book: Book) -> dict[str, str]:
    """Reps and teams of the rulebook's roster by their ids."""
    roster = book.rulebook.roster
    teams = {identity: team.name for identity, team in roster.teams.items()}
    return teams | {identity: rep.name for identity, rep in roster.reps.items()}
