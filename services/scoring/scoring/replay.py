"""Stored submissions mapped again after a form's mapping was mended, in the background, in chunks."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from lead_events import LeadSubmitted, Rerun
from lead_events.words import RerunKind
from rulebook.models import Form
from rulebook.store import RulebookCache
from rulebook.versions import NoRulebookYet, Versioned
from scoring import metrics
from scoring.domain.remap import Again, Finding, changes, map_again, why_broken
from scoring.handlers import BULK_TOPIC
from scoring.releases import publish_again
from scoring.rounds import each_in_turn
from scoring.store import persons, replays
from scoring.store.replays import Range, Replay, Row
from service_kit.audit import Also
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from service_kit.turns import in_turns
from service_kit.unit import Unit

CHUNK = 200
"""Submissions a transaction."""
SOON = timedelta(minutes=2)
"""A version published already and in force within this time is meant: whoever mends a mapping and asks for
a replay at once does not want the old one."""
DRY_AT_MOST = 20_000
"""Submissions a dry run looks at."""
SET_ASIDE_AT_MOST = 100
"""Submissions that broke which a replay names; the count is of all."""
SAMPLE = 10
"""Changes that a dry run shows."""


class UnknownForm(LookupError):
    """No such form in the rulebook."""


class Mender(NamedTuple):
    """A form as one version of the rulebook has it, with the lines that this version scores."""

    versioned: Versioned
    form: Form
    form_id: str

    def map(self, row: Row) -> Again:
        """What mapping a stored submission again comes to."""
        if row.event is None:
            return Again(Finding.UNREADABLE)
        try:
            return self._map(row.event, row)
        except Exception as error:  # whatever one submission is to blame for, the others go on
            return Again(Finding.BROKEN, why=why_broken(error))

    def _map(self, event: LeadSubmitted, row: Row) -> Again:
        return map_again(
            event,
            self.form,
            version=self.versioned.version,
            lines=self.versioned.rulebook.scorecards.keys(),
            state=row.state,
            reason=row.reason,
        )


class Replays:
    """Begins replays and works them off. What a crash repeats of a chunk has the same ids."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()

    async def begin(
        self,
        form_id: str,
        since: datetime,
        until: datetime | None,
        *,
        by: str,
        why: str,
        also: Also | None = None,
    ) -> dict[str, Any]:
        """Ask for a replay; it starts once the rulebook that is meant is in force. Raises UnknownForm."""
        identity = uuid4()

        async def work(unit: Unit) -> None:
            mender = await self._newest(unit.conn, form_id, unit.now)
            await replays.insert(
                unit.conn,
                identity,
                Range(form_id, since, until or unit.now),
                by=by,
                why=why,
                now=unit.now,
                version=mender.versioned.version,
                starts_at=max(unit.now, mender.versioned.effective_from),
            )

        await self._runtime.in_transaction(work, also)
        return await self.progress(identity)

    async def progress(self, identity: UUID) -> dict[str, Any]:
        """A replay and how far it is. Raises LookupError for an unknown one."""
        async with self._runtime.database.acquire() as conn:
            found = await replays.one(conn, identity)
        if found is None:
            raise LookupError(identity)
        return found

    async def dry_run(self, form_id: str, since: datetime, until: datetime | None) -> dict[str, Any]:
        """How many would change and a few of them, before and after. Nothing is kept. Raises UnknownForm."""
        async with self._runtime.database.acquire() as conn:
            now = await self._runtime.database.clock.now(conn)
            mender = await self._newest(conn, form_id, now)
            wanted = Range(form_id, since, until or now)
            rows: list[Row] = []
            counts, sample = Counter[str](), list[dict[str, Any]]()
            while rows := await replays.read(conn, wanted, rows[-1].place if rows else None, CHUNK):
                for row, again in await _mapped(mender, rows):
                    counts[again.finding] += 1
                    if again.submission is not None and len(sample) < SAMPLE:
                        sample.append(_shown(row, again))
                if len(rows) < CHUNK or counts.total() >= DRY_AT_MOST:
                    break
        return {
            "rulebook_version": mender.versioned.version,
            "seen": counts.total(),
            "is_complete": counts.total() < DRY_AT_MOST,
            "counts": {finding.value: counts[finding] for finding in Finding},
            "sample": sample,
        }

    async def work(self) -> None:
        """Work off every replay that may begin: one round of the background part."""
        async with self._runtime.database.acquire() as conn:
            now = await self._runtime.database.clock.now(conn)
            due = await replays.due(conn, now)
        await each_in_turn(due, self.work_off, what="a replay")

    async def work_off(self, identity: UUID) -> None:
        """Chunk by chunk to the end; any number of callers may be at one replay."""

        async def work(unit: Unit) -> bool:
            return await self._chunk(unit, identity)

        while await self._runtime.in_transaction(work):
            await self._runtime.published()

    async def _chunk(self, unit: Unit, identity: UUID) -> bool:
        await persons.hold_erasures(unit.conn)
        replay = await replays.lock(unit.conn, identity)
        if replay is None:
            return False
        history = await self._rulebooks.history(unit.conn)
        try:
            mender = _form_of(history.at(replay.starts_at), replay.range.form_id)
        except (UnknownForm, NoRulebookYet) as error:
            told = f"{error.args[0]}; publish one that has it, and ask for the replay again"
            await replays.give_up(unit.conn, replay, told, unit.now)
            return False
        rows = await replays.read(unit.conn, replay.range, replay.reached, CHUNK)
        found = await _mapped(mender, rows)
        rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=replay.id, at=unit.now, by=replay.by)
        found = [(row, _sent(unit, again, rerun)) for row, again in found]
        new = Counter(again.finding.value for _, again in found)
        is_last = len(rows) < CHUNK
        counts, aside = Counter(replay.counts) + new, _set_aside(replay, found)
        await replays.advance(unit.conn, replay, rows, counts, unit.now if is_last else None, aside)
        unit.after_commit(lambda: metrics.observe_replayed(new))
        return not is_last

    async def _newest(self, conn: Connection, form_id: str, now: datetime) -> Mender:
        history = await self._rulebooks.history(conn)
        newest = history.newest()
        meant = newest if newest.effective_from <= now + SOON else history.at(now)
        return _form_of(meant, form_id)


