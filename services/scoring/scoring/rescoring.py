"""Open leads scored again once another scorecard is in force, in the background and at a limited rate."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from lead_events import Cause
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from rulebook.versions import History
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.leads import Lead
from scoring.domain.rescoring import Bearing, Order, Tally, bearing, orders, standing
from scoring.regrade import BULK_TOPIC, Regrading
from scoring.rounds import each_in_turn
from scoring.store import rescorings as store
from scoring.store.rescorings import LastOfLine, Rescoring
from service_kit.audit import Also
from service_kit.runtime import Runtime
from service_kit.turns import in_turns
from service_kit.unit import Unit

CHUNK = 100
"""Leads a transaction: so long live leads of the same persons wait at most."""
RATE = 500
"""Leads a second at most, unless the settings say otherwise: 100,000 in four minutes or so."""


class UnknownLine(LookupError):
    """No scorecard of that line is in force."""


class Rescorings:
    """Orders rescorings and works them off. Any number of instances may: one is at a chunk at a time, and
    what a crash repeats of one has the same ids."""

    def __init__(self, runtime: Runtime, rate: int = RATE) -> None:
        self._runtime = runtime
        self._rate = rate
        self._left = rate
        self._older: dict[tuple[UUID, int, int], list[int]] = {}
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def begin(self, line: str, *, by: str, why: str, also: Also | None = None) -> dict[str, Any]:
        """Order one by hand, under the scorecard in force; one of that line under way ends. Raises
        UnknownLine, NoRulebookYet."""
        identity = uuid4()

        async def work(unit: Unit) -> None:
            versioned = (await self._rulebooks.history(unit.conn)).at(unit.now)
            if line not in versioned.rulebook.scorecards:
                known = ", ".join(versioned.rulebook.scorecards)
                raise UnknownLine(f"no scorecard of {line!r} is in force; write one of {known}")
            await store.noted(unit.conn)  # whoever orders waits for whoever orders
            order = Order(line, is_told=False)
            version = versioned.version
            await store.insert(
                unit.conn, identity, order, kind="by_hand", version=version, now=unit.now, by=by, why=why
            )

        await self._runtime.in_transaction(work, also)
        return await self.progress(identity)

    async def progress(self, identity: UUID) -> dict[str, Any]:
        """A rescoring and how far it is. Raises LookupError for an unknown one."""
        async with self._runtime.database.acquire() as conn:
            found = await store.one(conn, identity)
        if found is None:
            raise LookupError(identity)
        return with_rate(found)

    async def newest(self, limit: int) -> list[dict[str, Any]]:
        """Rescorings, the last first."""
        async with self._runtime.database.acquire() as conn:
            return [with_rate(each) for each in await store.newest(conn, limit)]

    async def work(self) -> None:
        """One round: a second's worth of leads, so that rounds a second apart keep to the rate."""
        await self._runtime.in_transaction(self._notice)
        self._left = self._rate
        async with self._runtime.database.acquire() as conn:
            due = await store.due(conn)
        await each_in_turn(due, self._work_off, what="a rescoring")
        if self._left > 0:
            await self._runtime.in_transaction(self._look_for_late)
            await self._runtime.published()

    async def _work_off(self, identity: UUID) -> None:
        async def work(unit: Unit) -> int:
            return await self._chunk(unit, identity, most)

        while (most := min(CHUNK, self._left)) > 0:
            looked_at = await self._runtime.in_transaction(work)
            await self._runtime.published()
            self._left -= looked_at
            if looked_at < most:
                return

    async def _notice(self, unit: Unit) -> None:
        """Order what the versions ask for that came into force since the last look."""
        history = await self._rulebooks.history(unit.conn)
        if not len(history):
            return
        noted = await store.noted(unit.conn)
        now = history.at(unit.now)
        if noted == now.version:
            return
        known = {each.version: each for each in history}
        first = known.get(noted or 0, min(history, key=lambda each: each.version))
        since = [each.rulebook for each in history.between(first.effective_from, unit.now)]
        for order in orders([first.rulebook, *(since or [now.rulebook])]):
            await store.insert(
                unit.conn,
                uuid4(),
                order,
                kind="version",
                version=now.version,
                now=unit.now,
                by="rulebook",
                why=f"version {now.version} of the rulebook came into force",
            )
        await store.note(unit.conn, now.version, unit.now)

    async def _chunk(self, unit: Unit, identity: UUID, most: int) -> int:
        """How many leads were looked at: fewer than `most` at the end."""
        began = unit.now
        rescoring = await store.lock(unit.conn, identity)
        if rescoring is None:
            return 0
        leads = await store.next_leads(unit.conn, rescoring, most)
        tally = await self._rescore(unit, rescoring, leads)
        await store.advance(
            unit.conn,
            rescoring,
            tally,
            began_at=began,
            now=await unit.refresh_now(),
            reached=leads[-1] if leads else None,
            is_last=len(leads) < most,
        )
        return len(leads)

    async def _look_for_late(self, unit: Unit) -> None:
        """Leads that were scored by an older scorecard meanwhile: their submissions had come before it was
        in force, and were taken after the rescoring had passed."""
        history = await self._rulebooks.history(unit.conn)
        for last in await store.last_of_lines(unit.conn) if len(history) else ():
            older = self._versions_before(history, last, history.at(unit.now).version)
            most = min(CHUNK, self._left)
            leads = await store.leads_by_versions(unit.conn, last.line, older, most) if older else []
            if not leads:
                continue
            rescoring = await store.lock(unit.conn, last.id, also_finished=True)
            if rescoring is not None:
                tally = await self._rescore(unit, rescoring, leads)
                await store.advance(
                    unit.conn, rescoring, tally, began_at=unit.now, now=unit.now, is_late=True
                )
            return

    def _versions_before(self, history: History, last: LastOfLine, version: int) -> list[int]:
        """Remembered, as scorecards are large and this is asked each second."""
        key = (last.id, version, len(history))
        if key not in self._older:
            others = {other: found for other, found in self._older.items() if other[1:] == key[1:]}
            self._older = {**others, key: _older(history, last, version) if last.is_done else []}
        return self._older[key]

    async def _rescore(self, unit: Unit, rescoring: Rescoring, leads: Sequence[UUID]) -> Tally:
        tally = Tally()
        if not leads:
            return tally
        cards = self._cards.of(await self._rulebooks.history(unit.conn))(unit.now)
        regrading = await regrade.begin(unit, cards, leads=leads)
        asked = set(leads)
        found = [
            lead for lead in regrading.book.open_leads if lead.id in asked and lead.line == rescoring.line
        ]
        async for lead in in_turns(found):
            _rescore_one(regrading, rescoring, lead, tally)
        await regrading.save(BULK_TOPIC)
        unit.after_commit(lambda: metrics.count_rescored(tally.outcomes))
        return tally


