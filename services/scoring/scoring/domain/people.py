"""Who is behind a submission, by the identity keys it carries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events.ids import person_id
from scoring.domain.profile import Known

EMAIL, PHONE = "email", "phone"
KeyName = tuple[str, str]
"""Kind and normalised value."""


@dataclass(slots=True)
class Key:
    """An identity key.

    `person_id` is whoever it was first seen with and stays when persons merge. `email` is the first e-mail
    seen beside a phone; a second one shows that the phone is shared, and it identifies nobody any more.
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
    def age(self) -> tuple[datetime, UUID]:
        """Sorts the older first, the same way everywhere."""
        return self.first_at, self.id


@dataclass(frozen=True, slots=True)
class Resolution:
    """The person, and those who turned out to be the same one with this submission (oldest first)."""

    person: Person
    is_new: bool
    merged: tuple[Person, ...] = ()


class People:
    """The keys and persons that a batch touches, as they change while its submissions are taken in order."""

    def __init__(self, keys: Iterable[Key], persons: Iterable[Person]) -> None:
        self._keys = {key.name: key for key in keys}
        self._persons = {person.id: person for person in persons}
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

        Several persons become the oldest of them. A submission whose keys all identify nobody has a person of
        its own. `stays`: whose it is in any case.
        """
        keys = [self._keys[name] for name in names]
        self._watch_shared_phones(keys)
        identified = dict(self._identified(keys))
        if stays is not None:
            identified[stays.id] = stays
        found = sorted(identified.values(), key=lambda person: person.age)
        person = found[0] if found else self._new(submission, received_at)
        for other in found[1:]:
            self._merge(person, other)
        self._attach(keys, person)
        return Resolution(person, is_new=not found, merged=tuple(found[1:]))

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

    def _watch_shared_phones(self, keys: Sequence[Key]) -> None:
        email = next((key.name[1] for key in keys if key.name[0] == EMAIL), None)
        if email is None:
            return
        for key in keys:
            if key.name[0] != PHONE or key.email == email or not key.identifies:
                continue
            key.identifies = key.email is None
            key.email = key.email or email
            self.changed_keys[key.name] = key

    def _identified(self, keys: Sequence[Key]) -> Mapping[UUID, Person]:
        roots = (self.root(key.person_id) for key in keys if key.identifies and key.person_id is not None)
        return {person.id: person for person in roots}

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

    def _attach(self, keys: Sequence[Key], person: Person) -> None:
        for key in keys:
            if key.person_id is None and key.identifies:
                key.person_id = person.id
                self.changed_keys[key.name] = key

    def unused_keys(self) -> list[KeyName]:
        """Keys that identify, and by which nobody is known: nothing accepted carries them."""
        return sorted(key.name for key in self._keys.values() if key.identifies and key.person_id is None)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._persons.values())
