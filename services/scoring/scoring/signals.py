"""Signals, in a consumer loop of their own: however many pages are viewed, no submission waits for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lead_events import Cause, LeadSignalled
from lead_events.words import CauseKind, SignalKind
from rulebook.identity import signal_keys
from rulebook.models import Matching
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.asking import asked_of
from scoring.domain.erasure import ErasureKeys
from scoring.domain.interest import VISITOR
from scoring.domain.leads import Lead
from scoring.domain.people import KeyName, People
from scoring.regrade import Regrading
from scoring.store import interest, load, persons, save
from scoring.store import signals as store
from service_kit.batch import Batch, Received
from service_kit.errors import Transient
from service_kit.postgres import Connection
from service_kit.spec import ConsumerSpec
from service_kit.turns import in_turns

NAME = "scoring-signals"
TOPIC = "lead-signalled"
STORED, DUPLICATE, ERASED = "stored", "duplicate", "erased"
EFFECTS = frozenset({STORED, DUPLICATE, ERASED})

_Named = tuple[LeadSignalled, Sequence[KeyName]]
"""A signal, and whom it names by which keys, those that identify best first."""


def signals_spec(signals: "Signals") -> ConsumerSpec:
    """The consumer of signals."""
    return ConsumerSpec(name=NAME, topics=(TOPIC,), handler=signals.take, effects=EFFECTS)


class Signals:
    """Keeps signals, and scores the open leads of whoever did them again.

    A lead is published where it has moved to another quadrant or stage, and at once for a request for advice,
    which opens one where the person has none open that it is about.
    Whose an act is, is known by an identity key or by the browser that a submission was sent from; what
    nobody is known by waits for the submission that says so.
    """

    def __init__(self, keys: ErasureKeys | None = None) -> None:
        self._keys = keys or ErasureKeys()
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def take(self, batch: Batch) -> None:
        """Keep each new signal of a batch; one that nobody can be known by becomes a dead letter."""
        await persons.hold_erasures(batch.conn)
        history = await self._rulebooks.history(batch.conn)
        matching = history.at(batch.now).rulebook.matching if len(history) else Matching()
        events = list(_signals(batch))
        names = {event.data.signal_id: _names(event.data, matching) for event in events}
        every = {name for each in names.values() for name in each}
        erased = await self._erased(batch.conn, every)
        known = await store.known(batch.conn, [event.data.signal_id for event in events])
        fresh: list[Received[LeadSignalled]] = []
        for event in events:
            word = self._word(event.data, names[event.data.signal_id], known, erased)
            batch.effect(event, word)
            if word == STORED:
                known.add(event.data.signal_id)
                fresh.append(event)
        signals = [(each.data, names[each.data.signal_id]) for each in fresh]
        locked = await _lock(batch, {name for _, each in signals for name in each})
        await store.insert(batch.conn, signals, batch.now)
        if len(history) and locked.found.persons:
            regrading = await regrade.of(batch, self._cards.of(history)(batch.now), locked.found)
            await _open(regrading, locked, signals)
            await _rescore(regrading, locked, signals)
            await regrading.save()
        kinds = [each.data.kind for each in fresh]
        batch.after_commit(lambda: metrics.observe_signals(kinds))

    @staticmethod
    def _word(
        signal: LeadSignalled,
        names: Sequence[KeyName],
        known: set[UUID],
        erased: dict[KeyName, datetime],
    ) -> str:
        if signal.signal_id in known:
            return DUPLICATE
        moments = [erased[name] for name in names if name in erased]
        received_at = signal.received_at
        is_from_before = any(received_at is None or received_at <= moment for moment in moments)
        return ERASED if is_from_before else STORED

    async def _erased(self, conn: Connection, names: set[KeyName]) -> dict[KeyName, datetime]:
        """Who of those named is erased, and since when. Raises Transient while a key is missing."""
        hashes = self._keys.hashes(names)
        checks, found = await persons.tombstones(conn, list(hashes))
        if checks - set(self._keys.checks()):
            raise Transient("persons were erased under a BATON_ERASURE_KEY that this service does not have")
        erased: dict[KeyName, datetime] = {}
        for each, moment in found.items():
            name = hashes[each]
            erased[name] = max(moment, erased.get(name, moment))
        return erased


@dataclass(frozen=True, slots=True)
class _Locked:
    """Whoever the signals of a batch may be about; `known`: by which keys and browsers."""

    found: load.WorkingSet
    known: dict[KeyName, UUID]

    def persons(self, names: Iterable[KeyName]) -> list[UUID]:
        """Who is known by these names, in their order."""
        return [person for name in names if (person := self.known.get(name)) is not None]


async def _lock(batch: Batch, names: set[KeyName]) -> _Locked:
    """In the order of submissions: browsers, keys, persons, leads; so that an act and the form that says
    whose it is see each other, whichever comes first."""
    visitors = {value for kind, value in names if kind == VISITOR}
    await interest.lock_browsers(batch.conn, visitors)
    owners = await interest.owners(batch.conn, visitors)
    keys = {name for name in names if name[0] != VISITOR}
    browsers = _browsers_of_one(owners)
    found = await load.lock_working_set(batch.conn, keys, (), set(browsers.values()))
    await save.drop_unused_keys(batch.conn, People(found.keys, found.persons).unused_keys())
    by_key = {key.name: key.person_id for key in found.keys if key.identifies and key.person_id is not None}
    return _Locked(found, by_key | browsers)


def _browsers_of_one(owners: Mapping[str, set[UUID]]) -> dict[KeyName, UUID]:
    """Whoever shares a browser is not known by it, and is not locked for it either: they may be thousands."""
    return {(VISITOR, value): next(iter(each)) for value, each in owners.items() if len(each) == 1}


async def _open(regrading: Regrading, locked: _Locked, signals: Iterable[_Named]) -> None:
    """Somebody known asks for advice and has no lead for it that is open: the ask opens one, once. Of several
    persons that it names it is the one's with the key that identifies best, whatever the others have."""
    asks = [
        (signal, regrading.people.root(known[0]).id)
        for signal, names in signals
        if signal.kind == SignalKind.ADVICE_REQUESTED and (known := locked.persons(names))
    ]
    asking = {person for _, person in asks}
    earlier = await store.last_leads(regrading.unit.conn, asking) if asking else {}
    lines, now = regrading.cards.by_line, regrading.unit.now
    for signal, person in asks:
        if not any(_is_about(signal, lead) for lead in regrading.leads_of([person])):
            asked = asked_of(signal, earlier.get(person, ()), lines, now)
            if asked is not None:
                regrading.book.take(person, *asked, signal.signal_id)


