"""What an operator does about one person: finds, exports, erases, suppresses, allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from lead_events import Cause, PersonErased
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.erasure import ErasureKeys, needles
from scoring.domain.people import EMAIL, ROLE, KeyName
from scoring.errors import NamesThePerson, NoErasureKey, SharedPhone, UnknownPerson
from scoring.store import persons
from scoring.store.persons import Subject
from service_kit.audit import Also
from service_kit.runtime import Runtime
from service_kit.unit import Unit


@dataclass(frozen=True, slots=True)
class Named:
    """A person as somebody names them: by an identity key, or by the id they have here.

    `mailbox`: the key again as matching reads it where a rulebook takes Gmail's spellings for one mailbox.
    """

    key: KeyName | None = None
    person_id: UUID | None = None
    mailbox: KeyName | None = None

    def keys(self) -> list[KeyName]:
        """What they may be known by."""
        return [name for name in (self.key, self.mailbox) if name is not None]


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants it done, and why; both are kept for good."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: about whom, when, and how much of each kind it concerned."""

    act_id: UUID
    subject: Subject
    at: datetime
    counts: Mapping[str, int]


class PersonDesk:
    """The acts. Each is one transaction, and takes its locks in the one order of scoring."""

    def __init__(self, runtime: Runtime, keys: ErasureKeys) -> None:
        self._runtime = runtime
        self._keys = keys
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def find(self, named: Named) -> Subject:
        """What is kept of a person. Raises UnknownPerson, SharedPhone."""
        return await self._runtime.in_transaction(partial(_known, named=named))

    async def export(
        self, named: Named, order: Order, also: Also | None = None
    ) -> tuple[Done, dict[str, Any]]:
        """Everything that is kept of a person. Raises UnknownPerson, SharedPhone, NamesThePerson."""

        async def work(unit: Unit) -> tuple[Done, dict[str, Any]]:
            subject = await _known(unit, named)
            content = await persons.export(unit.conn, subject)
            return await _note(unit, "exported", subject, order, subject.counts()), content

        return await self._runtime.in_transaction(work, also)

    async def erase(self, named: Named, order: Order, also: Also | None = None) -> Done:
        """Take a person out of the store and tell the others to.

        Somebody unknown is erased too: what of them still waits in a spool will be dropped. Raises
        NoErasureKey, UnknownPerson for an id, SharedPhone, NamesThePerson.
        """
        if not self._keys:
            raise NoErasureKey
        act = uuid4()

        async def work(unit: Unit) -> Done:
            subject = await _lock(unit, named)
            if not subject.is_known and named.key is None:
                raise UnknownPerson
            done = await erase_subject(unit, subject, order, act=act)
            names = (*subject.keys, *subject.visitors)
            hashes = list(dict.fromkeys(self._keys.new_hash(name) for name in names))
            await persons.insert_tombstones(unit.conn, hashes, act, unit.now, self._keys.checks()[0])
            _tell(unit, subject, act, hashes)
            return done

        return await self._runtime.in_transaction(work, also)

    async def suppress(self, named: Named, order: Order, also: Also | None = None) -> Done:
        """Have nobody contact a person: their open leads are published so.

        Raises UnknownPerson, SharedPhone, NamesThePerson.
        """

        async def work(unit: Unit) -> Done:
            subject = await _known(unit, named)
            await persons.suppress(unit.conn, subject.persons, unit.now)
            await self._publish_again(unit, subject)
            return await _note(unit, "suppressed", subject, order, subject.counts())

        return await self._runtime.in_transaction(work, also)

    async def allow(self, named: Named, order: Order, also: Also | None = None) -> Done:
        """Have a person contacted again, from their next submission on.

        Raises UnknownPerson, SharedPhone, NamesThePerson.
        """

        async def work(unit: Unit) -> Done:
            subject = await _known(unit, named)
            await persons.allow(unit.conn, subject.persons)
            await self._publish_again(unit, subject)
            return await _note(unit, "allowed", subject, order, subject.counts())

        return await self._runtime.in_transaction(work, also)

    async def _publish_again(self, unit: Unit, subject: Subject) -> None:
        """Publish the open leads as they stand now; nobody asked for anything, so the cause is a rescore."""
        history = await self._rulebooks.history(unit.conn)
        if not subject.open_leads or not len(history):
            return
        names = {*subject.keys, *subject.shared_phones}
        cards = self._cards.of(history)(unit.now)
        regrading = await regrade.begin(unit, cards, names=names, leads=subject.open_leads)
        cause = Cause(id=uuid4(), kind=CauseKind.RESCORE, at=unit.now)
        for lead in list(regrading.book.open_leads):
            if lead.id in subject.open_leads:
                regrading.rescore(lead, cause, always=True)
        await regrading.save()


async def erase_subject(
    unit: Unit, subject: Subject, order: Order, *, act: UUID, kind: str = "erased"
) -> Done:
    """Take a locked person out of the store and note that; publishes nothing. Who is let go of by age alone
    has unsubscribed for good."""
    records = await persons.erase(unit.conn, subject, unit.now, keeps_unsubscribes=kind == "expired")
    counts = subject.counts() | {"records_unpublished": records}
    return await _note(unit, kind, subject, order, counts, act=act)


def tell_expired(unit: Unit, subject: Subject, act: UUID) -> None:
    """Have the other services forget a person of whom retention took everything."""
    _tell(unit, subject, act, [])


def _tell(unit: Unit, subject: Subject, act: UUID, hashes: list[str]) -> None:
    """Of somebody not known yet too: a restored store learns it from the topic."""
    if not subject.persons and not hashes:
        return
    person = subject.persons[0] if subject.persons else act
    event = PersonErased(person_id=person, identity_hashes=hashes, leads=list(subject.leads), at=unit.now)
    unit.emit("person-erased", event, key=person, cause=act, subject=person)


async def _lock(unit: Unit, named: Named) -> Subject:
    await persons.lock_erasures(unit.conn)
    first, names = named.person_id, named.keys()
    roles = [(ROLE, value) for kind, value in names if kind == EMAIL]  # by a list of the company's own
    for name in dict.fromkeys([*names, *roles]):
        first, is_shared = await persons.person_of(unit.conn, name)
        if is_shared:
            raise SharedPhone
        if first is not None:
            names = [*names, name]
            break
    subject = await persons.lock_subject(unit.conn, first, names)
    await unit.refresh_now()
    return subject


async def _known(unit: Unit, named: Named) -> Subject:
    subject = await _lock(unit, named)
    if not subject.is_known:
        raise UnknownPerson
    return subject


async def _note(
    unit: Unit, kind: str, subject: Subject, order: Order, counts: Mapping[str, int], act: UUID | None = None
) -> Done:
    """Raises NamesThePerson: the note is kept for good."""
    written = f"{order.by}\n{order.reason}".lower()
    if any(needle in written for needle in needles(subject.keys)):
        raise NamesThePerson
    act = act or uuid4()
    person = subject.persons[0] if subject.persons else None
    unit.note("act", None, str(act))
    await persons.insert_act(unit.conn, act, kind, person, unit.now, order.by, order.reason, counts)
    unit.after_commit(partial(metrics.count_person_act, kind))
    return Done(act, subject, unit.now, counts)
