"""application/x-www-form-urlencoded bodies, as browsers send them.

Source: WHATWG URL Standard, section 5.1, and the HTML Standard's `_charset_` field.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from intake.domain.charsets import UTF_8, codec_of, to_text
from intake.domain.refusals import unacceptable
from intake.domain.text import check_text

MAX_FIELDS = 500
CHARSET_FIELD = "_charset_"


def decode_form(body: bytes, charset: str | None) -> dict[str, Any]:
    """The fields of `body`; a name that comes several times has a list of its values.

    The charset is that of the header (`charset`), else of the field `_charset_`, else UTF-8.
    Raises Refusal: 400 bytes that the charset does not have, 415 unknown charset, 422 NUL or too many fields.
    """
    pairs = [part.partition(b"=") for part in body.split(b"&") if part]
    raw = [(_unescaped(name), _unescaped(value)) for name, _, value in pairs]
    return read_fields(raw, charset)


def read_fields(raw: list[tuple[bytes, bytes]], charset: str | None) -> dict[str, Any]:
    """Fields from names and values in bytes. Limits and errors of `decode_form`."""
    if len(raw) > MAX_FIELDS:
        raise unacceptable(f"the form has more than {MAX_FIELDS} fields: send fewer")
    codec = _codec(raw, charset)
    fields: dict[str, Any] = {}
    for raw_name, raw_value in raw:
        name = to_text(raw_name, codec, raw_name.decode("ascii", "replace"))
        value = to_text(raw_value, codec, name)
        check_text(name, name)
        check_text(value, name)
        add(fields, name, value)
    return fields


def add(fields: dict[str, Any], name: str, value: str) -> None:
    """Put in a value; a name that comes again keeps all of them, in order."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _codec(raw: list[tuple[bytes, bytes]], charset: str | None) -> str:
    if charset:
        return codec_of(charset)
    for name, value in raw:
        if name == CHARSET_FIELD.encode() and value:
            return codec_of(value.decode("ascii", "replace"))
    return UTF_8


def _unescaped(raw: bytes) -> bytes:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return unquote_to_bytes(raw) if b"%" in raw else raw
