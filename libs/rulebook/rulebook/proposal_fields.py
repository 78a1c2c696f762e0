"""What a proposed form makes of one field: a part of the profile, a consent, an id, something of its own."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rulebook.consent import YES, is_yes
from rulebook.field_guess import guess, is_seats, last_word, plain_word
from rulebook.form_explain import attribute_key, quoted
from rulebook.models import Input
from rulebook.paths import PathInvalid, steps
from rulebook.proposal_text import Open
from rulebook.scalars import as_text

_CONSENT = re.compile(
    "consent|privacy|gdpr|rgpd|terms|agree|accept|consentimiento|privacidad|consentimento|privacidade|acepto"
    "|aceito|consenso|accetto|acord|consimt|datenschutz|einwillig|consentement|acceptance",
    re.IGNORECASE,
)
_PASSING = re.compile(
    "token|nonce|csrf|timestamp|captcha|signature|secret|api_?key|password|^_|(^|_)hash$", re.IGNORECASE
)
_OWN_ID = re.compile(
    "(submission|response|answer|entry|result|lead|record|message)(id|guid|uuid)|uniqueid|idrespuesta|idenvio"
    "|idresposta|idenvoi"
)
_ANY_IDS = frozenset({"id", "uuid", "guid"})
_ROW_IDS = _ANY_IDS | {"leadid", "recordid", "contactid", "customerid", "prospectid", "personid", "uniqueid"}
_MOST_ATTRIBUTES = 40
_TYPED = {"email": "email", "tel": "phone", "url": "website"}
_FIRST_OR_WHOLE = frozenset({"nombre"})
_LAST_OR_WHOLE = frozenset({"nom", "nume", "name"})
_FIRST = frozenset({"prenom", "prenume", "vorname"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a sample. `asked`, `label`: how it is asked for; `known`: the profile field that the page
    itself says it is; `may_be_id`: whether it may be the tool's id of the submission; `is_column`: of a
    file."""

    path: str
    value: Any
    is_top: bool
    asked: Input | None = None
    label: str = ""
    known: str | None = None
    may_be_id: bool = False
    is_column: bool = False

    @property
    def word(self) -> str:
        """What the path calls it."""
        return last_word(self.path)

    @property
    def plain_word(self) -> str:
        """The same, letters and digits only."""
        return plain_word(self.word)

    @property
    def kind(self) -> str:
        """The input's type; empty where nothing tells."""
        return self.asked.type if self.asked is not None else ""

    @property
    def is_empty(self) -> bool:
        """Whether the sample holds nothing for it."""
        return self.value in (None, "", [], {})


@dataclass(slots=True)
class Found:
    """The form so far. `kinds`: `number` or `boolean` by path; `undecided`: attribute by name, the path as
    YAML writes it."""

    mapping: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    volatile: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)
    opens: list[Open] = field(default_factory=list)


def take(found: Found, leaf: Leaf, read: Mapping[str, Any]) -> None:
    """Put one value where it belongs; `read`: the profile as the vendor's ready mapping reads it already."""
    if not _is_readable(leaf.path):
        why = f"the field {quoted(leaf.path)} cannot be written as a path: rename it in the tool"
        found.opens.append(Open(why))
    elif leaf.is_top and _PASSING.search(leaf.word):
        found.volatile.append(leaf.path)
    elif _is_consent(leaf) and "consent_field" not in found.keys:
        _take_consent(found, leaf)
    elif leaf.word.lower() in ("is_test", "test", "istest"):
        found.keys.setdefault("test_flag", leaf.path)
    elif not _take_id(found, leaf):
        _take_answer(found, leaf, read)


def settle_names(found: Found) -> None:
    """A word that means a whole name or a part of one means what its neighbours leave to it: `nombre` beside
    `apellidos` is a first name, alone a whole one; `nom` beside `prénom` is a last name."""
    mapping = found.mapping
    first, last, whole = (mapping.get(name, []) for name in ("first_name", "last_name", "name"))
    if whole and last and not first:
        mapping["first_name"] = mapping.pop("name")
    elif whole and first and not last and _are(whole, _LAST_OR_WHOLE) and _are(first, _FIRST):
        mapping["last_name"] = mapping.pop("name")
    elif first and not last and not whole and _are(first, _FIRST_OR_WHOLE):
        mapping["name"] = mapping.pop("first_name")


