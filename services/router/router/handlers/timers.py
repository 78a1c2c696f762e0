"""What follows from a warning or a breach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lead_events import SlaBreached, SlaWarned
from lead_events.words import RoutedKind, TimerKind
from router import metrics
from router.desk import Desk
from router.domain.book import Book, PoolChoice
from router.domain.breaches import AfterBreach, Because, Breached, Followed, after_breach
from router.domain.deadlines import had_full_time
from router.domain.eligibility import Standing
from router.domain.leads import Handoff, Lead
from router.domain.said import Said, said
from router.store import q
from service_kit.batch import Received
from service_kit.postgres import Connection


class Effect(StrEnum):
    """What became of a warning or a breach."""

    WARNING_SHOWN = "warning_shown"
    WARNING_TOO_LATE = "warning_too_late"  # the round is over
    REASSIGNED = "reassigned"
    TAKEN_BACK_AND_HELD = "taken_back_and_held"
    OTHER_PROMISE = "breach_of_another_promise"  # only acceptance and first response move a lead
    ROUND_OVER = "breach_round_over"
    ACCEPTED = "breach_accepted_meanwhile"
    CONTACTED = "breach_contacted_meanwhile"
    LOCKED = "breach_locked"  # a person locked the lead to its rep
    NOT_AGREED = "breach_not_to_reassign"  # the agreement leaves the lead where it is
    LAST_ROUND = "breach_last_round"  # the team lead decides
    TIME_LEFT = "breach_time_left"  # a change of hours gave the rep more time
    NOBODY_ELSE = "breach_nobody_else"  # the pool has nobody who could ever take it instead


_STAYS = {
    Because.LOCKED: Effect.LOCKED,
    Because.TIME_LEFT: Effect.TIME_LEFT,
    Because.NOT_AGREED: Effect.NOT_AGREED,
    Because.LAST_ROUND: Effect.LAST_ROUND,
    Because.NOBODY_ELSE: Effect.NOBODY_ELSE,
    Because.OTHER_PROMISE: Effect.OTHER_PROMISE,
}


@dataclass(frozen=True, slots=True)
class TimerNews:
    """A warning or breach and what became of it. `told`: the team lead who is to hear of it."""

    id: UUID
    news: SlaWarned | SlaBreached
    effect: Effect
    told: str | None = None


TeamLeads = Mapping[str, str | None]
"""Who leads each team."""


async def read_team_leads(conn: Connection) -> TeamLeads:
    """As the roster has them."""
    return {row["id"]: row["lead"] for row in await conn.fetch(q.teams)}


def apply_timer(
    desk: Desk,
    lead: Lead,
    event: Received[SlaWarned] | Received[SlaBreached],
    book: Book | None,
    choice: PoolChoice | None,
    leads: TeamLeads,
) -> TimerNews:
    """Show it in the open round it names; give the lead to somebody else where the agreement says so.

    `choice` is None when the lead had no round when the batch began: then nothing is locked to go on with.
    """
    news = event.data
    desk.ledger.touch(lead)
    handoff = lead.handoff
    is_open = handoff is not None and handoff.round == news.round and handoff.rep == news.rep_id
    if isinstance(news, SlaWarned):
        if not is_open or handoff is None:
            return TimerNews(event.id, news, Effect.WARNING_TOO_LATE)
        handoff.warned_at = news.fired_at
        desk.ledger.touch_handoff(handoff)
        return TimerNews(event.id, news, Effect.WARNING_SHOWN)
    if not is_open or handoff is None:
        return TimerNews(event.id, news, Effect.ROUND_OVER)
    handoff.breached_at = news.fired_at
    desk.ledger.touch_handoff(handoff)
    if book is None or choice is None:
        desk.ledger.fire(handoff, news.kind, news.due_at)
        return TimerNews(event.id, news, Effect.ROUND_OVER)
    follows = _follows(desk, lead, handoff, news, book, choice, leads)
    if follows.because is not Because.TIME_LEFT:
        desk.ledger.fire(handoff, news.kind, news.due_at)
    if follows.what is AfterBreach.REASSIGN:
        desk.take_back(lead, event.id, Standing.TIMED_OUT, _left_waiting(news.kind))
        kind = desk.route(lead, event.id, book, choice)
        effect = Effect.REASSIGNED if kind is RoutedKind.ASSIGNED else Effect.TAKEN_BACK_AND_HELD
        return TimerNews(event.id, news, effect)
    if follows.what is AfterBreach.UNOWNED and not lead.is_test:
        desk.unit.after_commit(metrics.UNOWNED_BREACHES.inc)
    return TimerNews(event.id, news, _effect(follows, handoff), follows.told)


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
    leads: TeamLeads,
) -> Followed:
    """What the agreement of the handoff says of it."""
    agreed = desk.shelf.version(handoff.rulebook_version) or book
    sales, rep = agreed.agreement.sales, desk.reps[handoff.rep]
    plan = book.company.routing.plans.get(lead.line)
    fallback = book.pools[plan.fallback].team if plan is not None and plan.fallback in book.pools else None
    breach = Breached(
        kind=news.kind,
        round=handoff.round,
        is_answered=_is_answered(news.kind, handoff, needs_talk=sales.first_response == "conversation"),
        is_locked=lead.locked_by is not None,
        had_full_time=had_full_time(rep.calendar, handoff.assigned_at, desk.unit.now, news.target_seconds),
        others_could=not desk.would_be_empty(lead, book, choice, handoff.rep),
        team_lead=leads.get(rep.team),
        fallback_lead=leads.get(fallback) if fallback is not None else None,
    )
    return after_breach(breach, sales)


def _is_answered(kind: TimerKind, handoff: Handoff, *, needs_talk: bool) -> bool:
    """Whether what keeps the promise has happened."""
    if kind is TimerKind.ACCEPT:
        return handoff.accepted_at is not None or handoff.contacted_at is not None
    return (handoff.talked_at if needs_talk else handoff.contacted_at) is not None


async def insert_timer_news(conn: Connection, news: Sequence[TimerNews]) -> None:
    """Keep what came."""
    if not news:
        return
    await conn.execute(
        q.insert_timer_news,
        [each.id for each in news],
        [each.news.lead_id for each in news],
        [each.news.kind.value for each in news],
        [f"warned {each.news.share:g}" if isinstance(each.news, SlaWarned) else "breached" for each in news],
        [each.news.round for each in news],
        [each.news.rep_id for each in news],
        [each.news.due_at for each in news],
        [each.news.fired_at for each in news],
        [each.effect.value for each in news],
        [each.told for each in news],
    )