def _is_about(signal: LeadSignalled, lead: Lead) -> bool:
    return signal.line in (None, lead.line)


async def _rescore(regrading: Regrading, locked: _Locked, signals: Iterable[_Named]) -> None:
    """Score each lead once, for the act that matters most: a request for advice, else the last one."""
    causes: dict[UUID, tuple[bool, datetime, UUID]] = {}
    acts: dict[UUID, LeadSignalled] = {}
    leads: dict[UUID, Lead] = {}
    for signal, names in signals:
        acts[signal.signal_id] = signal
        for lead in regrading.leads_of(locked.persons(names)):
            if _is_about(signal, lead):
                leads[lead.id] = lead
                cause = (signal.kind == SignalKind.ADVICE_REQUESTED, signal.at, signal.signal_id)
                causes[lead.id] = max(cause, causes.get(lead.id, cause))
    async for identity, (is_ask, at, act) in in_turns(causes.items()):
        kind = CauseKind.EXPLICIT_ASK if is_ask else CauseKind.SIGNAL
        cause_of = Cause.model_construct(id=act, kind=kind, at=min(at, regrading.unit.now))
        regrading.rescore(leads[identity], cause_of, received_at=acts[act].received_at, always=is_ask)


def _signals(batch: Batch) -> Iterator[Received[LeadSignalled]]:
    for event in batch.events:
        signal = event.data
        if not isinstance(signal, LeadSignalled) or not signal_keys(signal.identity):
            batch.reject(event, "it names nobody: no email, phone, external_id or visitor in identity")
            continue
        yield Received(event.attributes, signal, event.record)


def _names(signal: LeadSignalled, matching: Matching) -> list[KeyName]:
    return [(key.kind, key.value) for key in signal_keys(signal.identity, matching)]
