"""One batch of signals: read, judged and numbered. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from intake.domain.refusals import FieldError, Refusal
from intake.domain.text import plain
from lead_events import LeadSignalled
from lead_events.ids import signal_id
from lead_events.words import SignalKind
from rulebook.normalise import read_email

KINDS = tuple(kind.value for kind in SignalKind)
MAX_SIGNALS = 50
MAX_ATTRIBUTES = 30
MAX_TEXT = 2_048
MOST_TOLD = 100
"""Faults of a batch that are told: more say nothing new, and the answer stays about as long as the batch."""
AHEAD = timedelta(minutes=5)
"""So far a sender's clock may be ahead; what claims to be later happened when it was received."""
BACK = timedelta(days=30)
"""So old a signal may be."""
_OWN_KIND = re.compile(r"custom_[a-z0-9_]{1,40}")
_VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ID = re.compile(r"[!-~]{1,100}")
_FORM_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_BATCH = frozenset({"form", "consent", "visitor", "signals"})
_SIGNAL = frozenset({"id", "kind", "at", "url", "line", "identity", "attributes"})
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SAYS = {
    "email": "send an address such as ana@example.com",
    "phone": "send it in E.164, such as +34600111222",
    "external_id": "send a text of 1 to 200 characters",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One signal as sent. `at` None: the sender left it out. `id`: the sender's own, where it gives one."""

    kind: str
    id: str | None
    at: datetime | None
    url: str | None
    line: str | None
    identity: dict[str, str]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SignalBatch:
    """What one post holds. `names_people`: it says whose e-mail, phone or own id a signal belongs to, which
    only a sender that is proven may say."""

    visitor: str | None
    sightings: tuple[Sighting, ...]

    @property
    def names_people(self) -> bool:
        """Whether any signal carries more than the visitor's id."""
        return any(each.identity for each in self.sightings)


def form_key_of(fields: Mapping[str, Any]) -> str:
    """The key of the form that a batch belongs to. Raises Refusal (422)."""
    key = fields.get("form")
    if not isinstance(key, str) or not _FORM_KEY.fullmatch(key):
        detail = "form is missing: send the key of a form of the page, as in data-baton"
        raise Refusal(422, "The signals cannot be taken", detail, field="form")
    return key


def read_batch(fields: Mapping[str, Any], lines: Sequence[str]) -> SignalBatch:
    """The batch in decoded JSON; `lines` are those of its form.

    Raises Refusal (422) with the faults found: nothing of a batch is kept unless all of it can be.
    """
    faults: list[FieldError] = []
    _unknown("", fields, _BATCH, faults)
    visitor = _visitor(fields, faults)
    sent = fields.get("signals")
    if not isinstance(sent, list) or not 1 <= len(sent) <= MAX_SIGNALS:
        faults.append(FieldError("signals", f"send a list of 1 to {MAX_SIGNALS} signals"))
        sent = []
    sightings = [_Reader(number, each, faults, lines).read() for number, each in enumerate(sent)]
    for number, each in enumerate(sightings):
        if each is not None and not each.identity and visitor is None:
            faults.append(
                FieldError(
                    f"signals[{number}].identity",
                    "belongs to nobody: send the visitor's id with consent true, or from a proven sender an "
                    "email, phone or external_id",
                )
            )
    if faults:
        detail = "; ".join(f"{each.field}: {each.message}" for each in faults[:3])
        told = tuple(faults[:MOST_TOLD])
        raise Refusal(422, "The signals cannot be taken", detail, field=faults[0].field, errors=told)
    return SignalBatch(visitor, tuple(each for each in sightings if each is not None))


def signalled(batch: SignalBatch, *, form_id: str, source: str, received_at: datetime) -> list[LeadSignalled]:
    """The events of a batch. Of signals with the same id in it the first counts."""
    events: dict[UUID, LeadSignalled] = {}
    for each in batch.sightings:
        identity = each.identity | ({"visitor": batch.visitor} if batch.visitor else {})
        content = orjson.dumps(
            [each.kind, each.at, each.url, each.line, identity, each.attributes],
            option=orjson.OPT_SORT_KEYS,
        ).decode()
        identifier = signal_id(
            form_id,
            content,
            key=None if each.id is None else f"{sorted(identity.items())}{each.id}",
            at=each.at,
            received_at=received_at,
        )
        events.setdefault(
            identifier,
            LeadSignalled(
                signal_id=identifier,
                kind=each.kind,
                at=_happened(each.at, received_at),
                identity=identity,
                line=each.line,
                url=each.url,
                attributes=each.attributes,
                form_id=form_id,
                source=source,
                received_at=received_at,
            ),
        )
    return list(events.values())


def _happened(claimed: datetime | None, received_at: datetime) -> datetime:
    if claimed is None or claimed > received_at + AHEAD or claimed < received_at - BACK:
        return received_at
    return claimed


def _visitor(fields: Mapping[str, Any], faults: list[FieldError]) -> str | None:
    consent, visitor = fields.get("consent"), fields.get("visitor")
    if consent not in (None, True, False):
        faults.append(FieldError("consent", "send true or false"))
    if visitor is None:
        return None
    if consent is not True:
        faults.append(
            FieldError(
                "visitor",
                "needs consent: send consent true once the visitor has agreed, or leave visitor out",
            )
        )
    if not isinstance(visitor, str) or not _VISITOR.fullmatch(visitor):
        faults.append(FieldError("visitor", "send 8 to 64 letters, digits, - and _, such as a UUID"))
        return None
    return visitor


def _unknown(where: str, sent: Mapping[str, Any], known: frozenset[str], faults: list[FieldError]) -> None:
    says = f"is not known here: send {', '.join(sorted(known))}"
    faults.extend(FieldError(plain(f"{where}{name}"), says) for name in sorted(set(sent) - known))


def _identifier(name: str, value: Any) -> str | None:
    """The normal form of what identifies somebody; None where it cannot."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if name == "email":
        return read_email(text).value
    if name == "phone":
        return text if _E164.fullmatch(text) else None
    return text if 0 < len(text) <= 200 else None


class _Reader:
    """Reads one signal; what is wrong with it goes to `faults`."""

    def __init__(self, number: int, sent: Any, faults: list[FieldError], lines: Sequence[str]) -> None:
        self._where = f"signals[{number}]"
        self._sent = sent
        self._faults = faults
        self._lines = lines

    def read(self) -> Sighting | None:
        if not isinstance(self._sent, dict):
            self._faults.append(FieldError(self._where, 'send an object such as {"kind": "page_view"}'))
            return None
        _unknown(f"{self._where}.", self._sent, _SIGNAL, self._faults)
        return Sighting(
            kind=self._kind(),
            id=self._text("id", _ID, "send 1 to 100 visible ASCII characters, such as a UUID"),
            at=self._at(),
            url=self._text("url", None, f"send a text of at most {MAX_TEXT} characters"),
            line=self._line(),
            identity=self._identity(),
            attributes=self._attributes(),
        )

    def _fault(self, name: str, message: str) -> None:
        self._faults.append(FieldError(f"{self._where}.{name}", message))

    def _kind(self) -> str:
        kind = self._sent.get("kind")
        if isinstance(kind, str) and (kind in KINDS or _OWN_KIND.fullmatch(kind)):
            return kind
        self._fault(
            "kind", f"send one of {', '.join(KINDS)}, or custom_ and a name of your own in small letters"
        )
        return "custom"

    def _text(self, name: str, pattern: re.Pattern[str] | None, message: str) -> str | None:
        value = self._sent.get(name)
        if value is None:
            return None
        if (
            isinstance(value, str)
            and len(value) <= MAX_TEXT
            and (pattern is None or pattern.fullmatch(value))
        ):
            return value
        self._fault(name, message)
        return None

    def _line(self) -> str | None:
        line = self._sent.get("line")
        if line is None or (isinstance(line, str) and line in self._lines):
            return line
        self._fault("line", f"is no line of this form: leave it out, or send one of {', '.join(self._lines)}")
        return None

    def _at(self) -> datetime | None:
        value = self._sent.get("at")
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            pass
        self._fault("at", "send the time with its offset, such as 2026-03-02T09:30:00Z, or leave it out")
        return None

    def _identity(self) -> dict[str, str]:
        identity = self._sent.get("identity")
        if identity is None:
            return {}
        if not isinstance(identity, dict):
            self._fault("identity", 'send an object such as {"email": "ana@example.com"}')
            return {}
        _unknown(f"{self._where}.identity.", identity, frozenset(_SAYS), self._faults)
        found = {name: _identifier(name, identity[name]) for name in _SAYS if identity.get(name) is not None}
        for name, value in found.items():
            if value is None:
                self._fault(f"identity.{name}", _SAYS[name])
        return {name: value for name, value in found.items() if value is not None}

    def _attributes(self) -> dict[str, Any]:
        attributes = self._sent.get("attributes")
        if attributes is None:
            return {}
        if not isinstance(attributes, dict) or len(attributes) > MAX_ATTRIBUTES:
            self._fault("attributes", f"send an object of at most {MAX_ATTRIBUTES} names and values")
            return {}
        for name, value in attributes.items():
            if not isinstance(value, str | int | float | bool | None) or len(f"{name}{value}") > MAX_TEXT:
                self._fault(
                    plain(f"attributes.{name}"), f"send a text up to {MAX_TEXT} characters, a number, or true"
                )
        return attributes
