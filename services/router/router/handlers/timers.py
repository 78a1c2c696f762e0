"""What follows from a warning, a breach, a reminder, or a breach that is taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lead_events import SlaBreached, SlaReminded, SlaWarned, SlaWithdrawn
from lead_events.words import RoutedKind, TimerKind
from router import metrics, store
from router.desk import Desk
from router.domain.book import Book, PoolChoice
from router.domain.breaches import (
    NO_ACTS,
    AfterBreach,
    Because,
    Breached,
    Followed,
    LastActs,
    after_breach,
    who_hears,
)
from router.domain.deadlines import had_full_time
from router.domain.eligibility import Standing
from router.domain.leads import Handoff, Lead
from router.domain.pauses import Pause, stands_still
from router.domain.said import Said, said
from router.store import q
from rulebook.models import SalesSide
from service_kit.batch import Received
from service_kit.postgres import Connection


class Effect(StrEnum):
    """What became of a warning, a breach or a reminder."""

    WARNING_SHOWN = "warning_shown"
    WARNING_TOO_LATE = "warning_too_late"  # the round is over
    REMINDER_SHOWN = "reminder_shown"
    REMINDER_TOO_LATE = "reminder_too_late"  # the round is over
    REASSIGNED = "reassigned"
    TAKEN_BACK_AND_HELD = "taken_back_and_held"
    OTHER_PROMISE = "breach_of_another_promise"  # only acceptance and first response move a lead
    ROUND_OVER = "breach_round_over"
    ACCEPTED = "breach_accepted_meanwhile"
    CONTACTED = "breach_contacted_meanwhile"
    PAUSED = "breach_paused"  # the promise stood still when it was due
    LOCKED = "breach_locked"  # a person locked the lead to its rep
    NOT_AGREED = "breach_not_to_reassign"  # the agreement leaves the lead where it is
    LAST_ROUND = "breach_last_round"  # the team lead decides
    TIME_LEFT = "breach_time_left"  # a change of hours, or a pause, gave the rep more time
    NOBODY_ELSE = "breach_nobody_else"  # the pool has nobody who could ever take it instead
    WITHDRAWN = "breach_withdrawn"  # it had been taken back before it came: nothing follows
    WITHDRAWAL = "withdrawal"  # the rep is shown no breach of this promise any more
    TRIAL_WARNING = "warning_of_a_trial"  # of an agreement that binds nobody
    TRIAL_BREACH = "breach_of_a_trial"
    TRIAL_REMINDER = "reminder_of_a_trial"
    TRIAL_TOO_LATE = "trial_too_late"  # of a trial, and the round is over


_STAYS = {
    Because.PAUSED: Effect.PAUSED,
    Because.LOCKED: Effect.LOCKED,
    Because.TIME_LEFT: Effect.TIME_LEFT,
    Because.NOT_AGREED: Effect.NOT_AGREED,
    Because.LAST_ROUND: Effect.LAST_ROUND,
    Because.NOBODY_ELSE: Effect.NOBODY_ELSE,
    Because.OTHER_PROMISE: Effect.OTHER_PROMISE,
}
Result = SlaWarned | SlaBreached | SlaReminded | SlaWithdrawn
TimerEvent = Received[SlaWarned] | Received[SlaBreached] | Received[SlaReminded] | Received[SlaWithdrawn]


@dataclass(frozen=True, slots=True)
class TimerNews:
    """A result of a timer and what became of it. `told`: the team lead who is to hear of it."""

    id: UUID
    news: Result
    effect: Effect
    told: str | None = None

    @property
    def level(self) -> str:
        """What it says, as it is kept."""
        match self.news:
            case SlaWarned():
                return f"warned {self.news.share:g}"
            case SlaReminded():
                return "reminded"
            case SlaWithdrawn():
                return "withdrawn"
        return "breached"


Round = tuple[UUID, int]
"""A lead and the number of its round."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who leads each team; what is paused in the rounds of breaches, and what their reps did last; breaches
    that are taken back, and when the last one of a round was that still stands."""

    leads: Mapping[str, str | None]
    pauses: Mapping[Round, Sequence[Pause]]
    acts: Mapping[Round, LastActs]
    withdrawn: frozenset[UUID] = frozenset()
    standing: Mapping[Round, datetime] = field(default_factory=dict)


NOTHING_KNOWN = Known({}, {}, {})


async def read_known(conn: Connection, events: Sequence[TimerEvent]) -> Known:
    """What breaches and withdrawals are judged by; their leads are locked."""
    if not events:
        return NOTHING_KNOWN
    taken_back = {event.data.withdraws for event in events if isinstance(event.data, SlaWithdrawn)}
    rounds = sorted({(event.data.lead_id, event.data.round) for event in events})
    leads = {row["id"]: row["lead"] for row in await conn.fetch(q.teams)}
    return Known(
        leads,
        await store.pauses_of(conn, rounds),
        await store.kept_by(conn, rounds),
        frozenset(taken_back | await store.withdrawn(conn, [event.id for event in events])),
        await store.standing_breaches(conn, rounds, taken_back) if taken_back else {},
    )


def apply_timer(
    desk: Desk, lead: Lead, event: TimerEvent, book: Book | None, choice: PoolChoice | None, known: Known
) -> TimerNews:
    """Show it in the open round it names; give the lead to somebody else where the agreement says so.

    `choice` is None when the lead had no round when the batch began: then nothing is locked to go on with.
    From what is only tried nothing follows.
    """
    news = event.data
    desk.ledger.touch(lead)
    handoff = lead.handoff
    if event.id in known.withdrawn:
        return TimerNews(event.id, news, Effect.WITHDRAWN)
    if isinstance(news, SlaWithdrawn):
        return _taken_back(desk, handoff, event.id, news, known)
    if handoff is None or handoff.round != news.round or handoff.rep != news.rep_id:
        return TimerNews(event.id, news, _too_late(news))
    if news.is_trial:
        return _tried(desk, lead, handoff, event.id, news, book, known)
    if isinstance(news, SlaWarned):
        handoff.warned_at = news.fired_at
        desk.ledger.touch_handoff(handoff)
        return TimerNews(event.id, news, Effect.WARNING_SHOWN)
    if isinstance(news, SlaReminded):
        return TimerNews(event.id, news, Effect.REMINDER_SHOWN)
    return _breached(desk, lead, handoff, event.id, news, book, choice, known)


def _taken_back(
    desk: Desk, handoff: Handoff | None, identity: UUID, news: SlaWithdrawn, known: Known
) -> TimerNews:
    """What was done because of the breach is done; the rep is shown only breaches that stand."""
    if handoff is not None and handoff.round == news.round and not news.is_trial:
        handoff.breached_at = known.standing.get((news.lead_id, news.round))
        desk.ledger.touch_handoff(handoff)
    return TimerNews(identity, news, Effect.WITHDRAWAL)


def _too_late(news: SlaWarned | SlaBreached | SlaReminded) -> Effect:
    if news.is_trial:
        return Effect.TRIAL_TOO_LATE
    match news:
        case SlaWarned():
            return Effect.WARNING_TOO_LATE
        case SlaReminded():
            return Effect.REMINDER_TOO_LATE
    return Effect.ROUND_OVER


def _tried(
    desk: Desk,
    lead: Lead,
    handoff: Handoff,
    identity: UUID,
    news: SlaWarned | SlaBreached | SlaReminded,
    book: Book | None,
    known: Known,
) -> TimerNews:
    """It is shown to the rep, or to the team lead: nothing of the lead or its round changes."""
    if isinstance(news, SlaWarned):
        return TimerNews(identity, news, Effect.TRIAL_WARNING)
    if isinstance(news, SlaReminded):
        return TimerNews(identity, news, Effect.TRIAL_REMINDER)
    agreed = desk.shelf.version(handoff.rulebook_version) or book
    if agreed is None:
        return TimerNews(identity, news, Effect.TRIAL_BREACH)
    sales = agreed.agreements.sales_of(news.agreement or "", handoff.assigned_at)
    breach = _judged(desk, lead, handoff, news, agreed, sales, known)
    told = None if breach.is_answered else who_hears(breach)
    return TimerNews(identity, news, Effect.TRIAL_BREACH, told)


def _breached(
    desk: Desk,
    lead: Lead,
    handoff: Handoff,
    identity: UUID,
    news: SlaBreached,
    book: Book | None,
    choice: PoolChoice | None,
    known: Known,
) -> TimerNews:
    if book is None or choice is None:
        _note_breach(desk, handoff, news)
        return TimerNews(identity, news, Effect.ROUND_OVER)
    follows = _follows(desk, lead, handoff, news, book, choice, known)
    if follows.because not in (Because.TIME_LEFT, Because.PAUSED):
        _note_breach(desk, handoff, news)
    if follows.what is AfterBreach.REASSIGN:
        desk.take_back(lead, identity, Standing.TIMED_OUT, _left_waiting(news.kind))
        kind = desk.route(lead, identity, book, choice)
        effect = Effect.REASSIGNED if kind is RoutedKind.ASSIGNED else Effect.TAKEN_BACK_AND_HELD
        return TimerNews(identity, news, effect)
    if follows.what is AfterBreach.UNOWNED and not lead.is_test:
        desk.unit.after_commit(metrics.UNOWNED_BREACHES.inc)
    return TimerNews(identity, news, _effect(follows, handoff), follows.told)


def _note_breach(desk: Desk, handoff: Handoff, news: SlaBreached) -> None:
    """From now on the rep sees it. One of a promise with time left is not theirs: it will be withdrawn."""
    handoff.breached_at = news.fired_at
    desk.ledger.touch_handoff(handoff)
    desk.ledger.fire(handoff, news.kind, news.due_at)


def _left_waiting(kind: TimerKind) -> Said:
    """What the rep did not do in time."""
    return said("gone.timed_out" if kind is TimerKind.ACCEPT else "gone.unanswered")


def _effect(follows: Followed, handoff: Handoff) -> Effect:
    if follows.because is Because.ACT_MEANWHILE:
        return Effect.CONTACTED if handoff.contacted_at is not None else Effect.ACCEPTED
    return _STAYS[follows.because]


def _follows(
    desk: Desk,
    lead: Lead,
    handoff: Handoff,
    news: SlaBreached,
    book: Book,
    choice: PoolChoice,
    known: Known,
) -> Followed:
    """What the agreement that bound at the handoff says of it, whoever it is charged to: the buyer waits."""
    agreed = desk.shelf.version(handoff.rulebook_version) or book
    sales = agreed.agreements.at(handoff.assigned_at).sales
    others_could = not desk.would_be_empty(lead, book, choice, handoff.rep)
    return after_breach(
        _judged(desk, lead, handoff, news, book, sales, known, others_could=others_could), sales
    )


def _judged(
    desk: Desk,
    lead: Lead,
    handoff: Handoff,
    news: SlaBreached,
    book: Book,
    sales: SalesSide,
    known: Known,
    *,
    others_could: bool = True,
) -> Breached:
    place = lead.id, handoff.round
    pauses, done = known.pauses.get(place, ()), known.acts.get(place, NO_ACTS)
    needs_talk = sales.first_response == "conversation"
    member = desk.members.get(handoff.rep)
    return Breached(
        kind=news.kind,
        round=handoff.round,
        is_answered=done.keep(news.kind, news.opened_at, needs_talk=needs_talk),
        is_paused=stands_still(pauses, news.kind, news.due_at),
        is_locked=lead.locked_by is not None,
        had_full_time=_had_full_time(desk, handoff, news, pauses),
        others_could=others_could,
        team_lead=known.leads.get(member.team) if member is not None else None,
        fallback_lead=_fallback_lead(desk, lead, book, known),
    )


def _had_full_time(desk: Desk, handoff: Handoff, news: SlaBreached, pauses: Sequence[Pause]) -> bool:
    """Of a rep who is locked, as they are where the lead may go on."""
    rep = desk.reps.get(handoff.rep)
    if rep is None:
        return True
    since, now = max(news.opened_at, handoff.assigned_at), desk.unit.now
    return had_full_time(rep.calendar, since, now, news.target_seconds, news.kind, pauses)


def _fallback_lead(desk: Desk, lead: Lead, book: Book, known: Known) -> str | None:
    teams = book.deciding_teams(lead.line, desk.members.values())
    return next((found for team in teams if (found := known.leads.get(team)) is not None), None)


async def insert_timer_news(conn: Connection, news: Sequence[TimerNews], now: datetime) -> None:
    """Keep what came. Of a breach that is taken back nobody hears who has not heard yet."""
    if not news:
        return
    columns = zip(*map(_row, news), strict=True)
    await conn.execute(q.insert_timer_news, *(list(column) for column in columns))
    silent = [each.id for each in news if each.effect in (Effect.WITHDRAWN, Effect.WITHDRAWAL)]
    silent += [each.news.withdraws for each in news if isinstance(each.news, SlaWithdrawn)]
    if silent:
        await conn.execute(q.note_untold_withdrawn, silent, now)


def _row(each: TimerNews) -> tuple[Any, ...]:
    news = each.news
    numbers = (news.number, news.at_most) if isinstance(news, SlaReminded) else (None, None)
    return (
        each.id,
        news.lead_id,
        news.kind.value,
        each.level,
        news.round,
        news.rep_id,
        news.due_at,
        news.fired_at,
        each.effect.value,
        each.told,
        news.timer_id,
        news.opened_at,
        news.agreement,
        news.rulebook_version,
        news.is_trial,
        *numbers,
        news.withdraws if isinstance(news, SlaWithdrawn) else None,
    )
