"""What a caller who can correct it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What is wrong with a field, for telling it in the visitor's language."""

    REQUIRED = "required"
    ONE_OF = "one_of"
    EMAIL = "email"
    PHONE = "phone"
    VALUE = "value"
    TEXT = "text"
    KEPT = "kept"  # it is not taken as a lead now, and a person will see it all the same
    PAGE = "page"  # nothing that a visitor typed, but how their page sends it


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field and what to send in it instead. `about`: the profile fields that it could be read as."""

    field: str
    message: str
    fault: Fault = Fault.VALUE
    about: tuple[str, ...] = ()


class Refusal(Exception):
    """The submission is not taken. `detail` says what to send instead.

    `status` is an HTTP status of the 400 or 500 class; `fault`: what is wrong with `field`; `retry_after` in
    seconds, where trying again helps.
    `typed`: the fields as sent, where they could be read.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        field: str | None = None,
        fault: Fault = Fault.VALUE,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.errors = errors or ((FieldError(field, detail, fault),) if field is not None else ())
        self.retry_after = retry_after
        self.typed: Mapping[str, Any] | None = None


def unreadable(detail: str, *, field: str | None = None, fault: Fault = Fault.VALUE) -> Refusal:
    """400: the bytes do not say what their content type promises."""
    return Refusal(400, "The body cannot be read", detail, field=field, fault=fault)


def unacceptable(detail: str, *, field: str | None = None, fault: Fault = Fault.VALUE) -> Refusal:
    """422: readable, but a value that no lead can have."""
    return Refusal(422, "The submission cannot be taken", detail, field=field, fault=fault)


def unsupported(detail: str) -> Refusal:
    """415: a content type, charset or content encoding that intake does not read."""
    return Refusal(415, "The content type is not supported", detail)
