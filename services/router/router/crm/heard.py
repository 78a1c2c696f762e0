"""What a CRM's webhook says, by the map in crm.yaml. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import orjson

from lead_events.currencies import CURRENCIES
from lead_events.money import minor_digits
from rulebook.json_pointer import point
from rulebook.models import CrmChange, CrmInbound

MOST = 1000
"""Events of one post."""
_MOST_MINOR = 10**15
_LAST_YEAR = 9000
"""What is dated outside 1970 to here is no moment that anything could be compared with."""


class EventState(StrEnum):
    """What became of an event."""

    NEW = "new"  # waits for its turn
    APPLIED = "applied"  # it changed something here, or says what is so already
    IGNORED = "ignored"  # our own change come back, or older than what is known
    UNMATCHED = "unmatched"  # nothing could be done with it; listed for the operator


class Unreadable(ValueError):
    """The body is not what crm.yaml says."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One change that a CRM tells of. `id` is the same for the same change.

    `words`: the values that crm.yaml knows it by. `is_ours`: whether our own login made it; None: not told.
    """

    id: str
    object_id: str
    occurred_at: datetime | None
    owner: str | None = None
    outcome: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    reason: str | None = None
    channel: str | None = None
    result: str | None = None
    words: tuple[str, ...] = ()
    is_ours: bool | None = None


def read_events(inbound: CrmInbound, document: Any, company_currency: str) -> tuple[list[Heard], int]:
    """The changes that a body tells of, each once, and how many of its events tell of none.

    Raises Unreadable when there is no event where the map says, or an event has no object.
    """
    events = point(document, inbound.items)
    if isinstance(events, dict):
        events = [events]
    if not isinstance(events, list) or len(events) > MOST:
        raise Unreadable(f"there is no list of at most {MOST} events at `{inbound.items}`")
    found = [heard for event in events for heard in _heard(inbound, event, company_currency)]
    unique = {each.id: each for each in found}
    return list(unique.values()), len(events) - len(found)


def _heard(inbound: CrmInbound, event: Any, company_currency: str) -> Iterator[Heard]:
    change = next((each for each in inbound.changes if _holds(each.when, event)), None)
    if change is None:
        return
    object_id = _word(point(event, inbound.object))
    if object_id is None:
        raise Unreadable(f"an event has no id of its object at `{inbound.object}`")
    occurred_at = _moment(point(event, inbound.occurred_at)) if inbound.occurred_at is not None else None
    owner = _word(point(event, change.owner)) if change.owner is not None else None
    contact = change.contact
    if owner is None and change.outcome is None and contact is None:
        return
    said = [owner, change.outcome] + ([contact.channel, contact.result] if contact is not None else [])
    currency = _currency(change, event, company_currency)
    value = point(event, change.value) if change.value is not None and currency is not None else None
    given = point(event, inbound.id) if inbound.id is not None else event
    yield Heard(
        _id([given, object_id, occurred_at, *said]),
        object_id,
        occurred_at,
        owner,
        change.outcome,
        _minor(value, currency) if currency is not None else None,
        currency,
        _reason(point(event, change.reason)) if change.reason is not None else None,
        contact.channel if contact is not None else None,
        contact.result if contact is not None else None,
        tuple(str(wanted) for wanted in change.when.values() if wanted is not None),
        _holds(inbound.own, event) if inbound.own else None,
    )


def _id(parts: list[Any]) -> str:
    """The same for the same change: ids of events alone are not unique with every CRM."""
    try:
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except (TypeError, RecursionError) as error:
        raise Unreadable(f"an event cannot be told from others: {error}") from error


def _holds(when: Mapping[str, str | int | bool | None], event: Any) -> bool:
    return all(_same(point(event, pointer), wanted) for pointer, wanted in when.items())


def _same(found: Any, wanted: str | int | bool | None) -> bool:
    if isinstance(wanted, bool) or wanted is None or found is None:
        return found is wanted or (isinstance(wanted, bool) and str(found).lower() == str(wanted).lower())
    return str(found) == str(wanted)


def _word(found: Any) -> str | None:
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    text = str(found).strip().replace("\x00", "")
    return text[:200] or None


def _reason(found: Any) -> str | None:
    word = _word(found)
    return " ".join(word.split()) if word is not None else None


def _moment(found: Any) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; None: not understood."""
    try:
        if isinstance(found, bool) or found is None:
            return None
        if isinstance(found, str) and not found.strip().isdecimal():
            at = datetime.fromisoformat(found.strip())
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        else:
            number = float(found)
            at = datetime.fromtimestamp(number / 1000 if number > 10**11 else number, tz=UTC)
        return at.astimezone(UTC) if 1970 <= at.year <= _LAST_YEAR else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _currency(change: CrmChange, event: Any, company_currency: str) -> str | None:
    """The company's where the event names none; None where it names what is no currency in use: the outcome
    counts all the same, without its amount."""
    named = change.currency
    if named is not None and named.startswith("/"):
        named = _word(point(event, named))
    word = (named or company_currency).upper()
    return word if word in CURRENCIES else None


def _minor(found: Any, currency: str) -> int | None:
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        minor = round(Decimal(str(found)) * 10 ** minor_digits(currency))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return minor if 0 <= minor <= _MOST_MINOR else None
