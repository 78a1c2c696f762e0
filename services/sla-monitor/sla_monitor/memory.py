"""What one process remembers between transactions. All of it can be read anew from the store."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from sla_monitor.agreements import Agreements
from sla_monitor.hours import Calendars


class CountedOnce:
    """Keeps a repeated batch from being counted twice in metrics, which know no rollback."""

    def __init__(self, remembered: int = 20_000) -> None:
        self._seen: OrderedDict[Hashable, None] = OrderedDict()
        self._remembered = remembered

    def first_time(self, key: Hashable) -> bool:
        """Whether `key` is seen for the first time, as far as remembered."""
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._remembered:
            self._seen.popitem(last=False)
        return True


@dataclass(slots=True)
class Memory:
    """Agreements and calendars by content; when this monitor started, by the database."""

    agreements: Agreements = field(default_factory=Agreements)
    calendars: Calendars = field(default_factory=Calendars)
    counted: CountedOnce = field(default_factory=CountedOnce)
    started: datetime | None = None

    def started_by(self, now: datetime) -> datetime:
        """The first moment asked about: the start from which patience counts."""
        if self.started is None:
            self.started = now
        return self.started
