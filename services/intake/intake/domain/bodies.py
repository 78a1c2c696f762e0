"""From a content type and bytes to fields."""

from typing import Any, NamedTuple

from python_multipart.multipart import parse_options_header

from intake.domain.charsets import UTF_8, codec_of
from intake.domain.form_body import decode_form
from intake.domain.json_body import decode_json
from intake.domain.multipart_body import decode_multipart
from intake.domain.refusals import unreadable, unsupported

JSON = b"application/json"
URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data"
_SEND = "send application/json, application/x-www-form-urlencoded or multipart/form-data"


class Decoded(NamedTuple):
    """The fields as sent, and what decoding left out."""

    fields: dict[str, Any]
    flags: tuple[str, ...] = ()


def is_html_form(content_type: bytes) -> bool:
    """Whether a browser's plain form, without script, may have sent it."""
    return content_type.lower().startswith((URLENCODED, MULTIPART))


def decode(content_type: bytes, body: bytes) -> Decoded:
    """The fields in `body`.

    Raises Refusal: 415 for a content type or charset that is not read, else those of the body's decoder.
    """
    if content_type == JSON:
        return Decoded(decode_json(body))
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    charset = options.get(b"charset", b"").decode("ascii", "replace") or None
    if kind == JSON or (kind.startswith(b"application/") and kind.endswith(b"+json")):
        if charset and codec_of(charset) != UTF_8:
            raise unsupported("JSON is UTF-8 (RFC 8259): send it so, and leave the charset out or say utf-8")
        return Decoded(decode_json(body))
    if kind == URLENCODED:
        return Decoded(decode_form(body, charset))
    if kind == MULTIPART:
        if not options.get(b"boundary"):
            raise unreadable("Content-Type lacks its boundary: send multipart/form-data; boundary=...")
        fields, flags = decode_multipart(body, options[b"boundary"], charset)
        return Decoded(fields, tuple(flags))
    if not kind:
        raise unsupported(f"Content-Type is missing: {_SEND}")
    raise unsupported(f"Content-Type {kind.decode('latin-1')[:80]} is not read: {_SEND}")
