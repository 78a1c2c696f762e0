"""What is to be said, as keys and values: whoever tells it puts it into the words of a language.

A key names a sentence of a language's words (`why_words.ENGLISH`), with its values in braces. A value may be
something to be said itself, or a list of such.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, or a part of one."""

    key: str
    values: "Mapping[str, Value]" = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON has it; `read_said` reads it."""
        return {"key": self.key, "values": {name: _plain(value) for name, value in self.values.items()}}


Value = str | int | datetime | Said | tuple[Said, ...]


def said(key: str, **values: Value) -> Said:
    """A sentence by its key."""
    return Said(key, values)


def read_said(document: Mapping[str, Any]) -> Said:
    """What `Said.document` made."""
    return Said(document["key"], {name: _read(value) for name, value in document["values"].items()})


def say(what: Said, words: Mapping[str, str], moment: Callable[[datetime], str]) -> str:
    """In words. Raises KeyError for a key that the language lacks."""
    told = {name: _worded(value, words, moment) for name, value in what.values.items()}
    return words[what.key].format(**told)


def _worded(value: Value, words: Mapping[str, str], moment: Callable[[datetime], str]) -> str | int:
    match value:
        case Said():
            return say(value, words, moment)
        case datetime():
            return moment(value)
        case tuple():
            return ", ".join(say(each, words, moment) for each in value)
    return value


def _plain(value: Value) -> Any:
    match value:
        case Said():
            return value.document()
        case datetime():
            return {"at": value.isoformat()}
        case tuple():
            return [each.document() for each in value]
    return value


def _read(value: Any) -> Value:
    match value:
        case {"at": at}:
            return datetime.fromisoformat(at)
        case dict():
            return read_said(value)
        case list():
            return tuple(read_said(each) for each in value)
        case int():
            return value
    return str(value)