def _rescore_one(regrading: Regrading, rescoring: Rescoring, lead: Lead, tally: Tally) -> None:
    cause = Cause.model_construct(id=rescoring.id, kind=CauseKind.RESCORE, at=rescoring.at)
    before = standing(lead)
    try:
        is_published = regrading.rescore(lead, cause, always=rescoring.is_told, tells_points=True)
    except Exception as error:  # whatever one lead is to blame for, the others go on
        lead.rulebook_version = regrading.cards.version  # or it would be late again, each second
        regrading.book.changed[lead.id] = lead
        tally.put_aside(lead, f"{type(error).__name__} while it was scored: it keeps its score")
        return
    tally.add(before, standing(lead), is_published=is_published)


def _older(history: History, last: LastOfLine, version: int) -> list[int]:
    """Versions whose scorecard of the line is another than the one in force, once that was rescored by."""
    known = {each.version: each.rulebook for each in history}
    now = known[version]
    if last.rulebook_version not in known:
        return []
    if bearing(known[last.rulebook_version], now, last.line) is not Bearing.NOTHING:
        return []
    return [each.version for each in history if bearing(each.rulebook, now, last.line) is not Bearing.NOTHING]


def with_rate(found: dict[str, Any]) -> dict[str, Any]:
    """A rescoring with its measured rate, and how long it will take at that, once both can be said."""
    began, reached = found.get("began_at"), found.get("reached_at")
    until = found["finished_at"] or reached
    seconds = (until - began).total_seconds() if began and until else 0.0
    rate = found["seen"] / seconds if seconds > 0 and found["seen"] else None
    told = {"leads_a_second": rate and round(rate, 1)}
    if rate and found["finished_at"] is None:
        told["seconds_left"] = round(max(found["leads"] - found["seen"], 0) / rate)
    return found | {name: value for name, value in told.items() if value is not None}
