"""What people decide on quarantine: what is released goes on past the rule that held it."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from uuid import UUID, uuid4

from lead_events import LeadSubmitted, Rerun
from lead_events.words import RerunKind
from rulebook.identity import record_key
from scoring import metrics
from scoring.handlers import BULK_TOPIC
from scoring.rounds import each_in_turn
from scoring.store import persons, quarantine
from scoring.store.quarantine import Filter, Held
from service_kit.audit import Also
from service_kit.runtime import Runtime
from service_kit.unit import Unit

LIVE_TOPIC = "lead-submitted"
LIVE_AT_MOST = 100
"""More than that are released through the lane of imports: they must not stand in front of a live buyer."""
CHUNK = 500
"""Submissions a transaction."""
AT_MOST = 100_000
"""Submissions an action."""
AT_ONCE = 2_000
"""So many are dealt with before the caller is answered; a larger action follows in the background."""

Kind = Literal["release", "refuse"]


class CountChanged(Exception):
    """Something else matches than the caller has counted: count again, then decide."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"{found} match, not {expected}: count again with dry_run and look at what is new")
        self.found = found


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody wants done with everything that matches; `expected`: how many they have counted."""

    kind: Kind
    wanted: Filter
    expected: int
    by: str
    why: str


class Releases:
    """Carries out decisions in chunks. A crash leaves the rest to whoever works off what is open."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def decide(self, decision: Decision, also: Also | None = None) -> dict[str, Any]:
        """Take hold of what matches and begin. Raises CountChanged; then nothing has happened."""
        identity = uuid4()

        async def work(unit: Unit) -> int:
            matched = await quarantine.take_hold(unit.conn, decision.wanted, identity, at_most=AT_MOST + 1)
            if matched != decision.expected:
                raise CountChanged(decision.expected, matched)
            held = Held(identity, decision.kind, decision.by, matched > LIVE_AT_MOST)
            await quarantine.insert_action(
                unit.conn, held, decision.wanted, why=decision.why, now=unit.now, matched=matched
            )
            return matched

        if await self._runtime.in_transaction(work, also) <= AT_ONCE:
            await self.work_off(identity)
        return await self.progress(identity)

    async def progress(self, identity: UUID) -> dict[str, Any]:
        """An action and how far it is. Raises LookupError for an unknown one."""
        async with self._runtime.database.acquire() as conn:
            found = await quarantine.action(conn, identity)
        if found is None:
            raise LookupError(identity)
        return found

    async def work(self) -> None:
        """Work off every action that is open: one round of the background part."""
        async with self._runtime.database.acquire() as conn:
            waiting = await quarantine.open_actions(conn)
        await each_in_turn(waiting, self.work_off, what="an action on the quarantine")

    async def work_off(self, identity: UUID) -> None:
        """Chunk by chunk to the end; any number of callers may be at one action."""

        async def work(unit: Unit) -> bool:
            return await _chunk(unit, identity)

        while await self._runtime.in_transaction(work):
            await self._runtime.published()


async def _chunk(unit: Unit, identity: UUID) -> bool:
    """Deal with one chunk; False when there is nothing left."""
    await persons.hold_erasures(unit.conn)
    held = await quarantine.lock_action(unit.conn, identity)
    if held is None:
        return False
    ids = await quarantine.next_of(unit.conn, held, CHUNK)
    done = await (_release if held.kind == "release" else _refuse)(unit, held, ids) if ids else 0
    is_last = len(ids) < CHUNK
    await quarantine.advance(unit.conn, held, done, unit.now if is_last else None)
    unit.after_commit(lambda: metrics.DECIDED.labels(held.kind).inc(done))
    return not is_last


async def _release(unit: Unit, held: Held, ids: list[UUID]) -> int:
    found, broken = await quarantine.send_again(unit.conn, held, ids, unit.now)
    if broken:
        unit.after_commit(partial(metrics.SET_ASIDE.labels("release").inc, len(broken)))
    rerun = Rerun(kind=RerunKind.RELEASED, cause_id=held.id, at=unit.now, by=held.by)
    for submission in found:
        publish_again(unit, submission, rerun, BULK_TOPIC if held.is_bulk else LIVE_TOPIC)
    return len(found)


async def _refuse(unit: Unit, held: Held, ids: list[UUID]) -> int:
    return await quarantine.refuse(unit.conn, held, ids, unit.now)


def publish_again(unit: Unit, submission: LeadSubmitted, rerun: Rerun, topic: str) -> None:
    """Send a stored submission again, under its own id and with the receipt that it came with."""
    identity = submission.submission_id
    unit.emit(
        topic,
        submission.model_copy(update={"rerun": rerun}),
        key=record_key(dict(submission.profile), identity),
        cause=rerun.cause_id,
        subject=identity,
    )
