"""A file's lines as text. What cannot be decoded is marked, so that it costs its own row and no other."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from intake.imports.reading.encodings import Encoding

LONGEST_LINE = 1 << 20
"""Characters; a longer line is handed on in pieces."""
_HANDLER = "baton-mark"
_MARKED = re.compile("[\udc80-\udcff]")


def lines_of(stream: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The lines with their ends, which may be LF, CRLF or CR alone. Marks stand for undecodable bytes where
    the encoding's may be repaired, U+FFFD where not."""
    codecs.register_error(_HANDLER, _mark)
    errors = _HANDLER if encoding.repairs else "replace"
    stream.seek(encoding.skip)
    text = io.TextIOWrapper(stream, encoding=encoding.codec, errors=errors, newline="")
    try:
        while line := text.readline(LONGEST_LINE):
            yield line
    finally:
        text.detach()


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    part = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) if byte > 0x7F else "\ufffd" for byte in part), error.end


def is_marked(text: str) -> bool:
    """Whether it holds bytes that could not be decoded."""
    return _MARKED.search(text) is not None


def repaired(text: str) -> str | None:
    """Marked bytes read as windows-1252; None where it has no such character."""
    try:
        return _MARKED.sub(lambda found: bytes((ord(found.group()) - 0xDC00,)).decode("cp1252"), text)
    except UnicodeDecodeError:
        return None
