"""What one process remembers between transactions. All of it can be read anew from the store."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_monitor.agreements import Agreements
from sla_monitor.hours import Calendars
from sla_monitor.ledger.books import Books

GAP = timedelta(seconds=10)
"""A monitor that has not looked for longer than this (store away, process frozen, clock set) starts anew."""


@dataclass(slots=True)
class Memory:
    """Rulebooks, what their agreements promise, and calendars; when this monitor started, by the database."""

    books: Books = field(default_factory=Books)
    agreements: Agreements = field(init=False)
    calendars: Calendars = field(default_factory=Calendars)
    started: datetime | None = None
    looked: datetime | None = None

    def __post_init__(self) -> None:
        self.agreements = Agreements(self.books)

    def started_by(self, now: datetime) -> datetime:
        """The start from which patience counts: the first look, or the first after a gap in looking.

        A gap counts as a start because nobody could read during it either: what waits is read first.
        """
        before, self.looked = self.looked, now
        if self.started is None or (before is not None and not timedelta(0) <= now - before <= GAP):
            self.started = now
        return self.started
