"""What a source is paid for: each of its touches accepted, a duplicate, or invalid, and whether it may be
given back."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from uuid import UUID

from lead_events.words import RejectCode
from rulebook.models import Source
from sla_monitor.ledger.book import GivenBack, LeadRow, TouchRow
from sla_monitor.reports.figures.frame import Figure, Frame

NAMED = 20
"""So many sources are named to whom asked for one that is not there."""


class Verdict(StrEnum):
    """What a touch is to the company."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class TouchFigure(Figure):
    """One touch. `known_at` is when it turned out to be no good: of a repeat its own moment, else when sales
    gave the lead back, or it ended in one that was there before. `in_window`: known before the source's
    window ended; None where the source has none. `is_returnable`: in the window, and for a reason that the
    source takes back."""

    lead_id: UUID
    campaign: str | None
    at: datetime
    verdict: Verdict
    reason: str | None
    duplicate_of: UUID | None
    proof: str | None
    evidence: str | None
    known_at: datetime | None
    window_ends_at: datetime | None
    in_window: bool | None
    is_returnable: bool


class SourceReport(Figure):
    """Every touch of a source in the month, in order. `cost_minor` is of one touch, where the price is for
    a lead."""

    month: str
    source: str
    name: str
    currency: str
    time_zone: str
    now: datetime
    cost_minor: int | None
    window_seconds: float | None
    reasons: list[str]
    counts: dict[Verdict, int]
    returnable: int
    returnable_minor: int | None
    touches: list[TouchFigure]


class UnknownSource(LookupError):
    """Neither the rulebook nor a touch of the month names this source."""


def source_report(frame: Frame, name: str) -> SourceReport:
    """Of one source. Raises UnknownSource naming those there are."""
    source = frame.book.rulebook.sources.get(name)
    touches = list(judged_touches(frame, name))
    if source is None and not touches:
        raise UnknownSource(_unknown(name, frame))
    each = source.cost.amount_minor if source and source.cost and source.cost.per == "lead" else None
    returns = source.returns if source else None
    returnable = sum(touch.is_returnable for touch in touches)
    counts = Counter(touch.verdict for touch in touches)
    return SourceReport(
        month=frame.book.period.name,
        source=name,
        name=frame.source_name(name),
        currency=frame.book.rulebook.currency,
        time_zone=frame.book.period.zone.key,
        now=frame.book.now,
        cost_minor=each,
        window_seconds=returns.window.total_seconds() if returns else None,
        reasons=[_as_code(reason) for reason in returns.reasons] if returns else [],
        counts={verdict: counts[verdict] for verdict in Verdict},
        returnable=returnable,
        returnable_minor=returnable * each if each is not None else None,
        touches=touches,
    )


def _unknown(name: str, frame: Frame) -> str:
    """Which source may be meant: one of the rulebook by its id or its name, or one that touches name."""
    there = sorted(frame.book.rulebook.sources.keys() | {touch.source for touch in frame.book.touches})
    spelt = {_spelt(each): each for each in there}
    spelt |= {_spelt(source.name): each for each, source in frame.book.rulebook.sources.items()}
    close = get_close_matches(_spelt(name), spelt, n=1, cutoff=0.7)
    meant = f"; did you mean {spelt[close[0]]!r}?" if close else ""
    more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
    return f"there is no source {name!r}{meant or ';'} name one of {', '.join(there[:NAMED])}{more}"


def _spelt(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def judged_touches(frame: Frame, name: str) -> Iterator[TouchFigure]:
    """The touches of a source in the month, in order of their moments."""
    own = [touch for touch in frame.book.touches if touch.source == name and frame.within(touch.at)]
    wanted = {touch.lead_id for touch in own}
    leads = {lead.id: lead for lead in frame.book.leads if lead.id in wanted}
    source = frame.book.rulebook.sources.get(name)
    for touch in sorted(own, key=lambda each: (each.at, each.lead_id)):
        yield _judged(frame, touch, leads.get(touch.lead_id), source)


def _judged(frame: Frame, touch: TouchRow, lead: LeadRow | None, source: Source | None) -> TouchFigure:
    back = _rejection(frame, lead)
    if not touch.opened or touch.duplicate_of is not None:
        known_at = touch.ended_at if touch.opened else touch.at
        of = touch.duplicate_of or touch.lead_id
        return _figure(touch, source, Verdict.DUPLICATE, RejectCode.DUPLICATE.value, known_at, of)
    if back is None:
        return _figure(touch, source, Verdict.ACCEPTED, None, None)
    is_duplicate = back.code == RejectCode.DUPLICATE
    verdict = Verdict.DUPLICATE if is_duplicate else Verdict.INVALID
    return _figure(touch, source, verdict, back.code, back.at, back.duplicate_of, back)


def _rejection(frame: Frame, lead: LeadRow | None) -> GivenBack | None:
    """The rejection of a lead that no objection excused."""
    back = lead.given_back if lead is not None else None
    return back if back is not None and back.is_rejection and back.fact not in frame.excused else None


def _figure(
    touch: TouchRow,
    source: Source | None,
    verdict: Verdict,
    reason: str | None,
    known_at: datetime | None,
    duplicate_of: UUID | None = None,
    back: GivenBack | None = None,
) -> TouchFigure:
    returns = source.returns if source else None
    ends = touch.at + returns.window if returns else None
    in_window = known_at <= ends if known_at is not None and ends is not None else None
    return TouchFigure(
        lead_id=touch.lead_id,
        campaign=touch.campaign,
        at=touch.at,
        verdict=verdict,
        reason=reason,
        duplicate_of=duplicate_of,
        proof=back.proof if back else None,
        evidence=back.evidence if back else None,
        known_at=known_at,
        window_ends_at=ends,
        in_window=in_window,
        is_returnable=bool(in_window) and _takes_back(reason, returns.reasons if returns else ()),
    )


def _takes_back(reason: str | None, reasons: Iterable[str]) -> bool:
    return reason in {_as_code(each) for each in reasons}


def _as_code(reason: str) -> str:
    """A reason as sales gives it; the rulebook may write it with hyphens."""
    return reason.replace("-", "_")
