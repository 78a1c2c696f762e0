"""Acts of interest, and whose they are: by an identity key, or by the browser that a form was sent from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from scorecard.score import Signal
from scoring.domain.people import KeyName

VISITOR = "visitor"
"""Kind of a browser's id among the keys of a signal. It joins nobody: two people may share a browser, and
then what it saw counts for neither."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signal as it is kept: the keys it names somebody by, and the product line it is about, if it says."""

    signal: Signal
    names: frozenset[KeyName]
    line: str | None = None


@dataclass(slots=True)
class Signals:
    """The signals of the persons a batch touches.

    `names`: by what each person's acts are known; `owners`: who has sent forms from a browser.
    """

    kept: Iterable[Kept] = ()
    names: dict[UUID, set[KeyName]] = field(default_factory=dict)
    owners: dict[str, set[UUID]] = field(default_factory=dict)
    _by_name: dict[KeyName, list[Kept]] = field(default_factory=dict)
    _alone: dict[str, UUID] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._alone = {browser: next(iter(one)) for browser, one in self.owners.items() if len(one) == 1}
        self._shared = {browser for browser, persons in self.owners.items() if len(persons) > 1}
        for each in self.kept:
            for name in each.names:
                self._by_name.setdefault(name, []).append(each)

    def know(self, person: UUID, names: Iterable[KeyName]) -> None:
        """A submission shows that these are the person's."""
        if not self._by_name:
            return
        for kind, value in names:
            self.names.setdefault(person, set()).add((kind, value))
            if kind == VISITOR:
                self.owners.setdefault(value, set()).add(person)

    def forget(self, person: UUID, names: Iterable[KeyName]) -> None:
        """What was taken for the person's is not, or is taken back: they are known by these no more."""
        for kind, value in names:
            self.names.get(person, set()).discard((kind, value))
            if kind == VISITOR:
                self.owners.get(value, set()).discard(person)

    def merge(self, survivor: UUID, other: UUID) -> None:
        """Two persons are one."""
        if other in self.names:
            self.names.setdefault(survivor, set()).update(self.names.pop(other))
        for persons in self.owners.values():
            if other in persons:
                persons.remove(other)
                persons.add(survivor)

    def part(self, person: UUID, names: Mapping[UUID, set[KeyName]]) -> None:
        """A person turned out to be these, each known by names of their own."""
        if not self._by_name:
            return
        self.names.update(names)
        for browser, persons in self.owners.items():
            if person in persons:
                persons.remove(person)
                persons |= {each for each, known in names.items() if (VISITOR, browser) in known}

    def unsettled(self) -> set[UUID]:
        """Whose browser turned out to be another's, too, and who is left alone with one: what it saw counts
        for the former no more, and for the latter from now on."""
        exposed = {
            person for browser, person in self._alone.items() if {person} < self.owners.get(browser, set())
        }
        left = {
            person
            for browser in self._shared
            if len(persons := self.owners[browser]) == 1
            for person in persons
        }
        return exposed | left

    def of(self, person: UUID, line: str) -> Sequence[Signal]:
        """What the person did that counts for a line, in no order, each once."""
        found = {
            kept.signal.id: kept.signal
            for name in self.names.get(person, ())
            if name[0] != VISITOR or len(self.owners.get(name[1], ())) < 2
            for kept in self._by_name.get(name, ())
            if kept.line in (None, line)
        }
        return list(found.values())
