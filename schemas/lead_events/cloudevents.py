"""CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event itself as a JSON value.

Source: CloudEvents specification 1.0.2 and its Kafka protocol binding, section 3.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from lead_events.catalog import topic as topic_named

_SPEC_VERSION = "1.0"
_CONTENT_TYPE = "application/json"
_VERSION_HEADER = ("ce_specversion", _SPEC_VERSION.encode())
_CONTENT_HEADER = ("content-type", _CONTENT_TYPE.encode())
REQUIRED_HEADERS = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject")


class NotACloudEvent(ValueError):
    """An attribute that every event carries is missing or cannot be read: dead-letter the record."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """The context attributes of one event."""

    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """Kafka headers of a record in binary mode."""
        return written(str(self.id), self.type, self.source, self.time, self.subject, self.traceparent)


def written(
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    type: str,  # noqa: A002
    source: str,
    time: datetime,
    subject: str,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """The headers of `Attributes` with these values."""
    headers = [
        _VERSION_HEADER,
        ("ce_id", id.encode()),
        ("ce_type", type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat().encode()),
        ("ce_subject", subject.encode()),
        _CONTENT_HEADER,
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def event_type(topic: str, version: int | None = None) -> str:
    """`ce_type` of events on `topic`, in its newest version unless one is named.

    Imports, retries and bulk lanes carry the type of their live lane. Raises UnknownTopic; LookupError for a
    version the topic does not have.
    """
    found = topic_named(topic)
    if version is None:
        return found.newest.ce_type
    for entry in found.versions:
        if entry.version == version:
            return entry.ce_type
    raise LookupError(f"{topic} has no version {version}; its newest is {found.newest.version}")


def read_attributes(headers: Iterable[tuple[str, bytes | None]]) -> Attributes:
    """The attributes of a record.

    Raises NotACloudEvent naming the header that is missing or unreadable, never what it holds.
    """
    found = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
    for name in REQUIRED_HEADERS:
        if not found.get(name):
            raise NotACloudEvent(f"header {name} is missing")
    if found["ce_specversion"] != _SPEC_VERSION:
        raise NotACloudEvent(f"header ce_specversion is not {_SPEC_VERSION}")
    if not found.get("content-type", _CONTENT_TYPE).startswith(_CONTENT_TYPE):
        raise NotACloudEvent(f"header content-type is not {_CONTENT_TYPE} (binary mode)")
    return Attributes(
        id=_identity(found["ce_id"]),
        type=found["ce_type"],
        source=found["ce_source"],
        time=_time(found["ce_time"]),
        subject=found["ce_subject"],
        traceparent=found.get("traceparent"),
    )


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotACloudEvent("header ce_id is not a UUID") from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise NotACloudEvent("header ce_time is not an RFC 3339 time") from None
    if time.tzinfo is None:
        raise NotACloudEvent("header ce_time has no offset")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise NotACloudEvent("header ce_time is not between the years 1 and 9999 in UTC") from None
