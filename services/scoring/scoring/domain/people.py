"""Who is behind a submission, by the identity keys it carries."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events.ids import person_id
from scoring.domain.grouping import EMAIL, EXTERNAL, PHONE, ROLE, KeyName, Pair, Reading, email_of, read
from scoring.domain.profile import Known

__all__ = ["EMAIL", "EXTERNAL", "PHONE", "ROLE", "Key", "KeyName", "People", "Person", "Resolution"]


@dataclass(slots=True)
class Key:
    """An identity key.

    `person_id` is whoever it was first seen with and stays when persons merge. `email` is the first e-mail
    seen beside a phone; a second one shows that the phone is shared, and it identifies nobody any more:
    `person_id` is then whoever nothing but this phone holds, as it always is of a role address.
    """

    name: KeyName
    person_id: UUID | None = None
    email: str | None = None
    identifies: bool = True


@dataclass(slots=True)
class Person:
    """A person; `merged_into` names the older one that this one turned out to be.

    `suppressed_at` says since when they are not to be contacted.
    """

    id: UUID
    first_at: datetime
    known: Known = field(default_factory=Known)
    merged_into: UUID | None = None
    merges: int = 0
    suppressed_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether they have said who they are, by a personal e-mail or an external id."""
        sure = self.known.values.keys() - self.known.unsure
        return "email" in sure or "external_id" in sure

    @property
    def age(self) -> tuple[datetime, UUID]:
        """Sorts the older first, the same way everywhere."""
        return self.first_at, self.id


@dataclass(frozen=True, slots=True)
class Resolution:
    """The person, and those who turned out to be the same one with this submission (oldest first).

    `was_known`: whether the person had said who they are before.
    """

    person: Person
    is_new: bool
    merged: tuple[Person, ...] = ()
    was_known: bool = False


