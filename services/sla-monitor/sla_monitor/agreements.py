"""What each version's agreements promise, read once a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lead_events.words import Quadrant, TimerKind
from rulebook.agreements import Agreed, binding, on_trial, promise_of
from rulebook.models import Agreement, Promise, Rulebook
from service_kit.metrics import RULEBOOK_VERSION
from service_kit.postgres import Connection
from sla_monitor import store
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.terms import Reminding, Terms, VolumeLimit

_REMEMBERED = 10_000
_Key = tuple[int, date, Quadrant, str, str]


@dataclass(frozen=True, slots=True)
class Version:
    """What matters here of one version. `rulebook` has its agreements and time zone, and nothing else."""

    rulebook: Rulebook
    zone: ZoneInfo
    sources: frozenset[str]
    segments: frozenset[str]


class Agreements:
    """Terms by version. A version never changes, so what was read once holds."""

    def __init__(self) -> None:
        self._by_version: dict[int, Version] = {}
        self._terms: dict[_Key, tuple[Terms, ...]] = {}
        self.sources: frozenset[str] = frozenset()
        """The sources that the newest version declares."""

    async def learn(self, conn: Connection) -> None:
        """Take in versions not known yet: one statement.

        Call it before this transaction inserts a version of its own, which must not outlive a rollback here.
        """
        for row in await store.fetch(conn, "agreements_besides", self.versions):
            self._by_version[row["version"]] = version_from(row)
        newest = self.newest
        self.sources = newest.sources if newest else frozenset()
        RULEBOOK_VERSION.set(max(self._by_version, default=0))

    @property
    def versions(self) -> list[int]:
        """The numbers of the versions known."""
        return list(self._by_version)

    @property
    def newest(self) -> Version | None:
        """The version with the highest number."""
        return self._by_version[max(self._by_version)] if self._by_version else None

    def version(self, number: int) -> Version | None:
        """One version; None when it has not arrived."""
        return self._by_version.get(number)

    def terms_of(self, fact: Fact) -> Sequence[Terms] | None:
        """What the binding agreement, then those on trial promise of a handoff, by the version its event
        names; None when that has not arrived."""
        handoff = fact.handoff
        if handoff is None:
            return ()
        version = self._by_version.get(handoff.rulebook_version)
        if version is None:
            return None
        day = fact.at.astimezone(version.zone).date()
        key = handoff.rulebook_version, day, handoff.quadrant, handoff.line, handoff.team
        found = self._terms.get(key)
        if found is None:
            if len(self._terms) >= _REMEMBERED:
                self._terms.clear()
            agreed = [binding(version.rulebook, fact.at), *on_trial(version.rulebook, fact.at, handoff.team)]
            found = tuple(
                terms(each, handoff.quadrant, handoff.line, handoff.team, version.rulebook.time_zone)
                for each in agreed
            )
            self._terms[key] = found
        return found


def version_from(row: Mapping[str, Any]) -> Version:
    """A version as the store gives it. Older ones have one agreement only."""
    others = {name: Agreement.model_validate(each) for name, each in row["agreements"].items()}
    parts: dict[str, Any] = {
        "time_zone": row["time_zone"],
        "agreement": Agreement.model_validate(row["agreement"]),
        "agreements": others,
    }
    rulebook = Rulebook.model_construct(**parts)
    zone = ZoneInfo(rulebook.time_zone)
    return Version(rulebook, zone, frozenset(row["sources"]), frozenset(row["segments"]))


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
