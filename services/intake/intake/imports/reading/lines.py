"""A file's lines as text. What cannot be decoded is marked, so that it costs its own row and no other."""

import codecs
import io
import re
from collections.abc import Generator
from typing import BinaryIO

from intake.imports.reading.encodings import Encoding

LONGEST_LINE = 1 << 20
"""Characters; a longer line is handed on in pieces."""
_HANDLER = "baton-mark"
_LOSS_HANDLER = "baton-loss"
LOST = "\udfff"
"""Stands for bytes that are no character, where asked for: no file can hold it, as it may hold U+FFFD."""
_MARKED = re.compile("[\udc80-\udcff]")
_HALF = re.compile("[\ud800-\udfff]")


def lines_of(stream: BinaryIO, encoding: Encoding, *, tell_lost: bool = False) -> Generator[str, None, None]:
    """The lines with their ends, which may be LF, CRLF or CR alone. Marks stand for undecodable bytes where
    the encoding's may be repaired, U+FFFD (with `tell_lost` the sign LOST) where not."""
    codecs.register_error(_HANDLER, _mark)
    codecs.register_error(_LOSS_HANDLER, _lose)
    errors = _HANDLER if encoding.repairs else (_LOSS_HANDLER if tell_lost else "replace")
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


def _lose(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return LOST, error.end


def is_marked(text: str) -> bool:
    """Whether it holds bytes that could not be decoded."""
    return _MARKED.search(text) is not None


def shown(text: str) -> str:
    """As it may be written down: marked bytes read as windows-1252, U+FFFD for what is no character."""
    return _HALF.sub("\ufffd", repaired(text) or text)


def repaired(text: str) -> str | None:
    """Marked bytes read as windows-1252; None where it has no such character."""
    try:
        return _MARKED.sub(lambda found: bytes((ord(found.group()) - 0xDC00,)).decode("cp1252"), text)
    except UnicodeDecodeError:
        return None