def _form_of(versioned: Versioned, form_id: str) -> Mender:
    form = versioned.rulebook.forms.get(form_id)
    if form is None:
        known = ", ".join(sorted(versioned.rulebook.forms))
        raise UnknownForm(
            f"rulebook version {versioned.version} has no form {form_id!r}; its forms are {known}"
        )
    return Mender(versioned, form, form_id)


def _sent(unit: Unit, again: Again, rerun: Rerun) -> Again:
    """Send a changed one again. One that cannot be written as an event is broken, too."""
    if again.submission is None:
        return again
    try:
        publish_again(unit, again.submission, rerun, BULK_TOPIC)
    except Exception as error:
        return Again(Finding.BROKEN, why=why_broken(error))
    return again


def _set_aside(replay: Replay, found: list[tuple[Row, Again]]) -> list[Mapping[str, str]]:
    """The first submissions that broke, each with the reason."""
    new = [
        {"submission_id": str(row.place.id), "reason": again.why or "it could not be mapped"}
        for row, again in found
        if again.finding is Finding.BROKEN
    ]
    return [*replay.set_aside, *new][:SET_ASIDE_AT_MOST]


async def _mapped(mender: Mender, rows: list[Row]) -> list[tuple[Row, Again]]:
    return [(row, mender.map(row)) async for row in in_turns(rows)]


def _shown(row: Row, again: Again) -> dict[str, Any]:
    assert row.event is not None and again.submission is not None  # noqa: S101, PT018 - it was mapped
    changed = changes(row.event, again.submission)
    return {
        "submission_id": row.place.id,
        "received_at": row.place.at,
        "state": row.state,
        "changed": {name: {"before": before, "after": after} for name, (before, after) in changed.items()},
    }
