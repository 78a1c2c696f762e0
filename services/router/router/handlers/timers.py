"""What follows from a warning or a breach."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lead_events import SlaBreached, SlaWarned
from lead_events.words import RoutedKind, TimerKind
from router.desk import Desk
from router.domain.book import Book, PoolChoice
from router.domain.deadlines import had_full_time
from router.domain.eligibility import Standing
from router.domain.leads import Lead
from router.store import q
from service_kit.postgres import Connection


class Effect(StrEnum):
    """What became of a warning or a breach."""

    WARNING_SHOWN = "warning_shown"
    WARNING_TOO_LATE = "warning_too_late"  # the round is over
    REASSIGNED = "reassigned"
    TAKEN_BACK_AND_HELD = "taken_back_and_held"
    OTHER_PROMISE = "breach_of_another_promise"  # only a missed acceptance takes a lead back
    ROUND_OVER = "breach_round_over"
    ACCEPTED = "breach_accepted_meanwhile"
    CONTACTED = "breach_contacted_meanwhile"
    LOCKED = "breach_locked"  # a person locked the lead to its rep
    NOT_AGREED = "breach_not_to_reassign"  # the agreement leaves the lead where it is
    LAST_ROUND = "breach_last_round"  # the team lead decides
    TIME_LEFT = "breach_time_left"  # a change of hours gave the rep more time
    NOBODY_ELSE = "breach_nobody_else"  # the pool has nobody who could ever take it instead


@dataclass(frozen=True, slots=True)
class TimerNews:
    """A warning or breach and what became of it."""

    id: UUID
    news: SlaWarned | SlaBreached
    effect: Effect


def apply_timer(
    desk: Desk,
    lead: Lead,
    news: SlaWarned | SlaBreached,
    cause: UUID,
    book: Book | None,
    choice: PoolChoice | None,
) -> Effect:
    """Show it in the open round it names; give the lead to somebody else where the agreement says so.

    `choice` is None when the lead had no round when the batch began: then nothing is locked to go on with.
    """
    desk.ledger.touch(lead)
    handoff = lead.handoff
    is_open = handoff is not None and handoff.round == news.round and handoff.rep == news.rep_id
    if isinstance(news, SlaWarned):
        if not is_open or handoff is None:
            return Effect.WARNING_TOO_LATE
        handoff.warned_at = news.fired_at
        desk.ledger.touch_handoff(handoff)
        return Effect.WARNING_SHOWN
    if not is_open or handoff is None:
        return Effect.ROUND_OVER
    handoff.breached_at = news.fired_at
    desk.ledger.touch_handoff(handoff)
    keeps = _keeps(desk, lead, news, book, choice) if book and choice else Effect.ROUND_OVER
    if keeps is not Effect.TIME_LEFT:
        desk.ledger.fire(handoff, news.kind, news.due_at)
    if book is None or choice is None:
        return Effect.ROUND_OVER
    if keeps is not None:
        return keeps
    desk.take_back(lead, cause, Standing.TIMED_OUT)
    kind = desk.route(lead, cause, book, choice)
    return Effect.REASSIGNED if kind is RoutedKind.ASSIGNED else Effect.TAKEN_BACK_AND_HELD


def _keeps(desk: Desk, lead: Lead, news: SlaBreached, book: Book, choice: PoolChoice) -> Effect | None:
    """Why the rep keeps the lead after all, None if not."""
    handoff = lead.handoff
    if handoff is None:
        return Effect.ROUND_OVER
    sales = book.agreement.sales
    rep = desk.reps[handoff.rep]
    reasons = (
        (news.kind is not TimerKind.ACCEPT, Effect.OTHER_PROMISE),
        (handoff.contacted_at is not None, Effect.CONTACTED),
        (handoff.accepted_at is not None, Effect.ACCEPTED),
        (lead.locked_by is not None, Effect.LOCKED),
        (not sales.reassign_on_accept_breach, Effect.NOT_AGREED),
        (handoff.round >= sales.max_rounds, Effect.LAST_ROUND),
        (
            not had_full_time(rep.calendar, handoff.assigned_at, desk.unit.now, news.target_seconds),
            Effect.TIME_LEFT,
        ),
    )
    found = next((effect for holds, effect in reasons if holds), None)
    if found is None and desk.would_be_empty(lead, book, choice, handoff.rep):
        return Effect.NOBODY_ELSE
    return found


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
    )
