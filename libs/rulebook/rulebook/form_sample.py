"""One submission as a form is proposed by it: its fields, and what its page, file or tool tells of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rulebook.models import Input

_MARKUP = re.compile(r"\{\{.*?\}\}|\*|(?<!\w)_|_(?!\w)")
_MOST_TITLES = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """`kind`: a post as a tool sends it, a page with a form, or a file with columns.

    `inputs`: how each field is asked for, by its name; `profile`: the profile field that the page itself says
    a field is (HTML's `autocomplete`); `language` (ISO 639-1) and `region` (ISO 3166-1): of the page.
    """

    fields: Mapping[str, Any]
    kind: Literal["post", "page", "file"] = "post"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    region: str | None = None


def labels_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """What was asked, by the name that the answer is laid out under, where the submission itself tells: the
    titles in Typeform's `definition`, by `ref` and by `id`."""
    response = fields.get("form_response")
    definition = response.get("definition") if isinstance(response, Mapping) else None
    found: dict[str, str] = {}
    for asked in _asked(definition, 0):
        title = " ".join(_MARKUP.sub("", str(asked.get("title") or "")).split())
        for name in (asked.get("ref"), asked.get("id")):
            if isinstance(name, str) and title and len(found) < _MOST_TITLES:
                found.setdefault(name, title)
    return found


def _asked(holder: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """The questions, those inside groups too."""
    questions = holder.get("fields") if isinstance(holder, Mapping) and depth < 4 else None
    for each in questions if isinstance(questions, list) else ():
        if isinstance(each, Mapping):
            yield each
            yield from _asked(each.get("properties"), depth + 1)
