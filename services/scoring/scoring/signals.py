"""Signals, in a consumer loop of their own: however many pages are viewed, no submission waits for them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from lead_events import LeadSignalled
from rulebook.identity import signal_keys
from rulebook.models import Matching
from rulebook.store import RulebookCache
from scoring import metrics
from scoring.domain.erasure import ErasureKeys
from scoring.domain.people import KeyName
from scoring.store import persons
from scoring.store import signals as store
from service_kit.batch import Batch, Received
from service_kit.errors import Transient
from service_kit.postgres import Connection
from service_kit.spec import ConsumerSpec

NAME = "scoring-signals"
TOPIC = "lead-signalled"
STORED, DUPLICATE, ERASED = "stored", "duplicate", "erased"
EFFECTS = frozenset({STORED, DUPLICATE, ERASED})


def signals_spec(signals: "Signals") -> ConsumerSpec:
    """The consumer of signals."""
    return ConsumerSpec(name=NAME, topics=(TOPIC,), handler=signals.take, effects=EFFECTS)


class Signals:
    """Keeps signals. They change no score; a submission that carries a visitor's id says whose they are."""

    def __init__(self, keys: ErasureKeys | None = None) -> None:
        self._keys = keys or ErasureKeys()
        self._rulebooks = RulebookCache()

    async def take(self, batch: Batch) -> None:
        """Keep each new signal of a batch; one that nobody can be known by becomes a dead letter."""
        await persons.hold_erasures(batch.conn)
        matching = await self._matching(batch)
        events = list(_signals(batch))
        names = {event.data.signal_id: _names(event.data, matching) for event in events}
        erased = await self._erased(batch.conn, {name for each in names.values() for name in each})
        known = await store.known(batch.conn, [event.data.signal_id for event in events])
        fresh: list[LeadSignalled] = []
        for event in events:
            word = self._word(event.data, names[event.data.signal_id], known, erased)
            batch.effect(event, word)
            if word == STORED:
                known.add(event.data.signal_id)
                fresh.append(event.data)
        await store.insert(batch.conn, [(each, names[each.signal_id]) for each in fresh], batch.now)
        kinds = [each.kind for each in fresh]
        batch.after_commit(lambda: metrics.observe_signals(kinds))

    async def _matching(self, batch: Batch) -> Matching:
        """When two addresses are one mailbox, by the rulebook in force."""
        history = await self._rulebooks.history(batch.conn)
        return history.at(batch.now).rulebook.matching if len(history) else Matching()

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


def _signals(batch: Batch) -> Iterator[Received[LeadSignalled]]:
    for event in batch.events:
        signal = event.data
        if not isinstance(signal, LeadSignalled) or not signal_keys(signal.identity):
            batch.reject(event, "it names nobody: no email, phone, external_id or visitor in identity")
            continue
        yield Received(event.attributes, signal, event.record)


def _names(signal: LeadSignalled, matching: Matching) -> list[KeyName]:
    return [(key.kind, key.value) for key in signal_keys(signal.identity, matching)]
