"""What is known about a person, put together from everything they sent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from lead_events import Profile
from rulebook.normalise import email_key

ATTRIBUTE = "attributes."
"""Prefix of the names under which a form's own answers stand among the profile's fields."""
MOST_ATTRIBUTES = 100
LARGEST_ATTRIBUTES = 100_000
"""Characters. Whoever posts under somebody's e-mail with ever new field names must not make that lead too
large to be published: the answers received longest ago are let go. One submission alone stays below both."""


NAMES = frozenset({"name", "first_name", "last_name"})


class Word(Enum):
    """Whose word a submission is."""

    OWN = "own"
    REPS = "reps"  # typed in by a rep, of somebody that they found
    CALLERS = "callers"  # of whoever gives a phone at most

    def is_sure(self, name: str) -> bool:
        """Whether it holds against what somebody less sure says. A rep who types a name in shortens it."""
        return self is Word.OWN or (self is Word.REPS and name not in NAMES)


Told = tuple[Profile, datetime, Word]
"""What a submission says, when it was received, and whose word it is."""


def known_fields(profile: Profile) -> Iterator[tuple[str, Any]]:
    """The fields with a value in them, attributes flattened to `attributes.NAME`. Blank text is no value."""
    for name, value in profile:
        if name == "attributes":
            yield from ((ATTRIBUTE + key, each) for key, each in value.items() if not _is_blank(each))
        elif not _is_blank(value):
            yield name, value


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def _size(name: str, value: object) -> int:
    items: Sequence[object] = value if isinstance(value, list) else (value,)
    return len(name) + sum(len(each) if isinstance(each, str) else 8 for each in items)


@dataclass(slots=True)
class Known:
    """A person's profile: each field's newest non-blank value, and when (ISO 8601) it was received.

    Policy: what somebody said who said who they are (by a personal e-mail or an external id) beats what a
    caller said who gave a phone at most, and fills what the caller left out; so does their own name beat one
    that a rep typed in. Of the same sort the newest wins, and a blank never wipes a value. The age is that of
    the submission, not of its handling, so the order of handling does not matter; of two at one moment the
    one handled last wins. An e-mail keeps the spelling it was first seen in. Attributes are bounded, see
    MOST_ATTRIBUTES.

    `unsure`: the fields that only callers have said, and names that only reps have. `asked`: the answers of
    the submission learnt last, in the order of its form; it is not stored.
    """

    values: dict[str, Any] = field(default_factory=dict)
    received: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    asked: tuple[str, ...] = field(default=(), compare=False)

    def learn(self, profile: Profile, received_at: datetime, *, word: Word = Word.OWN) -> None:
        """Add what one submission says; `word`: whose it is."""
        moment = received_at.astimezone(UTC).isoformat()
        for name, value in known_fields(profile):
            self._set(name, value, moment, word.is_sure(name))
        if profile.attributes:
            self.asked = tuple(ATTRIBUTE + name for name in profile.attributes)
            self._bound()

    def unlearn(self, taken: Iterable[Told], others: Iterable[Told]) -> None:
        """Take back what some submissions said; `others`, oldest first, say what holds in its place.

        Only a value received at their moments goes: what was said again later, or by a submission that is
        kept no more, stays.
        """
        gone: set[str] = set()
        for profile, received_at, _ in taken:
            moment = received_at.astimezone(UTC).isoformat()
            gone |= {name for name, _ in known_fields(profile) if self.received.get(name) == moment}
        for name in gone:
            self._drop(name)
        for profile, received_at, word in others if gone else ():
            for name, value in known_fields(profile):
                if name in gone:
                    self._set(name, value, received_at.astimezone(UTC).isoformat(), word.is_sure(name))
        self._bound()

    def absorb(self, other: "Known") -> None:
        """Add all that is known about a person who turned out to be this one."""
        for name, value in other.values.items():
            self._set(name, value, other.received[name], name not in other.unsure)
        self._bound()

    def _set(self, name: str, value: Any, moment: str, sure: bool) -> None:
        before = self.received.get(name)
        if before is not None and (name not in self.unsure, before) > (sure, moment):
            return  # moments are both UTC as isoformat writes it: texts sort as times do
        if name != "email" or before is None or email_key(value) != email_key(self.values[name]):
            self.values[name] = value
        self.received[name] = moment
        if sure:
            self.unsure.discard(name)
        else:
            self.unsure.add(name)

    def _drop(self, name: str) -> None:
        del self.values[name], self.received[name]
        self.unsure.discard(name)

    def _bound(self) -> None:
        """Let the oldest attributes go until the others are few and short enough."""
        names = [name for name in self.values if name.startswith(ATTRIBUTE)]
        excess = sum(_size(name, self.values[name]) for name in names) - LARGEST_ATTRIBUTES
        if excess <= 0 and len(names) <= MOST_ATTRIBUTES:
            return
        oldest = sorted(names, key=lambda name: (self.received[name], name))
        for count, name in enumerate(oldest):
            if excess <= 0 and len(names) - count <= MOST_ATTRIBUTES:
                return
            excess -= _size(name, self.values[name])
            self._drop(name)

    def as_mapping(self) -> dict[str, Any]:
        """Nested as events and conditions see it: known fields only, and `attributes` always, those just
        asked first."""
        nested: dict[str, Any] = {"attributes": {}}
        first = {name: self.values[name] for name in self.asked if name in self.values}
        for name, value in (first | self.values).items():
            if name.startswith(ATTRIBUTE):
                nested["attributes"][name.removeprefix(ATTRIBUTE)] = value
            else:
                nested[name] = value
        return nested
