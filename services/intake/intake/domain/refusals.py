"""What a caller who can correct it is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field and what to send in it instead."""

    field: str
    message: str


class Refusal(Exception):
    """The submission is not taken. `detail` says what to send instead.

    `status` is an HTTP status of the 400 or 500 class; `retry_after` in seconds, where trying again helps.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        field: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.errors = errors or ((FieldError(field, detail),) if field is not None else ())
        self.retry_after = retry_after


def unreadable(detail: str, *, field: str | None = None) -> Refusal:
    """400: the bytes do not say what their content type promises."""
    return Refusal(400, "The body cannot be read", detail, field=field)


def unacceptable(detail: str, *, field: str | None = None) -> Refusal:
    """422: readable, but a value that no lead can have."""
    return Refusal(422, "The submission cannot be taken", detail, field=field)


def unsupported(detail: str) -> Refusal:
    """415: a content type, charset or content encoding that intake does not read."""
    return Refusal(415, "The content type is not supported", detail)
