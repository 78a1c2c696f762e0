"""multipart/form-data bodies. Files are left out and told about; text parts become fields."""

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from intake.domain.form_body import MAX_FIELDS, read_fields
from intake.domain.refusals import unacceptable, unreadable

FILE_IGNORED = "file_ignored"
_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 4096


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: bytes | None = None
    is_file: bool = False
    file_name: bytes = b""
    data: bytearray = field(default_factory=bytearray)


class _Collector:
    """Receives the parser's callbacks; `parts` holds the finished parts in order."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._part = _Part()
        self._header_name = bytearray()
        self._header_value = bytearray()

    def on_part_begin(self) -> None:
        self._part = _Part()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        self._part.headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition", b""))
        self._part.name = options.get(b"name")
        self._part.is_file = b"filename" in options
        self._part.file_name = options.get(b"filename", b"")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part.data += data[start:end]

    def on_part_end(self) -> None:
        if len(self.parts) >= MAX_FIELDS:
            raise unacceptable(f"the form has more than {MAX_FIELDS} fields: send fewer")
        self.parts.append(self._part)

    def on_end(self) -> None:
        self.ended = True


def decode_multipart(body: bytes, boundary: bytes, charset: str | None) -> tuple[dict[str, Any], list[str]]:
    """The text fields of `body` and flags: `file_ignored` where a file was sent along.

    The charset is the header's (`charset`), else the field `_charset_`, else UTF-8 (RFC 7578, section 5.1).
    Raises Refusal: 400 broken multipart, otherwise as `decode_form`.
    """
    parts = _parse(body, boundary)
    flags = [FILE_IGNORED] if any(part.is_file and (part.file_name or part.data) for part in parts) else []
    raw = [(part.name or b"", bytes(part.data)) for part in parts if not part.is_file]
    return read_fields(raw, charset), flags


def _parse(body: bytes, boundary: bytes) -> list[_Part]:
    collector = _Collector()
    callbacks: Any = {
        name: getattr(collector, name)
        for name in (
            "on_part_begin",
            "on_header_field",
            "on_header_value",
            "on_header_end",
            "on_headers_finished",
            "on_part_data",
            "on_part_end",
            "on_end",
        )
    }
    try:
        parser = MultipartParser(
            boundary, callbacks, max_header_count=_MAX_HEADERS, max_header_size=_MAX_HEADER_BYTES
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise unreadable(f"not a valid multipart body: {error}") from error
    if not collector.ended:
        raise unreadable("the multipart body ends early: its closing boundary is missing")
    if any(part.name is None for part in collector.parts):
        raise unreadable(
            "a part of the multipart body has no name: give it Content-Disposition: form-data; name=..."
        )
    return collector.parts
