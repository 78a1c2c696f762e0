"""What is known about a person, put together from everything they sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lead_events import Profile

ATTRIBUTE = "attributes."
"""Prefix of the names under which a form's own answers stand among the profile's fields."""


def known_fields(profile: Profile) -> Iterator[tuple[str, Any]]:
    """The fields with a value in them, attributes flattened to `attributes.NAME`. Blank text is no value."""
    for name, value in profile:
        if name == "attributes":
            yield from ((ATTRIBUTE + key, each) for key, each in value.items() if not _is_blank(each))
        elif not _is_blank(value):
            yield name, value


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


@dataclass(slots=True)
class Known:
    """A person's profile: each field's newest non-blank value, and when (ISO 8601) it was received.

    Policy: newest wins, a blank never wipes a value. The age is that of the submission, not of its handling,
    so the order of handling does not matter; of two at one moment the one handled last wins.
    """

    values: dict[str, Any] = field(default_factory=dict)
    received: dict[str, str] = field(default_factory=dict)

    def learn(self, profile: Profile, received_at: datetime) -> None:
        """Add what one submission says."""
        moment = received_at.isoformat()
        for name, value in known_fields(profile):
            self._set(name, value, moment)

    def absorb(self, other: "Known") -> None:
        """Add all that is known about a person who turned out to be this one."""
        for name, value in other.values.items():
            self._set(name, value, other.received[name])

    def _set(self, name: str, value: Any, moment: str) -> None:
        before = self.received.get(name)
        if before is None or datetime.fromisoformat(before) <= datetime.fromisoformat(moment):
            self.values[name] = value
            self.received[name] = moment

    def as_mapping(self) -> dict[str, Any]:
        """Nested as events and conditions see it: known fields only, and `attributes` always."""
        nested: dict[str, Any] = {"attributes": {}}
        for name, value in self.values.items():
            if name.startswith(ATTRIBUTE):
                nested["attributes"][name.removeprefix(ATTRIBUTE)] = value
            else:
                nested[name] = value
        return nested
