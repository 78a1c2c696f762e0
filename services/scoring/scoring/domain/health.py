"""What a form's submissions say of it: how often each field is filled, and which fields nobody expected."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lead_events.words import QuarantineReason

WINDOW = 200
"""A field's usual fill rate is that of the last so many submissions before it became empty."""
LEARNING = 20
"""Fields that nothing maps are no news among a form's first so many submissions."""
MOST_NAMES = 200
"""Unmapped names that are kept of a form; senders make them up."""
NAME_CHARACTERS = 80

SPAM = frozenset(
    {
        QuarantineReason.HONEYPOT,
        QuarantineReason.TOO_FAST,
        QuarantineReason.LINKS,
        QuarantineReason.DISPOSABLE_ADDRESS,
        QuarantineReason.CAPTCHA_FAILED,
        QuarantineReason.CAPTCHA_UNAVAILABLE,
        QuarantineReason.SPAM_WAVE,
        QuarantineReason.FORM_RETIRED,
    }
)
"""Put aside for these, a submission says nothing of the form."""
SUSPECTS = frozenset(
    {
        QuarantineReason.HONEYPOT,
        QuarantineReason.TOO_FAST,
        QuarantineReason.LINKS,
        QuarantineReason.DISPOSABLE_ADDRESS,
        QuarantineReason.CAPTCHA_FAILED,
    }
)
"""Reasons that speak of the sender: from many of them intake tells a wave, as is done here."""
SUSPECT = "suspect"
"""The trouble that all suspects count as."""


def trouble_of(reason: str | None) -> str | None:
    """Which trouble of the whole form a submission put aside for `reason` counts towards."""
    if reason in SUSPECTS:
        return SUSPECT
    concerns_all = reason in (QuarantineReason.SPAM_WAVE, QuarantineReason.FETCH_FAILED)
    return reason if concerns_all else None


@dataclass(frozen=True, slots=True)
class Seen:
    """One stored submission, as far as health looks at it."""

    form_id: str
    received_at: datetime
    stored_at: datetime
    reason: str | None
    is_double: bool = False
    is_aside: bool = False  # a test, an imported row, one that was erased
    profile: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    flags: Sequence[str] = ()
    unmapped: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the rulebook says of a form now: the profile fields it fills with the paths each is read from, the
    entries of `required`, and the names among those asked for that something reads.
    """

    paths: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class FieldHealth:
    """One mapped field. `recent`: the submissions before the present run of empty ones, 1 where it was
    filled, newest last. `empty_from`: the number of the first empty one, `empty_since` when it came.
    """

    paths: tuple[str, ...] = ()
    filled: int = 0
    seen: int = 0
    recent: str = ""
    empty_run: int = 0
    empty_from: int = 0
    empty_since: datetime | None = None
    filled_at: datetime | None = None

    @property
    def usual(self) -> float:
        """Share of submissions that usually fill it, 0 to 1."""
        return self.recent.count("1") / len(self.recent) if self.recent else 0.0

    def take(self, filled: bool, number: int, at: datetime) -> None:
        """One more submission, the form's `number`-th."""
        self.seen += 1
        if filled:
            self.filled += 1
            self.recent = (self.recent + "0" * min(self.empty_run, WINDOW) + "1")[-WINDOW:]
            self.empty_run, self.empty_from, self.empty_since = 0, 0, None
            self.filled_at = at
            return
        if self.empty_run == 0:
            self.empty_from, self.empty_since = number, at
        self.empty_run += 1


@dataclass(slots=True)
class UnmappedField:
    """A field that nothing reads. `kind` of its content, never the content. `is_usual`: no news any more."""

    first_at: datetime
    last_at: datetime
    first_number: int
    last_number: int
    count: int = 0
    kind: str = "text"
    is_usual: bool = False


