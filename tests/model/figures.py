"""A month of the company: what marketing delivered, what sales worked, promises at their deadline, money."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

from lead_events import LeadScored
from lead_events.money import Money, minor_digits
from lead_events.words import OWN_FORM, OWN_SOURCE
from rulebook.models import Agreement, Goal, Promise, Rulebook
from tests.model.history import Fact, History
from tests.model.hours import Span, open_spans, reached
from tests.model.minutes import NO_AGREEMENT
from tests.model.promises import Kept, agreements_of, is_conversation, promised, promises_of
from tests.model.rounds import HORIZON, Round, WorkingTime, rounds_of
from tests.model.segments import holds

WEEKDAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class Delivery:
    """A lead at the moment it became a SQL. Positions count from 1."""

    lead: UUID
    at: datetime
    score: LeadScored
    source: str
    first_source: str
    of_day: int = 0
    of_month: int = 0


@dataclass(frozen=True)
class ToBeWorked:
    """Until when a lead is to be worked, and when it was."""

    lead: UUID
    due: datetime
    worked_at: datetime | None
    is_off: bool = False
    """Given back for a reason that takes off all of it: it counts on neither side."""

    @property
    def is_worked(self) -> bool:
        return self.worked_at is not None and self.worked_at <= self.due


@dataclass
class GoalFigure:
    """Leads, points or minor units."""

    goal: int
    delivered: Fraction = Fraction(0)
    taken_off: Fraction = Fraction(0)

    @property
    def net(self) -> Fraction:
        return self.delivered - self.taken_off


@dataclass
class Figures:
    """What a month comes to."""

    deliveries: list[Delivery]
    goals: dict[str, GoalFigure]
    to_be_worked: list[ToBeWorked]
    promises: list[Kept]
    excused: set[UUID]
    revenue: int = 0
    apart: dict[str, int] = field(default_factory=dict)


def figures_of(history: History, year: int, month: int, now: datetime) -> Figures:
    """The figures of a month as they stand at `now`."""
    start, end = bounds(history, year, month)
    agreement = agreement_of_month(history, start, end, now)
    delivered = deliveries(history)
    promises = [
        kept
        for lead in sorted(history.leads)
        for kept in promises_of(history, lead, now)
        if kept.due is not None and start <= kept.due < end and kept.state in ("kept", "broken")
        if not kept.is_trial and not kept.each.decision.is_test
    ]
    found = Figures(
        [each for each in delivered.values() if start <= each.at < end],
        _goals(history, delivered, agreement, start, end),
        [each for each in _worked(history, delivered) if start <= each.due < end],
        promises,
        {kept.id for kept in promises if kept.state == "broken" and is_excused(history, kept)},
    )
    _add_revenue(history, found, agreement, start, end)
    return found


def bounds(history: History, year: int, month: int) -> Span:
    """The first moment of a month of the company and the first after it."""
    start = datetime(year, month, 1, tzinfo=history.zone)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=history.zone)


def agreement_of_month(history: History, start: datetime, end: datetime, now: datetime) -> Agreement:
    """That of the month's last day, or today if that is earlier, on which one binds."""
    last = min(end - timedelta(microseconds=1), now)
    rulebook, day = history.rulebook_at(last), last
    while day >= start:
        found = history.binding(rulebook, day)
        if found:
            return found[1]
        day -= timedelta(days=1)
    return NO_AGREEMENT


# -- marketing's side --------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def deliveries(history: History) -> dict[UUID, Delivery]:
    """Every delivery there was, with its position in its local day and month."""
    each = [found for lead in history.leads if (found := _delivery(history, lead)) is not None]
    days: dict[date, int] = {}
    months: dict[tuple[int, int], int] = {}
    numbered = {}
    for found in sorted(each, key=lambda one: (one.at, one.lead)):
        day = found.at.astimezone(history.zone).date()
        days[day] = days.get(day, 0) + 1
        months[day.year, day.month] = months.get((day.year, day.month), 0) + 1
        numbered[found.lead] = Delivery(
            found.lead,
            found.at,
            found.score,
            found.source,
            found.first_source,
            days[day],
            months[day.year, day.month],
        )
    return numbered


def _delivery(history: History, lead: UUID) -> Delivery | None:
    score = next((each for each in history.scores.get(lead, ()) if each.stage == "sql"), None)
    if score is None or score.is_test or is_own(history, lead) or is_known(score):
        return None
    if any(fact.kind == "merged" for fact in history.facts.get(lead, ())):
        return None
    at = score.sql_at or score.cause.at
    released = score.journey.released_at
    at = max(at, released) if released else at
    came_by = sources(history, lead, at) or [score.source]
    return Delivery(lead, at, score, came_by[-1], came_by[0])