def _are(paths: list[str], words: Collection[str]) -> bool:
    return all(Leaf(path, "", is_top=True).plain_word in words for path in paths)


def _is_consent(leaf: Leaf) -> bool:
    if not (_CONSENT.search(leaf.word) or _CONSENT.search(leaf.label)):
        return False
    return leaf.kind == "checkbox" or as_text(leaf.value).strip().casefold() in YES


def _take_consent(found: Found, leaf: Leaf) -> None:
    found.keys["consent_field"] = leaf.path
    if leaf.label:
        found.keys |= {"consent_text": leaf.label, "consent_version": "1"}
    if not leaf.is_empty and not is_yes(leaf.value):
        why = (
            f"the box {quoted(leaf.path)} sends {quoted(as_text(leaf.value))}, which is no yes here: give it "
            'value="yes" in the page'
        )
        found.opens.append(Open(why))


def _take_id(found: Found, leaf: Leaf) -> bool:
    """The tool's own id of a submission; of a file's row, whom it is about."""
    if leaf.is_empty or not isinstance(leaf.value, str | int) or isinstance(leaf.value, bool):
        return False
    if leaf.is_column:
        return leaf.plain_word in _ROW_IDS and _map(found, "external_id", leaf.path)
    if not leaf.may_be_id or "vendor_id" in found.keys:
        return False
    if _OWN_ID.fullmatch(leaf.plain_word):
        found.keys["vendor_id"] = leaf.path
        return True
    if leaf.is_top and leaf.plain_word in _ANY_IDS:
        why = (
            f"Is {quoted(leaf.path)} another in each submission? Then it tells the tool's second try from a "
            "second lead:"
        )
        found.opens.append(Open(why, (f"vendor_id: {quoted(leaf.path)}",)))
        return True
    return False


def _take_answer(found: Found, leaf: Leaf, read: Mapping[str, Any]) -> None:
    name = _profile_field(found, leaf)
    if name is not None and name not in read:
        _map(found, name, leaf.path)
        return
    word = "seats" if _is_seats(leaf) else attribute_key(leaf.label if _says_nothing(leaf) else leaf.word)
    is_asked = leaf.asked is not None and leaf.kind != "hidden"
    attributes = sum("attributes" in each for each in found.mapping)
    if (is_asked or not leaf.is_empty) and attributes < _MOST_ATTRIBUTES:
        _map(found, _free_name(f"attributes.{word}", found.mapping), leaf.path)
        if leaf.kind == "number" or word == "seats":
            found.kinds[leaf.path] = "number"
        elif leaf.asked is not None and leaf.kind == "checkbox" and not leaf.asked.options:
            found.kinds[leaf.path] = "boolean"
    else:
        taken = {*found.mapping, *found.undecided}
        found.undecided[_free_name(f"attributes.{word}", taken)] = quoted(leaf.path)


def _profile_field(found: Found, leaf: Leaf) -> str | None:
    if leaf.known is not None:
        return leaf.known
    if _is_seats(leaf):
        return None
    if leaf.kind in _TYPED:
        return _TYPED[leaf.kind]
    if leaf.kind == "checkbox":
        return None
    if leaf.kind == "textarea" and "message" not in found.mapping:
        return "message"
    value = 0 if leaf.kind == "number" and leaf.is_empty else leaf.value
    return guess(leaf.path, value, leaf.label)


def _is_seats(leaf: Leaf) -> bool:
    if not (is_seats(leaf.word) or is_seats(leaf.label)):
        return False
    return leaf.kind == "number" or leaf.is_empty or as_text(leaf.value).strip().isdigit()


def _says_nothing(leaf: Leaf) -> bool:
    """Whether a name is an id that only a machine made."""
    return (
        bool(leaf.label)
        and re.fullmatch(r"[0-9a-fA-F-]{12,}|[A-Za-z0-9]{10,}", leaf.word) is not None
        and (any(sign.isdigit() for sign in leaf.word))
    )


def _map(found: Found, name: str, path: str) -> bool:
    found.mapping.setdefault(name, []).append(path)
    return True


def _free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    return next(each for n in count(1) if (each := name if n == 1 else f"{name}_{n}") not in taken)


def _is_readable(path: str) -> bool:
    try:
        steps(path)
    except PathInvalid:
        return False
    return True
