"""From a rulebook as JSON to one that may be published: validated, checked, and with a checksum."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from rulebook.crosscheck import check_rulebook
from rulebook.documents import Loc, Place, dotted
from rulebook.findings import Finding, RulebookInvalid, errors_in
from rulebook.models import Rulebook
from rulebook.sentences import findings_of

DEEPEST = 64
"""Levels of lists and objects; JSON readers and writers along the way give up at 200 or so."""
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rulebook that may be published; `document` is its full JSON form, `checksum` SHA-256 (hex) over
    that."""

    rulebook: Rulebook
    document: dict[str, Any]
    checksum: str
    warnings: tuple[Finding, ...] = ()


def prepare(document: object, places: Mapping[Loc, Place] | None = None) -> Prepared:
    """Validate a rulebook that came as JSON; `places`: where parts of it stand in files. Raises
    RulebookInvalid with everything that is wrong."""
    rulebook = parse(document, places)
    findings = check_rulebook(rulebook, places)
    if errors_in(findings):
        raise RulebookInvalid(findings)
    full = to_document(rulebook)
    return Prepared(rulebook, full, checksum(full), tuple(findings))


def parse(document: object, places: Mapping[Loc, Place] | None = None) -> Rulebook:
    """The types without the cross-checks: for a version that was checked when it was published."""
    if not isinstance(document, Mapping):
        raise RulebookInvalid(
            [Finding("", 0, "rulebook", "is not an object", "send the whole rulebook as one JSON object")]
        )
    unstorable = list(_unstorable(document, ()))
    if unstorable:
        raise RulebookInvalid(unstorable)
    try:
        return Rulebook.model_validate(document)
    except ValidationError as error:
        raise RulebookInvalid(findings_of(error, places)) from None


def _unstorable(value: object, loc: Loc) -> Iterator[Finding]:
    """What no JSON store keeps: a zero character, half a surrogate pair, a number beyond 64 bits, depth."""
    if len(loc) > DEEPEST:
        yield Finding("", 0, dotted(loc[:4]), "is nested too deeply", "nest lists and objects less deeply")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unstorable(str(key), loc)
            yield from _unstorable(inner, (*loc, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unstorable(inner, (*loc, number))
    elif isinstance(value, str) and _UNSTORABLE.search(value):
        hint = "write the text again without the invisible character"
        yield Finding("", 0, dotted(loc), "holds a zero character or half a character", hint)
    elif isinstance(value, int) and abs(value) >= 2**63:
        yield Finding(
            "", 0, dotted(loc), "is too large a number", "write one of at most 18 digits, or a text"
        )


def to_document(rulebook: Rulebook) -> dict[str, Any]:
    """The JSON form that reads back as an equal rulebook; defaults written out, absent values left out."""
    return rulebook.model_dump(mode="json", by_alias=True, exclude_none=True)


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
