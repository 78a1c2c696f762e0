"""What an operator does about persons found to be one: sees the merges, and undoes one that was wrong."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from lead_events import Cause
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.erasure import needles
from scoring.domain.grouping import KeyName, Pair, read
from scoring.domain.holdings import Holdings
from scoring.domain.parting import Parted, Parting, undone
from scoring.domain.people import People
from scoring.errors import (
    MergeTooOld,
    NamesThePerson,
    NothingToPart,
    SeveralMerges,
    UndoneAlready,
    UnknownMerge,
)
from scoring.persons import Order
from scoring.store import again, duplicates, load, persons, save
from scoring.store import merges as store
from scoring.store.load import WorkingSet
from scoring.store.merges import KeptMerge
from scoring.store.views import Place
from service_kit.audit import Also
from service_kit.runtime import Runtime
from service_kit.unit import Unit

TERM = timedelta(days=30)
"""So long a merge can be undone: later reps have worked with the one person for too long to tell the two."""


@dataclass(frozen=True, slots=True)
class Undo:
    """An undone merge: who stands alone again, and the leads that went along with each."""

    act_id: UUID
    at: datetime
    parted: Parted
    pairs: int


class MergeDesk:
    """The acts. An undo is one transaction, which waits for batches in work and keeps others out."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def page(self, person: UUID | None, after: Place | None, limit: int) -> list[dict[str, Any]]:
        """Merges, the newest first."""
        async with self._runtime.database.acquire() as conn:
            return await store.page(conn, person, after, limit, TERM)

    async def undo(self, person: UUID, order: Order, also: Also | None = None) -> Undo:
        """Part a person from whom they were found to be.

        The keys that showed them to be one are kept apart: the same submissions, replayed too, join them no
        more. Raises UnknownMerge, SeveralMerges, UndoneAlready, MergeTooOld, NothingToPart, NamesThePerson,
        NoRulebookYet.
        """

        async def work(unit: Unit) -> Undo:
            await persons.lock_erasures(unit.conn)
            await unit.refresh_now()
            merge = _which(await store.merges_of(unit.conn, person), person, unit.now)
            return await self._undo(unit, merge, order)

        return await self._runtime.in_transaction(work, also)

    async def _undo(self, unit: Unit, merge: KeptMerge, order: Order) -> Undo:
        conn, act = unit.conn, uuid4()
        history = await self._rulebooks.history(conn)
        found = await load.lock_working_set(conn, (), (), [merge.survivor, merge.other], whole=True)
        _check_words(order, [key.name for key in found.keys])
        said = (await again.load_before(conn, again.Places(), found.persons, whole=True)).said
        people = People(found.keys, found.persons)
        root = people.root(merge.other)
        pairs = _pairs(found, merge.other, [each.keys for each in said.of(root.id)])
        loosed = _loosed(found, merge.other)
        people = People(found.keys, found.persons, found.apart | pairs, found.together - loosed)
        names = [key.name for key in found.keys]
        regrading = await regrade.of(unit, self._cards.of(history)(unit.now), found, names)
        regrading = replace(regrading, people=people)
        holdings = Holdings(regrading.book, {lead.id: lead for lead in found.leads}, said)
        parted = Parting(people, holdings, act).part(people.root(merge.other))
        if not parted.others:
            raise NothingToPart
        _tell(unit, people, parted, act)
        cause = Cause(id=act, kind=CauseKind.RESCORE, at=unit.now)
        for each in (parted.person, *parted.others):
            for lead in list(regrading.book.of(each.id)):
                regrading.rescore(lead, cause, always=True)
        await save.save_people(conn, people.changed_persons.values(), people.changed_keys.values())
        await regrading.save()
        await save.move_submissions(conn, holdings.moved.values())
        await store.keep_apart(conn, act, pairs, unit.now)
        await duplicates.part_together(conn, loosed)
        await duplicates.undo(conn, merge.id, unit.now, order.by, order.reason)
        others = [each.id for each in parted.others]
        await store.note_undone(conn, merge.id, act, others, unit.now)
        counts = {"persons": len(others) + 1, "leads_moved": sum(map(len, parted.moved.values()))}
        await persons.insert_act(conn, act, "parted", merge.other, unit.now, order.by, order.reason, counts)
        unit.after_commit(partial(metrics.count_person_act, "parted"))
        return Undo(act, unit.now, parted, len(pairs))


def _which(merges: Iterable[KeptMerge], person: UUID, now: datetime) -> KeptMerge:
    """The merge that a person's name means: theirs into another, else the only one of another into them."""
    merges = list(merges)
    standing = [each for each in merges if each.undone_at is None]
    theirs = [each for each in standing if each.other == person] or standing
    if not merges:
        raise UnknownMerge
    if not standing:
        raise UndoneAlready
    if len(theirs) > 1:
        raise SeveralMerges([each.other for each in theirs])
    if now - theirs[0].at > TERM:
        raise MergeTooOld
    return theirs[0]


def _pairs(found: WorkingSet, other: UUID, sent: Iterable[tuple[KeyName, ...]]) -> frozenset[Pair]:
    """The keys of `other`, each with those of the survivor beside which it was sent."""
    theirs = _keys_of(found, other)
    shared = {key.name for key in found.keys if not key.identifies}
    joins = (read(names, shared.__contains__, found.apart).joins for names in sent)
    return frozenset(
        frozenset({one, two})
        for names in joins
        for one in theirs.intersection(names)
        for two in names
        if two not in theirs
    )


def _keys_of(found: WorkingSet, person: UUID) -> set[KeyName]:
    """The keys of a person, and of whoever turned out to be them."""
    into = {each.id: each.merged_into for each in found.persons}
    return {key.name for key in found.keys if key.person_id and _was_of(key.person_id, person, into)}


def _loosed(found: WorkingSet, other: UUID) -> frozenset[Pair]:
    """What holds `other` to the survivor by somebody's word."""
    theirs = _keys_of(found, other)
    return frozenset(pair for pair in found.together if len(pair & theirs) == 1)


def _was_of(person: UUID | None, other: UUID, into: dict[UUID, UUID | None]) -> bool:
    while person is not None and person != other:
        person = into.get(person)
    return person == other


def _check_words(order: Order, names: Collection[KeyName]) -> None:
    written = f"{order.by}\n{order.reason}".lower()
    if any(needle in written for needle in needles(names)):
        raise NamesThePerson


def _tell(unit: Unit, people: People, parted: Parted, act: UUID) -> None:
    for event in undone(people, parted, unit.now):
        person = event.person_id
        unit.emit("lead-merged", event, key=person, cause=act, subject=person, ordinal=event.seq)
