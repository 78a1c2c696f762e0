"""Who had the lead from when to when: the path of one lead, split without gap or overlap."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lead_events.words import Part, ProgressKind, RoutedKind
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.pauses import Pause
from sla_monitor.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Origin:
    """The moments before routing, as scoring tells them."""

    received_at: datetime
    durable_at: datetime
    scored_at: datetime
    occurred_at: datetime | None = None
    spooled_at: datetime | None = None
    released_at: datetime | None = None
    sql_at: datetime | None = None

    @property
    def act_at(self) -> datetime:
        """The buyer's act, the later one that made the lead a SQL if there was one: the path's begin."""
        act = self.occurred_at or self.received_at
        return act if self.sql_at is None else max(act, self.sql_at)

    @property
    def speed_from(self) -> datetime:
        """Where speed to lead begins: the act, or the release of what had to be released first."""
        return self.act_at if self.released_at is None else max(self.act_at, self.released_at)


@dataclass(frozen=True, slots=True)
class Share:
    """One stretch of the path; `detail` names the rep or the reason for holding or pausing."""

    part: Part
    detail: str | None
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Always positive."""
        return self.end - self.start


Mark = tuple[datetime, Part, Fact | None]
"""From this moment on the lead is with `part`; the fact names whose."""
PausesOf = Callable[[Fact], Sequence[Pause]]
"""When the round that a handoff opened stood still, by the start of each."""


def never(_: Fact) -> Sequence[Pause]:
    """No pauses."""
    return ()


def split(
    origin: Origin | None,
    ordered: Sequence[Fact],
    end: datetime,
    hours_of: Callable[[Fact], Schedule],
    pauses_of: PausesOf = never,
) -> list[Share]:
    """The path up to `end`. The shares follow one another and together last exactly from its start to `end`.

    Without an origin (scoring's news is not read yet) the path begins with the first fact. A moment that lies
    before an earlier part's end gives that part nothing. Empty when the path begins at `end` or later.
    While a rep's round is paused, all time of it is, nights too.
    """
    known = [fact for fact in ordered if fact.at <= end]
    if origin is None and not known:
        return []
    start = origin.act_at if origin is not None else known[0].at
    marks = [*_before_routing(origin, start), *_since_routing(known)]
    shares: list[Share] = []
    cursor = start
    for number, (_, part, fact) in enumerate(marks):
        until = min(marks[number + 1][0], end) if number + 1 < len(marks) else end
        if until > cursor:
            shares.extend(_shares(part, fact, cursor, until, hours_of, pauses_of))
            cursor = until
    return shares


def totals(shares: Sequence[Share]) -> list[tuple[Part, str | None, timedelta]]:
    """The shares added up by part and detail, in order of first appearance."""
    sums: dict[tuple[Part, str | None], timedelta] = {}
    for share in shares:
        key = share.part, share.detail
        sums[key] = sums.get(key, timedelta(0)) + share.length
    return [(part, detail, length) for (part, detail), length in sums.items()]


def _before_routing(origin: Origin | None, start: datetime) -> Iterator[Mark]:
    if origin is None:
        yield start, Part.ROUTING, None
        return
    yield origin.act_at, Part.SOURCE_DELAY, None
    yield origin.received_at, Part.INTAKE, None
    if origin.spooled_at is not None:
        yield origin.spooled_at, Part.SPOOL, None
    if origin.released_at is not None:
        yield origin.durable_at, Part.QUARANTINE, None
        yield origin.released_at, Part.SCORING, None
    else:
        yield origin.durable_at, Part.SCORING, None
    yield origin.scored_at, Part.ROUTING, None


def _since_routing(known: Sequence[Fact]) -> Iterator[Mark]:
    declined = {fact.round for fact in known if fact.kind is ProgressKind.DECLINED}
    for fact in known:
        match fact.kind:
            case RoutedKind.ASSIGNED:
                yield fact.at, Part.DECLINED if fact.round in declined else Part.REP, fact
            case RoutedKind.HELD:
                yield fact.at, Part.HELD, fact
            case RoutedKind.TAKEN_BACK | ProgressKind.DECLINED:
                yield fact.at, Part.ROUTING, None
            case RoutedKind.CLOSED | RoutedKind.NURTURING | ProgressKind.REJECTED | ProgressKind.RECYCLED:
                yield fact.at, Part.PAUSED, None


def _shares(
    part: Part,
    fact: Fact | None,
    start: datetime,
    end: datetime,
    hours_of: Callable[[Fact], Schedule],
    pauses_of: PausesOf,
) -> Iterator[Share]:
    if fact is None:
        yield Share(part, None, start, end)
    elif part is not Part.REP:
        yield Share(part, fact.reason if part is Part.HELD else fact.rep_id, start, end)
    else:
        yield from _with_rep(fact, start, end, hours_of(fact), pauses_of(fact))


def _with_rep(
    fact: Fact, start: datetime, end: datetime, hours: Schedule, pauses: Sequence[Pause]
) -> Iterator[Share]:
    cursor = start
    for pause in pauses:
        begin, finish = max(pause.start, cursor), min(pause.end or end, end)
        if begin < finish:
            yield from _at_work(fact, cursor, begin, hours)
            yield Share(Part.PAUSED, pause.code, begin, finish)
            cursor = finish
    yield from _at_work(fact, cursor, end, hours)


def _at_work(fact: Fact, start: datetime, end: datetime, hours: Schedule) -> Iterator[Share]:
    if start >= end:
        return
    cursor = start
    for opening, closing in hours.open_intervals(start, end):
        if opening > cursor:
            yield Share(Part.OUT_OF_HOURS, fact.rep_id, cursor, opening)
        yield Share(Part.REP, fact.rep_id, opening, closing)
        cursor = closing
    if end > cursor:
        yield Share(Part.OUT_OF_HOURS, fact.rep_id, cursor, end)
