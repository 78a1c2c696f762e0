"""What each version's agreements promise of a handoff."""

from collections.abc import Sequence
from datetime import date, timedelta

from lead_events.words import Quadrant, TimerKind
from rulebook.agreements import Agreed, on_trial, promise_of
from rulebook.models import Promise
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.terms import Reminding, Terms, VolumeLimit
from sla_monitor.ledger.books import Books

_REMEMBERED = 10_000
_Key = tuple[int, date, Quadrant, str, str]


class Agreements:
    """Terms by version. A version never changes, so what was found once holds."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._terms: dict[_Key, tuple[Terms, ...]] = {}

    def terms_of(self, fact: Fact) -> Sequence[Terms] | None:
        """What the binding agreement, then those on trial promise of a handoff, by the version its event
        names; None when that has not arrived."""
        handoff = fact.handoff
        if handoff is None:
            return ()
        book = self._books.of(handoff.rulebook_version)
        if book is None:
            return None
        day = fact.at.astimezone(book.zone).date()
        key = handoff.rulebook_version, day, handoff.quadrant, handoff.line, handoff.team
        found = self._terms.get(key)
        if found is None:
            if len(self._terms) >= _REMEMBERED:
                self._terms.clear()
            agreed = [book.agreed_on(day), *on_trial(book.rulebook, fact.at, handoff.team)]
            found = tuple(
                terms(each, handoff.quadrant, handoff.line, handoff.team, book.rulebook.time_zone)
                for each in agreed
            )
            self._terms[key] = found
        return found


def terms(agreed: Agreed, quadrant: Quadrant, line: str, team: str, zone: str) -> Terms:
    """What one agreement promises of a lead. `zone`: the company's, whose days and months are counted in."""
    sales = agreed.agreement.sales
    promise = promise_of(agreed.agreement, quadrant, line, team)
    reminders, volume = sales.reminders, sales.volume
    return Terms(
        targets=targets(promise),
        shares=tuple(sorted(set(sales.warn_at))),
        only_talks_count=sales.first_response == "conversation",
        agreement=agreed.id,
        is_trial=agreed.is_trial,
        tries=promise.attempts.count if promise.attempts else 0,
        pauses={reason: frozenset(kinds) for reason, kinds in sales.pauses.items()},
        reminding=Reminding(reminders.every, reminders.at_most, reminders.at_night) if reminders else None,
        volume=VolumeLimit(volume.per_day, volume.per_month, zone) if volume else None,
    )


def targets(promise: Promise) -> dict[TimerKind, timedelta]:
    """The lengths that are promised, by kind."""
    attempts = promise.attempts
    found = {
        TimerKind.ACCEPT: promise.accept_within,
        TimerKind.FIRST_RESPONSE: promise.first_response_within,
        TimerKind.NEXT_RESPONSE: promise.next_response_within,
        TimerKind.NEXT_ATTEMPT: (attempts.apart or attempts.within / attempts.count) if attempts else None,
        TimerKind.OUTCOME: promise.outcome_within,
    }
    return {kind: length for kind, length in found.items() if length}
