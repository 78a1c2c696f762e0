"""A message as people read it: a subject, and sections that become plain text, HTML and blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from router.messages.kinds import LinkAct


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and lines below it."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, in the reader's language. `buttons`: words for each act and the link that does it;
    `links`: titles and addresses of what the company wrote for buyers; `mark`: that it is only a trial."""

    language: str
    subject: str
    intro: str
    sections: Sequence[Section]
    buttons: Sequence[tuple[LinkAct, str, str]] = ()
    closing: str = ""
    links_heading: str = ""
    links: Sequence[tuple[str, str]] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""
