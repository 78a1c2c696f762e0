"""What became of every promise, from the whole set of facts and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lead_events import LeadProgressed
from lead_events.ids import timer_id
from rulebook.models import Agreement, Promise, Rulebook
from tests.model.history import Fact, History
from tests.model.hours import Span, clipped, reached, total
from tests.model.rounds import HORIZON, Round, WorkingTime, counted, pauses, rounds_of

SPEED = ("accept", "first_response", "next_response")
GIVEN_BACK = {"rejected", "recycled"}
KEPT_BY = {
    "accept": {"accepted", "contacted", "outcome"} | GIVEN_BACK,
    "first_response": {"contacted", "outcome"} | GIVEN_BACK,
    "next_response": {"contacted", "outcome"} | GIVEN_BACK,
    "next_attempt": {"contacted", "outcome"} | GIVEN_BACK,
    "outcome": {"outcome"} | GIVEN_BACK,
}
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Opened:
    """A promise as it begins."""

    kind: str
    at: datetime
    by: Fact
    target: timedelta


@dataclass(frozen=True)
class Kept:
    """What became of a promise. `state`: pending, kept, broken, cancelled; `acted_at`: the act that would
    have kept it, also after the due time."""

    id: UUID
    each: Round
    agreement_id: str
    agreement: Agreement
    opened: Opened
    due: datetime | None
    state: str
    ended_at: datetime | None = None
    ended_kind: str | None = None
    warnings: tuple[tuple[float, datetime], ...] = ()
    reminders: tuple[datetime, ...] = ()
    acted_at: datetime | None = None

    @property
    def kind(self) -> str:
        return self.opened.kind

    @property
    def is_trial(self) -> bool:
        return self.agreement.state == "trial"


def promises_of(history: History, lead: UUID, now: datetime) -> list[Kept]:
    """Every promise of a lead, as it stands at `now`."""
    found = []
    for each in rounds_of(history, lead):
        if each.decision.is_own:
            continue
        working = WorkingTime(history, each)
        for name, agreement in agreements_of(history, each):
            promise = promised(agreement, each.decision.quadrant, each.decision.line, each.rep.team)
            found += [
                _followed(each, name, agreement, opened, working, now)
                for opened in _openings(each, agreement, promise)
            ]
    return found


def agreements_of(history: History, each: Round) -> list[tuple[str, Agreement]]:
    """Those that a round stands under: the one in force and those on trial with the rep's team."""
    rulebook: Rulebook = history.rulebooks[each.decision.rulebook_version]
    in_force = history.binding(rulebook, each.handoff.at)
    return ([in_force] if in_force else []) + history.tried(rulebook, each.handoff.at, each.rep.team)


def promised(agreement: Agreement, quadrant: str, line: str, team: str | None) -> Promise:
    """Of the team, else of the line, else in general; whoever is named holds alone."""
    sales = agreement.sales
    if team in sales.teams:
        found = sales.teams[team]
    elif line in sales.lines:
        found = sales.lines[line]
    else:
        found = sales.promises
    by_name = {str(name): promise for name, promise in found.items()}
    return by_name.get(quadrant, Promise())


def is_conversation(act: LeadProgressed) -> bool:
    """A contact of which nothing is told is a conversation."""
    return act.contact != "attempt"


def answers(fact: Fact, agreement: Agreement) -> bool:
    """A contact that counts as a response."""
    if fact.act is None or fact.kind != "contacted":
        return False
    return agreement.sales.first_response == "attempt" or is_conversation(fact.act)


def _openings(each: Round, agreement: Agreement, promise: Promise) -> Iterator[Opened]:
    at = each.handoff.at
    from_handoff = {
        "accept": promise.accept_within,
        "first_response": promise.first_response_within,
        "outcome": promise.outcome_within,
    }
    for kind, target in from_handoff.items():
        if target is not None:
            yield Opened(kind, at, each.handoff, target)
    yield from _asks(each, agreement, promise)
    yield from _tries(each, promise)


def _asks(each: Round, agreement: Agreement, promise: Promise) -> Iterator[Opened]:
    waiting = True
    for fact in each.facts:
        if answers(fact, agreement):
            waiting = False
        elif fact.kind == "asked_again":
            if not waiting and promise.next_response_within is not None:
                yield Opened("next_response", fact.at, fact, promise.next_response_within)
            waiting = True