class People:
    """The keys and persons that a batch touches, as they change while its submissions are taken in order."""

    def __init__(
        self,
        keys: Iterable[Key],
        persons: Iterable[Person],
        apart: Collection[Pair] = frozenset(),
        together: Collection[Pair] = frozenset(),
    ) -> None:
        self._keys = {key.name: key for key in keys}
        self._persons = {person.id: person for person in persons}
        self._apart = apart
        self.together = together
        self.changed_keys: dict[KeyName, Key] = {}
        self.changed_persons: dict[UUID, Person] = {}

    def root(self, identity: UUID) -> Person:
        """The person that this one is now. Raises KeyError for one that was not loaded."""
        person = self._persons[identity]
        while person.merged_into is not None:
            person = self._persons[person.merged_into]
        return person

    def resolve(
        self,
        names: Sequence[KeyName],
        submission: UUID,
        received_at: datetime,
        *,
        stays: Person | None = None,
    ) -> Resolution:
        """Find, make or merge the person behind a submission.

        Several persons become the oldest of them. `stays`: whose it is in any case. Whom a phone identified
        that stops identifying by this submission must have been taken apart before: see stop_identifying.
        """
        self.stop_identifying(names)
        reading = self.read(names)
        identified = self._owners(reading.joins)
        if stays is not None:
            identified[stays.id] = stays
        elif reading.held_by is not None:
            identified = self._owners([reading.held_by])
        found = sorted(identified.values(), key=lambda person: person.age)
        person = found[0] if found else self._new(submission, received_at)
        was_known = person.is_known
        for other in found[1:]:
            self._merge(person, other)
        self._attach(reading.counting, person)
        return Resolution(person, is_new=not found, merged=tuple(found[1:]), was_known=was_known)

    def join(self, one: Person, other: Person) -> tuple[Person, Person]:
        """Two persons are one by somebody's word: the older, and who is them from now on."""
        survivor, gone = sorted((one, other), key=lambda person: person.age)
        self._merge(survivor, gone)
        return survivor, gone

    def read(self, names: Sequence[KeyName]) -> Reading:
        """What a submission's keys say. A phone that was not loaded identifies nobody here."""
        return read(names, self._is_shared, self._apart)

    def stop_identifying(self, names: Sequence[KeyName]) -> list[Person]:
        """Phones seen with a second e-mail by this submission identify nobody any more; whom they did."""
        email = email_of(names)
        owners: dict[UUID, Person] = {}
        for key in [self._keys[name] for name in names if name[0] == PHONE] if email else ():
            if key.email == email or not key.identifies:
                continue
            self.changed_keys[key.name] = key
            if key.email is None:
                key.email = email
                continue
            key.identifies = False
            if key.person_id is not None:
                owner = self.root(key.person_id)
                owners[owner.id], key.person_id = owner, None
        return list(owners.values())

    def correct_email(self, wrong: str | None, names: Sequence[KeyName]) -> None:
        """The e-mail seen beside these phones was `wrong`: the right one among `names` is no second one."""
        email = next((value for kind, value in names if kind == EMAIL), None)
        for name in names:
            key = self._keys[name]
            if name[0] == PHONE and wrong is not None and key.email == wrong:
                key.email = email
                self.changed_keys[name] = key

    def detach(self, names: Iterable[KeyName], person: Person) -> None:
        """These keys say no more that it is this person."""
        for name in names:
            key = self._keys.get(name)
            if key is not None and key.person_id is not None and self.root(key.person_id) is person:
                key.person_id = None
                self.changed_keys[name] = key

    def touch(self, person: Person) -> None:
        """Note that a person has changed."""
        self.changed_persons[person.id] = person

    def give(self, names: Iterable[KeyName], person: Person) -> None:
        """These keys are by which this person is known, and no other."""
        for name in names:
            key = self._keys.get(name)
            if key is not None and (key.person_id is None or self.root(key.person_id) is not person):
                key.person_id = person.id
                self.changed_keys[name] = key

    def family(self, person: Person) -> list[Person]:
        """Everybody loaded who turned out to be this person, the oldest first."""
        return sorted(
            (each for each in self._persons.values() if each is not person and self.root(each.id) is person),
            key=lambda each: each.age,
        )

    def part(self, person: Person, others: Sequence[Person]) -> None:
        """These others, new or of the person's family, are somebody else after all."""
        family = self.family(person)
        ids = {each.id for each in others}
        for each in family:
            if each.id not in ids and each.merged_into in ids:
                each.merged_into = person.id
                self.touch(each)
        for each in (person, *others):
            each.merged_into = None
            self._persons[each.id] = each
            self.touch(each)

    def key(self, name: KeyName) -> Key:
        """A key that was loaded. Raises KeyError."""
        return self._keys[name]

    def owner_of(self, name: KeyName) -> UUID | None:
        """Whom a key was first seen with."""
        key = self._keys.get(name)
        return key.person_id if key is not None else None

    def _is_shared(self, name: KeyName) -> bool:
        key = self._keys.get(name)
        return key is None or not key.identifies

    def _owners(self, names: Iterable[KeyName]) -> dict[UUID, Person]:
        owners = (self._keys[name].person_id for name in names)
        return {person.id: person for person in (self.root(each) for each in owners if each is not None)}

    def _new(self, submission: UUID, received_at: datetime) -> Person:
        person = Person(person_id(submission), received_at)
        self._persons[person.id] = person
        self.touch(person)
        return person

    def _merge(self, survivor: Person, other: Person) -> None:
        other.merged_into = survivor.id
        survivor.known.absorb(other.known)
        survivor.suppressed_at = max(
            filter(None, (survivor.suppressed_at, other.suppressed_at)), default=None
        )
        survivor.merges += 1
        self.touch(survivor)
        self.touch(other)

    def _attach(self, names: Iterable[KeyName], person: Person) -> None:
        for key in (self._keys[name] for name in names):
            if key.person_id is None:
                key.person_id = person.id
                self.changed_keys[key.name] = key

    def unused_keys(self) -> list[KeyName]:
        """Keys that identify, and by which nobody is known: nothing accepted carries them."""
        return sorted(key.name for key in self._keys.values() if key.identifies and key.person_id is None)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._persons.values())
