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
    """Agreements and calendars by content; when this monitor started, by the database."""

    agreements: Agreements = field(default_factory=Agreements)
    calendars: Calendars = field(default_factory=Calendars)
    books: Books = field(default_factory=Books)
    started: datetime | None = None
    looked: datetime | None = None

    def started_by(self, now: datetime) -> datetime:
        """The start from which patience counts: the first look, or the first after a gap in looking.

        A gap counts as a start because nobody could read during it either: what waits is read first.
        """
        before, self.looked = self.looked, now
        if self.started is None or (before is not None and not timedelta(0) <= now - before <= GAP):
            self.started = now
        return self.started
