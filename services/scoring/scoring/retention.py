"""Retention: once a night, what has been kept as long as the rulebook says goes, in small transactions."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from rulebook.models import Rulebook
from rulebook.store import RulebookCache
from scoring import metrics
from scoring.domain.submissions import ACCEPTED, SubmissionState
from scoring.persons import Order, erase_subject, tell_expired
from scoring.store import persons, signals
from service_kit.errors import describe, is_transient
from service_kit.logs import logger
from service_kit.runtime import Runtime
from service_kit.unit import Unit

_log = logger(__name__)

CHUNK = 200
"""Rows of one transaction: others wait for it, for the erasures' lock too."""
LOOK_EVERY = timedelta(minutes=10)
"""How often it is looked whether the hour has come."""
RAW_STATES = frozenset({*ACCEPTED, SubmissionState.DUPLICATE})
_NOBODY = UUID(int=0)


def night_due(now: datetime, zone: str, hour: int) -> date | None:
    """The day whose retention may run at `now`, in the company's time zone; None before its hour."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.hour >= hour else None


def kept_since(now: datetime, days: int | Literal["keep"]) -> datetime | None:
    """What is from before this moment goes; None keeps everything."""
    return None if days == "keep" else now - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class _Night:
    day: date
    now: datetime
    rules: Rulebook


class Retention:
    """One night's work, by the one instance whose turn it is. Begun again after a crash, it ends the same."""

    def __init__(self, runtime: Runtime, *, hour: int, chunk: int = CHUNK) -> None:
        self._runtime = runtime
        self._hour = hour
        self._chunk = chunk
        self._rulebooks = RulebookCache()

    async def work(self) -> None:
        """Run if the hour has come and this night has not been done."""
        night = await self._due()
        if night is None:
            return
        rules = night.rules.retention
        counts = {
            "quarantined": await self._submissions(
                {SubmissionState.QUARANTINED}, kept_since(night.now, rules.quarantined_days), _empty
            ),
            "refused": await self._submissions(
                {SubmissionState.REFUSED}, kept_since(night.now, rules.refused_days), _strip
            ),
            "raw": await self._submissions(RAW_STATES, kept_since(night.now, rules.raw_days), _strip),
            "persons": await self._persons(kept_since(night.now, rules.closed_days)),
            "signals": await self._signals(kept_since(night.now, rules.signals_days)),
        }
        async with self._runtime.database.transaction() as conn:
            await persons.note_night(conn, night.day, night.now, counts)
        metrics.count_retention(counts)
        _log.info("retention has run", day=night.day.isoformat(), **counts)

    async def _due(self) -> _Night | None:
        async with self._runtime.database.transaction() as conn:
            history = await self._rulebooks.history(conn)
            if not len(history):
                return None
            now = await self._runtime.database.clock.now(conn)
            rules = history.at(now).rulebook
            day = night_due(now, rules.time_zone, self._hour)
            last = await persons.last_night(conn)
        return None if day is None or (last is not None and last >= day) else _Night(day, now, rules)

    async def _submissions(
        self,
        states: frozenset[SubmissionState] | set[SubmissionState],
        before: datetime | None,
        end: Callable[[Unit, Sequence[UUID]], Awaitable[None]],
    ) -> int:
        """Deal with submissions that stand in a state since before a moment; how many."""
        if before is None:
            return 0
        moment = before

        async def work(unit: Unit) -> int:
            found = await persons.expired_submissions(unit.conn, states, moment, self._chunk)
            if found:
                await end(unit, found)
            return len(found)

        done = 0
        while some := await self._runtime.in_transaction(work):
            done += some
        return done

    async def _signals(self, before: datetime | None) -> int:
        """Let go of signals received before a moment; how many."""
        if before is None:
            return 0
        moment = before

        async def work(unit: Unit) -> int:
            return await signals.expire(unit.conn, moment, self._chunk)

        done = 0
        while some := await self._runtime.in_transaction(work):
            done += some
        return done

    async def _persons(self, before: datetime | None) -> int:
        """Let go of persons of whom nothing has been heard since a moment; how many."""
        if before is None:
            return 0
        done, after = 0, _NOBODY
        while True:
            async with self._runtime.database.acquire() as conn:
                found = await persons.next_persons(conn, after, self._chunk, before)
            for person, is_over in found:
                done += await self._try_to_let_go(person, before) if is_over else 0
            if len(found) < self._chunk:
                return done
            after = found[-1][0]

    async def _try_to_let_go(self, person: UUID, before: datetime) -> int:
        """One person whom an error keeps waits for the next night; the others go."""
        try:
            return await self._let_go(person, before)
        except Exception as error:
            if is_transient(error):
                raise
            metrics.SET_ASIDE.labels("retention").inc()
            _log.error("a person could not be let go of", person_id=str(person), error=describe(error))
            return 0

    async def _let_go(self, person: UUID, before: datetime) -> int:
        act = uuid4()

        async def work(unit: Unit) -> int:
            await persons.lock_erasures(unit.conn)
            subject = await persons.lock_subject(unit.conn, person)
            if not subject.persons or await persons.is_in_use(unit.conn, subject.persons, before):
                return 0
            await erase_subject(unit, subject, Order("retention", "closed_days"), act=act, kind="expired")
            tell_expired(unit, subject, act)
            return 1

        return await self._runtime.in_transaction(work)


async def _empty(unit: Unit, submissions: Sequence[UUID]) -> None:
    await persons.empty_submissions(unit.conn, submissions)


async def _strip(unit: Unit, submissions: Sequence[UUID]) -> None:
    await persons.strip_submissions(unit.conn, submissions, unit.now)
