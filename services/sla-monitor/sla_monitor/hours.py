"""Working hours by content: each calendar is read once a process, whoever it belongs to."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson

from service_kit.postgres import Connection
from sla_monitor import store
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.schedule import Change, Schedule, schedule
from worktime import Calendar

_NAMESPACE = UUID("8f6f0c0e-54a5-5d0e-8a52-6a2c1c9d7b11")
_REMEMBERED = 4096


def calendar_id(document: Mapping[str, Any]) -> UUID:
    """The id of a calendar: equal content, equal id."""
    return uuid5(_NAMESPACE, orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode())


class Calendars:
    """Calendars in memory; the 4,096 used last are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, Calendar] = OrderedDict()

    def learn(self, document: Mapping[str, Any]) -> UUID:
        """Read a calendar and return its id. Raises CalendarError naming the key that is wrong."""
        identity = calendar_id(document)
        if identity not in self._known:
            self._keep(identity, Calendar.from_dict(document))
        return identity

    async def by_id(self, conn: Connection, ids: Iterable[UUID]) -> dict[UUID, Calendar]:
        """These calendars; those not remembered are read from the store."""
        wanted = set(ids)
        missing = wanted - self._known.keys()
        if missing:
            for identity, document in await store.read_calendars(conn, missing):
                self._keep(identity, Calendar.from_dict(document))
        found = {identity: self._known[identity] for identity in wanted}
        for identity in found:
            self._known.move_to_end(identity)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _keep(self, identity: UUID, calendar: Calendar) -> None:
        self._known[identity] = calendar


class HoursBook:
    """The working time of the reps that some leads have had, changes included, for any of their rounds."""

    def __init__(self, calendars: Mapping[UUID, Calendar], changes: Mapping[str, Sequence[Change]]) -> None:
        self._calendars = calendars
        self._changes = changes
        self._made: dict[UUID, Schedule] = {}

    def of(self, fact: Fact) -> Schedule:
        """The schedule of the round that `fact` opened. Raises ValueError for a fact that opens none."""
        if fact.handoff is None:
            raise ValueError(f"{fact.kind} opens no round; ask with an assigned fact")
        found = self._made.get(fact.id)
        if found is None:
            found = self._made[fact.id] = schedule(
                self._calendars[fact.handoff.calendar],
                revision=fact.handoff.availability_revision,
                opened_at=fact.at,
                changes=self._changes.get(fact.rep_id or "", ()),
            )
        return found


async def hours_of(conn: Connection, calendars: Calendars, facts: Iterable[Fact]) -> HoursBook:
    """The hours behind the handoffs among `facts`: at most two statements."""
    handoffs = [fact for fact in facts if fact.handoff is not None]
    since: dict[str, int] = {}
    for fact in handoffs:
        if fact.handoff and fact.rep_id:
            revision = fact.handoff.availability_revision
            since[fact.rep_id] = min(revision, since.get(fact.rep_id, revision))
    told = await store.read_rep_hours(conn, since)
    ids = {fact.handoff.calendar for fact in handoffs if fact.handoff} | {row.calendar for row in told}
    known = await calendars.by_id(conn, ids)
    changes: dict[str, list[Change]] = {}
    for row in told:
        change = Change(row.revision, row.at, known[row.calendar], row.is_active)
        changes.setdefault(row.rep_id, []).append(change)
    return HoursBook(known, changes)
