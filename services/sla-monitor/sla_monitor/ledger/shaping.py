"""Rows of the store made into rows of a book. Pure, and once a row: a month has hundreds of thousands."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lead_events.money import minor_digits
from lead_events.words import ChargedTo, Quadrant, TimerKind
from rulebook.models import Volume
from sla_monitor.domain.terms import SPEED
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import GivenBack, LeadRow, Money, PromiseRow, RoundRow, TouchRow, Won
from sla_monitor.ledger.books import Book

Sources = tuple[str, str]
"""The first and the last."""
Place = tuple[int, int]
"""Which delivery of its local day and month, from 1."""
ID, SOURCE, IS_OURS, DELIVERED_AT = 0, 4, 5, 9
"""Places in a row of a lead, as the queries give it."""
_QUADRANTS = {each.value: each for each in Quadrant}
_KINDS = {each.value: each for each in TimerKind}
_CHARGED = {each.value: each for each in ChargedTo}
STATES = {each.value: each for each in TimerState}
"""Queries of a month name them all: so the index by state and due time serves."""
STOPPED_EARLY_SECONDS = 60


def lead_row(row: Any, book: Book, sources: Sources | None, place: Place | None) -> LeadRow:
    """One lead. Without `sources` it is credited to its own."""
    (
        identity, line, quadrant, segments, source, is_ours, is_own, received_at, scored_at, delivered_at,
        handed_at, accepted_at, contacted_at, tries, opportunity_at, won_at, won_minor,
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
    first, last = sources or (source, source)
    of_day, of_month = place or (None, None)
    return LeadRow(
        identity, line, _QUADRANTS[quadrant], tuple(segments), first, last, is_ours, is_own, received_at,
        scored_at, delivered_at, of_day, of_month, handed_at, accepted_at, contacted_at,
        tries, opportunity_at, won, lost_at, lost_code, given, rep_id, team, worked_at, work_due_at,
    )  # fmt: skip


def marked(
    promises: Iterable[PromiseRow], leads: Iterable[LeadRow], volume_of: Callable[[int, str], Volume | None]
) -> Iterator[PromiseRow]:
    """Promises by whether their lead came above the volume: then those of speed do not hold, and another may
    answer. `volume_of`: a version's agreement."""
    places = {lead.id: (lead.position_of_day, lead.position_of_month) for lead in leads}
    for row in promises:
        may_count = row.kind in SPEED or row.charged_above is not None
        volume = volume_of(row.rulebook_version, row.agreement) if may_count else None
        place = places.get(row.lead_id) if volume is not None else None
        is_above = volume is not None and place is not None and _is_above(place, volume)
        yield _above(row) if is_above else row


def _above(row: PromiseRow) -> PromiseRow:
    if row.kind in SPEED:
        return replace(row, is_above_volume=True, charged_to=row.charged_above)
    return replace(row, charged_to=row.charged_above) if row.charged_to is not row.charged_above else row


def _is_above(place: tuple[int | None, int | None], volume: Volume) -> bool:
    pairs = zip(place, (volume.per_day, volume.per_month), strict=True)
    return any(at is not None and most is not None and at > most for at, most in pairs)


def worth(at: datetime, minor: int | None, currency: str | None, book: Book) -> Won:
    """A win in the company's currency, by the rates of the agreement that binds on its day, else its month;
    half a unit goes to the even one. As told where there is no rate."""
    if minor is None or currency is None:
        return Won(at, None)
    ours, told = book.rulebook.currency, Money(minor, currency)
    if currency == ours:
        return Won(at, minor, told)
    rate = book.judging(at).agreement.rates.get(currency)
    if rate is None:
        return Won(at, None, told)
    whole = Decimal(minor).scaleb(minor_digits(ours) - minor_digits(currency)) * rate
    return Won(at, round(whole), told)


def credited(rows: Iterable[Any], touches: Iterable[TouchRow]) -> Mapping[UUID, Sources]:
    """First and last source of leads by their submissions up to the delivery, which come in their order."""
    delivered = {row[ID]: row[DELIVERED_AT] for row in rows}
    sources: dict[UUID, Sources] = {}
    for touch in touches:
        lead = touch.lead_id
        at = delivered[lead]
        if at is None or touch.at <= at:
            known = sources.get(lead)
            sources[lead] = (known[0] if known else touch.source, touch.source)
    return sources


def touch_row(row: Any) -> TouchRow:
    """One submission."""
    return TouchRow(*row)


def promise_row(row: Any) -> PromiseRow:
    """One promise, with whom its breach is charged to if its lead came within the volume."""
    (
        identity, lead_id, kind, round_, rep_id, team, line, quadrant, agreement, is_trial, opened_at, due_at,
        state, ended_at, ended_kind, worked_us, within, above, parts, excused, version,
    ) = row  # fmt: skip
    wall = (ended_at - opened_at).total_seconds() if ended_at is not None else None
    worked = worked_us / 1e6 if worked_us is not None and ended_at is not None else None
    return PromiseRow(
        identity, lead_id, _KINDS[kind], round_, rep_id, team, line, _QUADRANTS[quadrant], agreement,
        is_trial, opened_at, due_at, STATES[state], ended_at, ended_kind, wall, worked,
        _CHARGED.get(within),
        tuple((part["part"], part.get("detail"), part["microseconds"]) for part in parts or ()),
        excused, version, charged_above=_CHARGED.get(above),
    )  # fmt: skip


def round_row(row: Any) -> RoundRow:
    """One handoff and what came of it."""
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
