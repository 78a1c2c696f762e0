"""Which bytes mean which text. Labels as in the WHATWG Encoding Standard, where latin-1 is windows-1252."""

import codecs
import encodings
from encodings.aliases import aliases
from functools import lru_cache
from pkgutil import iter_modules

from intake.domain.refusals import Fault, unreadable, unsupported
from intake.domain.text import plain, shown

UTF_8 = "utf-8"
_LATIN = "cp1252"
_LATIN_LABELS = frozenset(
    {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii", "windows-1252", "cp1252"}
)
_TEXT_ONLY = ["utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined"]
_MAX_LABEL = 40


def codec_of(label: str) -> str:
    """The Python codec for a charset label from a header or `_charset_`.

    Raises Refusal (415) for a label that names no character set.
    """
    name = label.strip().strip('"').lower()
    if name in ("utf-8", "utf8", ""):
        return UTF_8
    if name in _LATIN_LABELS:
        return _LATIN
    found = _looked_up(name) if len(name) <= _MAX_LABEL and name.isascii() else None
    if (
        found is None
        or not getattr(found, "_is_text_encoding", True)
        or found.name.replace("-", "_") in {each.replace("-", "_") for each in _TEXT_ONLY}
    ):
        raise unsupported(f"no character set is called {shown(name)}: send UTF-8 and say charset=utf-8")
    return found.name


def _looked_up(name: str) -> codecs.CodecInfo | None:
    """The codec of that name. Python remembers for good every name that it is asked for, known or not: it is
    asked for those only that it knows."""
    plain_name = encodings.normalize_encoding(name)
    if plain_name not in _known():
        return None
    try:
        return codecs.lookup(plain_name)
    except (LookupError, ValueError):
        return None


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(aliases) | {module.name for module in iter_modules(encodings.__path__)}


def to_text(raw: bytes, codec: str, field: str) -> str:
    """`raw` read as `codec`, strictly.

    Raises Refusal (400) naming the field for bytes that the charset does not have, and for UTF-8 sent under a
    Latin label: the label is wrong, and reading by it would store two wrong letters for each right one.
    """
    if raw.isascii() and codec in (UTF_8, _LATIN):
        return raw.decode("ascii")
    if codec == _LATIN and _is_utf8(raw):
        raise unreadable(
            f"field {shown(field)} is UTF-8 but declared as windows-1252 or iso-8859-1: say charset=utf-8",
            field=plain(field),
            fault=Fault.PAGE,
        )
    try:
        return raw.decode(codec)
    except UnicodeError as error:
        raise unreadable(
            f"field {shown(field)} is not valid {codec}: send UTF-8, or name the right charset in the "
            "Content-Type header or in a field _charset_",
            field=plain(field),
            fault=Fault.PAGE,
        ) from error


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True