@dataclass(slots=True)
class FormHealth:
    """One form. `counted`: submissions whose fields were looked at."""

    form_id: str
    first_at: datetime
    last_at: datetime
    submissions: int = 0
    quarantined: int = 0
    counted: int = 0
    fields: dict[str, FieldHealth] = field(default_factory=dict)
    unmapped: dict[str, UnmappedField] = field(default_factory=dict)

    def take(self, seen: Seen, mapped: Mapped | None) -> None:
        """One more submission that counts; without `mapped` (no such form now) only that it came."""
        self.submissions += 1
        self.quarantined += seen.reason is not None
        self.first_at = min(self.first_at, seen.received_at)
        self.last_at = max(self.last_at, seen.received_at)
        if mapped is None or seen.is_double or not seen.fields:
            return
        self.counted += 1
        self._take_fields(seen, mapped)
        for name in seen.unmapped:
            self._take_unmapped(name, seen)

    def continues(self, old: "FormHealth") -> None:
        """Go on from what was known before, having counted the stored submissions again.

        Those that are kept no more, or were too many to be counted again, stay in the numbers of the whole
        form, and what it was used to then is no news now.
        """
        gone = max(0, old.counted - self.counted)
        self.submissions, self.quarantined = old.submissions, old.quarantined
        self.first_at, self.last_at = min(self.first_at, old.first_at), max(self.last_at, old.last_at)
        self.counted += gone
        for field_ in self.fields.values():
            field_.empty_from += gone if field_.empty_run else 0
        for name, each in self.unmapped.items():
            each.first_number += gone
            each.last_number += gone
            before = old.unmapped.get(name)
            each.is_usual = before.is_usual if before is not None else each.is_usual and not gone
            if before is not None and gone:
                each.first_at = min(each.first_at, before.first_at)

    def _take_fields(self, seen: Seen, mapped: Mapped) -> None:
        for name in [name for name in self.fields if name not in mapped.paths]:
            del self.fields[name]
        for name, paths in mapped.paths.items():
            known = self.fields.get(name)
            if known is None or known.paths != paths:
                known = self.fields[name] = FieldHealth(paths)
            known.take(is_filled(name, seen), self.counted, seen.received_at)

    def _take_unmapped(self, name: str, seen: Seen) -> None:
        shown, at = shown_name(name), seen.received_at
        known = self.unmapped.get(shown)
        if known is None:
            if len(self.unmapped) >= MOST_NAMES:
                self._forget_one()
            known = self.unmapped[shown] = UnmappedField(at, at, self.counted, self.counted)
            known.is_usual = self.counted <= LEARNING
        known.last_at, known.last_number = max(known.last_at, at), self.counted
        known.count += 1
        known.kind = kind_of(seen.fields.get(name))

    def _forget_one(self) -> None:
        oldest = min(self.unmapped, key=lambda name: self.unmapped[name].last_number)
        del self.unmapped[oldest]


def counts(seen: Seen) -> bool:
    """Whether a submission says anything of its form's health."""
    return not seen.is_aside and seen.reason not in SPAM


def is_filled(name: str, seen: Seen) -> bool:
    """Whether the field was filled in, usable or not: what the mapping flagged was typed by somebody."""
    attribute = name.removeprefix("attributes.")
    if attribute != name:
        value = (seen.profile.get("attributes") or {}).get(attribute)
    else:
        value = seen.profile.get(name) or (seen.profile.get("phone_raw") if name == "phone" else None)
    if value not in (None, "", [], {}):
        return True
    return any(flag.startswith(f"{name}:") for flag in seen.flags)


def shown_name(name: str) -> str:
    """A field's name fit to be shown: senders choose it, and might put a person into it."""
    plain = " ".join(re.sub(r"[^\w\s.\[\]/:()?&'-]", " ", name).split())
    if "@" in name or re.search(r"\d[\d\s().-]{5,}\d", name):
        plain = "(a name with an address or number in it)"
    return plain[:NAME_CHARACTERS] or "(no name)"


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"(?:\+|00)?[\d\s().-]{7,20}")
LONGEST_KIND = 254
"""Characters of an address at most (RFC 5321); what is longer is text, and is looked at no further."""


def kind_of(value: object) -> str:
    """What kind of content it is."""
    if isinstance(value, list):
        return kind_of(value[0]) if len(value) == 1 else "list"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, bool) or value in ("true", "false", "on", "off", "yes", "no"):
        return "yes or no"
    text = "" if value is None else str(value).strip()
    if not text:
        return "empty"
    if len(text) > LONGEST_KIND:
        return "text"
    if _EMAIL.fullmatch(text):
        return "email"
    digits = sum(each.isdigit() for each in text)
    if _PHONE.fullmatch(text) and digits >= 7:
        return "phone"
    return "number" if re.fullmatch(r"[+-]?[\d.,]+", text) else "text"
