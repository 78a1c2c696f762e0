"""What each version of the agreement promises, read once a version."""

from datetime import timedelta

from lead_events.words import Quadrant, TimerKind
from rulebook.models import Agreement
from service_kit.postgres import Connection
from sla_monitor import store
from sla_monitor.domain.facts import Handoff
from sla_monitor.domain.timers import Terms

Promises = dict[Quadrant, Terms]


class Agreements:
    """Terms by version and quadrant. A version never changes, so what was read once holds."""

    def __init__(self) -> None:
        self._by_version: dict[int, Promises] = {}
        self.sources: frozenset[str] = frozenset()
        """The sources that the newest version declares."""

    async def learn(self, conn: Connection) -> None:
        """Take in versions not known yet: one statement.

        Call it before this transaction inserts a version of its own, which must not outlive a rollback here.
        """
        newest = max(self._by_version, default=0)
        for row in await store.fetch(conn, "agreements_besides", self.versions):
            self._by_version[row["version"]] = promises(Agreement.model_validate(row["agreement"]))
            if row["version"] > newest:
                self.sources = frozenset(row["sources"])

    @property
    def versions(self) -> list[int]:
        """The numbers of the versions known."""
        return list(self._by_version)

    def terms_of(self, handoff: Handoff) -> Terms | None:
        """The terms of a handoff, by the version its event names; None when that has not arrived."""
        known = self._by_version.get(handoff.rulebook_version)
        return None if known is None else known.get(handoff.quadrant, Terms({}, ()))


def promises(agreement: Agreement) -> Promises:
    """Terms by quadrant. A draft promises nothing yet."""
    if agreement.state == "draft":
        return {}
    shares = tuple(sorted(set(agreement.sales.warn_at)))
    only_talks_count = agreement.sales.first_response == "conversation"
    found: Promises = {}
    for quadrant, promise in agreement.sales.promises.items():
        targets: dict[TimerKind, timedelta] = {}
        if promise.accept_within:
            targets[TimerKind.ACCEPT] = promise.accept_within
        if promise.first_response_within:
            targets[TimerKind.FIRST_RESPONSE] = promise.first_response_within
        found[quadrant] = Terms(targets, shares, only_talks_count)
    return found
