"""From typed event to Kafka record and back, checked against the topic's record in topics/."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import ValidationError

from lead_events import EVENT_OF_VERSION, EventModel
from lead_events.catalog import topic as topic_named
from lead_events.cloudevents import Attributes, NotACloudEvent, read_attributes, written

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


class Undecodable(ValueError):
    """The record is not an event of its topic: dead-letter it.

    `reason` names the header or field and holds no value of the record, so it may be logged.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WrongEvent(TypeError):
    """The program tried to put an event on a topic that does not carry it: correct the call."""


def encode(
    event: EventModel,
    *,
    id: UUID,  # noqa: A002 - the attribute's name in CloudEvents
    source: str,
    time: datetime,
    subject: str,
    topic: str,
    traceparent: str | None = None,
) -> tuple[list[tuple[str, bytes]], bytes]:
    """Headers and value of the record for `event` on `topic`. Arguments and errors as of `headers_of`."""
    headers = headers_of(
        type(event),
        id=id,
        source=source,
        time=time,
        subject=subject,
        topic=topic,
        traceparent=traceparent,
    )
    return headers, event.to_json()


def headers_of(
    model: type[EventModel],
    *,
    id: UUID | str,  # noqa: A002 - the attribute's name in CloudEvents
    source: str,
    time: datetime,
    subject: str,
    topic: str,
    traceparent: str | None = None,
) -> list[tuple[str, bytes]]:
    """Headers of the record for an event of this type on `topic`, for a value that is written elsewhere.

    `source` is the service, `subject` what the record key holds, `time` when it happened (aware); an empty
    source or subject and a naive time raise ValueError. Raises UnknownTopic, and WrongEvent when the topic
    carries another event.
    """
    if time.tzinfo is None:
        raise ValueError("time has no offset; pass an aware datetime")
    if not source or not subject:
        raise ValueError("source and subject must not be empty; name the service and the record key")
    ce_type = _types(topic).get(model)
    if ce_type is None:
        expected = " or ".join(kind.__name__ for kind in _types(topic))
        raise WrongEvent(f"{topic} carries {expected}, not {model.__name__}")
    return written(str(id), ce_type, source, time, subject, traceparent)


def decode(
    topic: str, headers: Iterable[tuple[str, bytes | None]], value: bytes | None
) -> tuple[Attributes, EventModel]:
    """Attributes and event of a record read from `topic`; the value is checked strictly, nothing is coerced.

    Raises Undecodable for a bad record and UnknownTopic for a topic that is not in the catalogue.
    """
    models = _models(topic)
    try:
        attributes = read_attributes(headers)
    except NotACloudEvent as error:
        raise Undecodable(str(error)) from error
    model = models.get(attributes.type)
    if model is None:
        raise Undecodable(f"header ce_type is not one of {topic}: expected {' or '.join(models)}")
    if value is None:
        raise Undecodable("the record has no value")
    try:
        return attributes, model.model_validate_json(value, strict=True)
    except ValidationError as error:
        raise Undecodable(_reason(error)) from None


def _reason(error: ValidationError) -> str:
    """The first fault as `field.path: what is wrong`, and how many more there are."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first, more = faults[0], len(faults) - 1
    if first["type"] == "json_invalid":
        return "the value is not JSON"
    where = ".".join(_plain(part) for part in first["loc"]) or "event"
    # after the comma pydantic may quote a character of the value
    what = first["msg"] if first["type"] != "uuid_parsing" else "Input should be a valid UUID"
    return f"{where}: {what}" + (f" (and {more} more)" if more else "")


def _plain(part: str | int) -> str:
    """A part of a path. A key that looks unlike a field name may be a sender's data and is masked."""
    text = str(part)
    return text if isinstance(part, int) or _FIELD_NAME.fullmatch(text) else "*"


@cache
def _models(topic: str) -> dict[str, type[EventModel]]:
    return {entry.ce_type: EVENT_OF_VERSION[entry.name] for entry in topic_named(topic).versions}


@cache
def _types(topic: str) -> dict[type[EventModel], str]:
    return {model: ce_type for ce_type, model in _models(topic).items()}