def sources(history: History, lead: UUID, at: datetime) -> list[str]:
    """By which sources the submissions up to a moment came, in order."""
    told = [s.cause for s in history.scores.get(lead, ()) if s.cause.source is not None and s.cause.at <= at]
    return [str(cause.source) for cause in sorted(told, key=lambda cause: cause.at)]


def is_own(history: History, lead: UUID) -> bool:
    """Whether a rep found it."""
    said = any(s.source == OWN_SOURCE or s.form_id == OWN_FORM for s in history.scores.get(lead, ()))
    return said or any(f.decision is not None and f.decision.is_own for f in history.facts.get(lead, ()))


def is_known(score: LeadScored) -> bool:
    """Whether sales has to do with the account already."""
    return score.account is not None and score.account.standing != "none"


def is_above(history: History, kept: Kept) -> bool:
    """Whether the lead of a promise came above the agreed volume."""
    volume = kept.agreement.sales.volume
    found = deliveries(history).get(kept.each.lead)
    if volume is None or found is None:
        return False
    return found.of_day > (volume.per_day or found.of_day) or found.of_month > (
        volume.per_month or found.of_month
    )


def fits(goal: Goal, each: Delivery, rulebook: Rulebook) -> bool:
    """Whether a delivery counts for a goal; a list left out means all."""
    score = each.score
    return (
        (not goal.quadrants or score.quadrant in goal.quadrants)
        and (not goal.lines or score.line in goal.lines)
        and (not goal.sources or each.source in goal.sources)
        and (not goal.segments or any(holds(rulebook.routing.segments, s, score) for s in goal.segments))
    )


def _goals(
    history: History, delivered: dict[UUID, Delivery], agreement: Agreement, start: datetime, end: datetime
) -> dict[str, GoalFigure]:
    marketing = agreement.marketing
    found = {}
    for name, goal in marketing.all_goals().items():
        figure = found[name] = GoalFigure(goal.goal)
        for each in delivered.values():
            if not fits(goal, each, history.rulebook_at(each.at)):
                continue
            size = _size(agreement, goal, each)
            if start <= each.at < end:
                figure.delivered += size
            back = given_back(history, each.lead)
            if back is not None and start <= back.at < end and not _is_excused_rejection(history, back):
                figure.taken_off += size * part_taken_off(agreement, back)
    return found


def _size(agreement: Agreement, goal: Goal, each: Delivery) -> Fraction:
    if goal.counted_in == "number":
        return Fraction(1)
    side = agreement.marketing
    return Fraction(
        (side.points if goal.counted_in == "points" else side.value_minor).get(each.score.quadrant, 0)
    )


def given_back(history: History, lead: UUID) -> Fact | None:
    """The rejection or recycling of a lead."""
    facts = history.facts.get(lead, ())
    return next((fact for fact in facts if fact.kind in ("rejected", "recycled")), None)


def part_taken_off(agreement: Agreement, back: Fact) -> Fraction:
    """Which part does not count as delivered."""
    assert back.act is not None
    named = {str(code): part for code, part in agreement.marketing.takes_off.items()}
    by_default = 1 if back.act.code in ("wrong_data", "duplicate", "out_of_profile") else 0
    return Fraction(str(named.get(back.act.code or "", by_default)))


def _is_excused_rejection(history: History, back: Fact) -> bool:
    return any(each.subject == back.id and each.is_excused for each in history.objected)


def is_excused(history: History, kept: Kept) -> bool:
    """Whether somebody excused the breach, or its due time lies in an incident."""
    assert kept.due is not None
    in_incident = any(each.start <= kept.due < each.end for each in history.incidents)
    return in_incident or any(each.subject == kept.id and each.is_excused for each in history.objected)


# -- the side of sales -------------------------------------------------------------------------------------


def _worked(history: History, delivered: dict[UUID, Delivery]) -> Iterable[ToBeWorked]:
    for each in delivered.values():
        found = to_be_worked(history, each)
        if found is not None and not found.is_off:
            yield found


def to_be_worked(history: History, each: Delivery) -> ToBeWorked | None:
    """Until when a delivered lead is to be worked; None where nothing says so."""
    rounds = rounds_of(history, each.lead)
    agreement = _agreement_of(history, each, rounds)
    due = _work_due(history, each, rounds, agreement)
    if due is None:
        return None
    back = given_back(history, each.lead)
    is_off = back is not None and part_taken_off(agreement, back) == 1
    return ToBeWorked(each.lead, due, worked_at(history, each.lead, rounds), is_off)


