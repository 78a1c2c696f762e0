"""Which bytes mean which text. What cannot be told for sure is refused, never guessed.

A file is looked through whole before a row is read: one byte in its last line may prove what the rest means.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from intake.imports.errors import FileRefused

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "compressed with gzip"),
)
_WINDOWS = "cp1252"
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")  # no characters of windows-1252
_WESTERN = frozenset("áàâãäéèêëíìîïóòôõöúùûüçñýÿßœÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑŒ¿¡€£§©®°ªº·´«»“”„‘’‚–—…•™\xa0")
_NORDIC = frozenset("åæøÅÆØ")
_HIGH = re.compile(rb"[\x80-\xff]+")
_INSIDE_WORD = re.compile(rb"[A-Za-z][\xaa\xba\xbf\xa1\xb7\x80-\x90\x95-\x99\xa2-\xb6\xbb-\xbe][a-z]")
_MOST_SAMPLE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's bytes are read.

    `skip`: bytes of the mark before the text. `repairs`: bytes that are no UTF-8 stand alone and are read as
    windows-1252. `why` tells a person what proves it.
    """

    codec: str
    skip: int = 0
    repairs: bool = False
    why: str = ""

    @property
    def spoken(self) -> str:
        """Its name for people."""
        return {"cp1252": "windows-1252"}.get(self.codec, self.codec.upper())


def find_encoding(stream: BinaryIO, stated: str | None = None) -> Encoding:
    """How to read `stream`, which is read to its end. Raises FileRefused with what to say instead."""
    stream.seek(0)
    start = stream.read(4096)
    if not start:
        raise FileRefused("the file is empty: send one with a header and a row for each lead")
    _refuse_what_is_no_text(start)
    if stated is not None:
        return _stated(stated, start)
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return Encoding(codec, len(mark), repairs=codec == "utf-8", why="it begins with this mark")
    if b"\x00" in start:
        return _by_zero_bytes(start)
    stream.seek(0)
    return _judged(_survey(stream))


def _refuse_what_is_no_text(start: bytes) -> None:
    for magic, what in _NO_TEXT:
        if start.startswith(magic):
            raise FileRefused(f"the file is {what}: save it as CSV UTF-8 and send that")


def _stated(label: str, start: bytes) -> Encoding:
    try:
        codec = codecs.lookup(label.strip()).name
        "a".encode(codec)
    except (LookupError, ValueError):
        raise FileRefused(
            f"no encoding is called {label[:40]!r}: write for example utf-8, windows-1252, utf-16 or cp949"
        ) from None
    if codec in ("iso8859-1", "latin_1", "iso8859_1"):  # as the WHATWG Encoding Standard reads the label
        codec = _WINDOWS
    for mark, name in _MARKS:
        if start.startswith(mark) and name.startswith(codec.replace("-sig", "").removesuffix("_sig")):
            return Encoding(name, len(mark), repairs=name == "utf-8", why="stated")
    if codec in ("utf-16", "utf-32"):
        codec += "-le"
    return Encoding(codec, 0, repairs=codec == "utf-8", why="stated")


def _by_zero_bytes(start: bytes) -> Encoding:
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return Encoding("utf-16-le", why="every second byte is zero")
    if even > 0.4 * half and odd < 0.05 * half:
        return Encoding("utf-16-be", why="every second byte is zero")
    raise FileRefused("the file holds zero bytes and is no UTF-16: save it as CSV UTF-8 and send that")


@dataclass(slots=True)
class _Survey:
    """What the bytes above 127 are like."""

    is_ascii: bool = True
    good: int = 0
    bad: int = 0
    runs: int = 0
    bad_bytes: Counter[int] | None = None
    sample: bytes = b""
    inside_words: int = 0


def _survey(stream: BinaryIO) -> _Survey:
    found = _Survey(bad_bytes=Counter())
    rest = b""
    while True:
        chunk = stream.read(_CHUNK)
        if not chunk:
            if rest:
                _look_at(rest, found)
            return found
        if chunk.isascii() and not rest:
            continue
        whole = rest + chunk
        cut = whole.rfind(b"\n") + 1 or whole.rfind(b"\r") + 1 or len(whole)
        rest = whole[cut:]
        _look_at(whole[:cut], found)


def _look_at(part: bytes, found: _Survey) -> None:
    if part.isascii():
        return
    found.is_ascii = False
    for match in _HIGH.finditer(part):
        run = match.group()
        try:
            found.good += len(run.decode("utf-8"))
        except UnicodeDecodeError:
            found.bad += 1
            found.runs += len(run)
            assert found.bad_bytes is not None  # noqa: S101 - set by _survey
            found.bad_bytes.update(run)
            if len(found.sample) < _MOST_SAMPLE:
                found.sample += part[max(0, match.start() - 40) : match.end() + 40] + b"\n"
    found.inside_words += len(_INSIDE_WORD.findall(part))


def _judged(found: _Survey) -> Encoding:
    if found.bad == 0:
        why = "plain ASCII" if found.is_ascii else "all of it is valid UTF-8"
        return Encoding("utf-8", repairs=True, why=why)
    if found.good > 4 * found.bad or (found.good and _is_western(found)):
        why = f"UTF-8 but for {found.bad} places, which are read as windows-1252"
        return Encoding("utf-8", repairs=True, why=why)
    if found.good == 0 and _is_western(found):
        return Encoding(_WINDOWS, repairs=True, why=_proof(found))
    raise FileRefused(
        f"the file's encoding cannot be told for sure{_proposal(found.sample)}: say which it is with "
        "--encoding (encoding= over HTTP), or save the file as CSV UTF-8 and send that"
    )


def _is_western(found: _Survey) -> bool:
    assert found.bad_bytes is not None  # noqa: S101 - set by _survey
    if found.runs > 1.6 * found.bad or found.inside_words:
        return False
    if found.bad == 1 and found.runs == 1:
        return not _UNDEFINED & found.bad_bytes.keys()
    if _UNDEFINED & found.bad_bytes.keys():
        return False
    letters = {bytes((byte,)).decode(_WINDOWS) for byte in found.bad_bytes}
    if letters & _NORDIC and letters & set("íìýùèêÈÌ"):  # as Czech in windows-1250 looks
        return False
    return letters <= _WESTERN | _NORDIC


def _proof(found: _Survey) -> str:
    assert found.bad_bytes is not None  # noqa: S101 - set by _survey
    if any(0x80 <= byte <= 0x9F for byte in found.bad_bytes):
        return "curly quotes, the euro sign or the like prove windows-1252, not Latin-1"
    return "Western letters of one byte; windows-1252 and Latin-1 read them alike"


def _proposal(sample: bytes) -> str:
    best = from_bytes(sample).best()
    names = {best.encoding, *best.could_be_from_charset} if best is not None else set()
    for name in ("cp949", "cp932", "gb18030", "big5", "cp1251", "cp1250", "cp1253", "cp1254"):
        if name in names:
            return f"; it may be {name}"
    return ""
