"""CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event itself as a JSON value.

Source: CloudEvents specification 1.0.2 and its Kafka protocol binding, section 3.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

_TYPE_PREFIX = "baton."


class NotACloudEvent(ValueError):
    """The record lacks an attribute that CloudEvents requires, or carries one that cannot be read: dead-letter it."""


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
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(self.id).encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.astimezone(UTC).isoformat().encode()),
            ("ce_subject", self.subject.encode()),
            ("content-type", b"application/json"),
        ]
        if self.traceparent:
            headers.append(("traceparent", self.traceparent.encode()))
        return headers


def event_type(topic: str, version: int = 1) -> str:
    """`ce_type` of events on `topic`; the bulk lanes carry the type of their live lane."""
    return f"{_TYPE_PREFIX}{topic}.v{version}"


def read_attributes(headers: Iterable[tuple[str, bytes]]) -> Attributes:
    """The attributes of a record.

    Raises NotACloudEvent naming the header that is missing or unreadable.
    """
    found = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
    missing = [f"ce_{name}" for name in ("id", "type", "source", "time") if f"ce_{name}" not in found]
    if missing:
        raise NotACloudEvent(f"header {missing[0]} is missing")
    try:
        time = datetime.fromisoformat(found["ce_time"])
        identity = UUID(found["ce_id"])
    except ValueError as error:
        raise NotACloudEvent(f"header ce_id or ce_time cannot be read: {error}") from error
    if time.tzinfo is None:
        raise NotACloudEvent("header ce_time has no offset")
    return Attributes(
        id=identity,
        type=found["ce_type"],
        source=found["ce_source"],
        time=time.astimezone(UTC),
        subject=found.get("ce_subject", ""),
        traceparent=found.get("traceparent"),
    )