def _agreement_of(history: History, each: Delivery, rounds: list[Round]) -> Agreement:
    """The binding one of the last handoff, of a lead without a rep that of its delivery."""
    if rounds:
        binding = [found for _, found in agreements_of(history, rounds[-1]) if found.state == "active"]
        return binding[0] if binding else NO_AGREEMENT
    found = history.binding(history.rulebook_at(each.at), each.at)
    return found[1] if found else NO_AGREEMENT


def _work_due(history: History, each: Delivery, rounds: list[Round], agreement: Agreement) -> datetime | None:
    if rounds:
        last = rounds[-1]
        promise = promised(agreement, last.decision.quadrant, last.decision.line, last.rep.team)
        start, spans = last.handoff.at, WorkingTime(history, last).spans()
    else:
        promise = promised(agreement, each.score.quadrant, each.score.line, None)
        start, spans = each.at, _of_calendar(history, agreement, each.at)
    within = promise.attempts.within if promise.attempts else None
    length = within or promise.outcome_within or promise.first_response_within
    return reached(spans, start, length) if length else None


def _of_calendar(history: History, agreement: Agreement, at: datetime) -> list[Span]:
    rulebook = history.rulebook_at(at)
    document = {"tz": rulebook.time_zone, "week": WEEKDAYS}
    if agreement.calendar is not None:
        document = rulebook.calendars[agreement.calendar].model_dump(mode="json", exclude_none=True)
    return open_spans(document, at, at + HORIZON)


def worked_at(history: History, lead: UUID, rounds: list[Round]) -> datetime | None:
    """Accepted, answered, and a conversation, an outcome or all agreed tries: the first moment of all."""
    acts = [fact for fact in history.facts.get(lead, ()) if fact.act is not None]
    contacts = [fact for fact in acts if fact.kind == "contacted"]
    accepted = _first(acts, lambda fact: fact.kind in ("accepted", "contacted", "outcome"))
    answered = _first(acts, lambda fact: fact.kind in ("contacted", "outcome"))
    enough = _first(acts, lambda fact: fact.kind == "outcome" or _is_talk(fact))
    tried = next(
        (f.at for n, f in enumerate(contacts, 1) if n >= _tries_wanted(_agreed(history, rounds, f))), None
    )
    done = min((at for at in (enough, tried) if at is not None), default=None)
    moments = (accepted, answered, done)
    return max(at for at in moments if at) if all(moments) else None


def _agreed(history: History, rounds: list[Round], fact: Fact) -> Promise:
    """What was promised at the handoff that a fact followed."""
    before = [each for each in rounds if each.handoff.place < fact.place]
    if not before:
        return Promise()
    last = before[-1]
    binding = [found for _, found in agreements_of(history, last) if found.state == "active"]
    agreement = binding[0] if binding else NO_AGREEMENT
    return promised(agreement, last.decision.quadrant, last.decision.line, last.rep.team)


def _tries_wanted(promise: Promise) -> int:
    return promise.attempts.count if promise.attempts else 1


def _is_talk(fact: Fact) -> bool:
    return fact.kind == "contacted" and fact.act is not None and is_conversation(fact.act)


def _first(facts: Iterable[Fact], wanted: Callable[[Fact], bool]) -> datetime | None:
    return next((fact.at for fact in facts if wanted(fact)), None)


# -- revenue -----------------------------------------------------------------------------------------------


def won(history: History, lead: UUID) -> Fact | None:
    """When a lead was first won."""
    acts = history.facts.get(lead, ())
    return next((f for f in acts if f.act and f.act.outcome and f.act.outcome.result == "won"), None)


def in_company_money(money: Money, currency: str, agreement: Agreement) -> int | None:
    """Minor units of the company's currency; None without a rate."""
    rate = Decimal(1) if money.currency == currency else agreement.rates.get(money.currency)
    if rate is None:
        return None
    digits = minor_digits(currency) - minor_digits(money.currency)
    return int((money.minor * rate).scaleb(digits).quantize(Decimal(1), ROUND_HALF_EVEN))


def _add_revenue(
    history: History, found: Figures, agreement: Agreement, start: datetime, end: datetime
) -> None:
    for lead in history.leads:
        fact = won(history, lead)
        scores = history.scores.get(lead, ())
        if fact is None or not start <= fact.at < end or any(score.is_test for score in scores):
            continue
        assert fact.act is not None
        assert fact.act.outcome is not None
        money = fact.act.outcome.value
        if money is None:
            continue
        minor = in_company_money(money, history.rulebook_at(fact.at).currency, agreement)
        if minor is None:
            found.apart[money.currency] = found.apart.get(money.currency, 0) + money.minor
            continue
        found.revenue += minor