def _tries(each: Round, promise: Promise) -> Iterator[Opened]:
    attempts = promise.attempts
    if attempts is None:
        return
    apart = attempts.apart or attempts.within / attempts.count
    made = 0
    for fact in each.facts:
        if fact.act is None or fact.kind != "contacted":
            continue
        if is_conversation(fact.act):
            return
        made += 1
        if made < attempts.count:
            yield Opened("next_attempt", fact.at, fact, apart)


def _keeps(fact: Fact, kind: str, agreement: Agreement) -> bool:
    if fact.kind not in KEPT_BY[kind]:
        return False
    if fact.kind == "contacted" and kind in ("first_response", "next_response"):
        return answers(fact, agreement)
    return True


def _followed(
    each: Round, name: str, agreement: Agreement, opened: Opened, working: WorkingTime, now: datetime
) -> Kept:
    act = _first_act(each, agreement, opened)
    ends = sorted((f for f in (act, each.end) if f is not None), key=lambda fact: fact.place)
    end = ends[0] if ends else None
    time = _time(each, agreement, opened.kind, working, end)
    due = reached(time, opened.at, opened.target)
    acted = act.at if act else None
    trial = name if agreement.state == "trial" else None
    identity = timer_id(each.lead, opened.kind, opened.by.id, trial)
    whose = (identity, each, name, agreement, opened, due)
    if end is not None and (due is None or end.at <= due):
        state = "kept" if end is act else "cancelled"
        warned = _warnings(agreement, opened, time, end.at)
        return Kept(*whose, state, end.at, end.kind, warned, (), acted)
    if due is None or due > now:
        return Kept(*whose, "pending", warnings=_warnings(agreement, opened, time, now), acted_at=acted)
    reminders = _reminders(each, agreement, opened.kind, due, working, end, now)
    return Kept(*whose, "broken", None, None, _warnings(agreement, opened, time, due), reminders, acted)


def _first_act(each: Round, agreement: Agreement, opened: Opened) -> Fact | None:
    later = (fact for fact in each.facts if fact.place > opened.by.place)
    return next((fact for fact in later if _keeps(fact, opened.kind, agreement)), None)


def _time(
    each: Round, agreement: Agreement, kind: str | None, working: WorkingTime, end: Fact | None
) -> Sequence[Span]:
    """The working time that counts for a promise, by what was known when it ended."""
    known = [fact for fact in each.facts if end is None or fact.place < end.place]
    still = pauses(known, agreement, each.handoff.at + HORIZON, kind)
    return counted(working.spans(end.at if end else None), still)


def _warnings(
    agreement: Agreement, opened: Opened, time: Sequence[Span], before: datetime
) -> tuple[tuple[float, datetime], ...]:
    """Shares whose moment came before the promise ended or ran out."""
    found = []
    for share in sorted(agreement.sales.warn_at):
        part = round(opened.target / MICROSECOND * Decimal(str(share)).__float__())
        at = reached(time, opened.at, part * MICROSECOND)
        if at is not None and at < before:
            found.append((share, at))
    return tuple(found)


def _reminders(
    each: Round,
    agreement: Agreement,
    kind: str,
    due: datetime,
    working: WorkingTime,
    end: Fact | None,
    now: datetime,
) -> tuple[datetime, ...]:
    wanted = agreement.sales.reminders
    if wanted is None:
        return ()
    time = _time(each, agreement, kind, working, end)
    moments = [
        due + number * wanted.every if wanted.at_night else reached(time, due, number * wanted.every)
        for number in range(1, wanted.at_most + 1)
    ]
    until = end.at if end else now
    return tuple(at for at in moments if at is not None and at < until)


def ending(kept: Kept) -> Fact | None:
    """What ended it, in time or not: the act, or what ended its round."""
    ends = [fact for fact in (_first_act(kept.each, kept.agreement, kept.opened), kept.each.end) if fact]
    return min(ends, key=lambda fact: fact.place, default=None)


def worked(history: History, kept: Kept) -> timedelta | None:
    """The rep's working time from its opening to its end; None while it has none."""
    end = ending(kept)
    if end is None:
        return None
    time = _time(kept.each, kept.agreement, kept.kind, WorkingTime(history, kept.each), end)
    return total(clipped(time, kept.opened.at, end.at))
