"""The Idempotency-Key header. Source: draft-ietf-httpapi-idempotency-key-header-07, section 2."""

import re
from collections import OrderedDict
from enum import StrEnum

from intake.domain.refusals import Fault, Refusal, unacceptable, unreadable

MAX_LENGTH = 255
_HEADER = "Idempotency-Key"
_VISIBLE = re.compile(rb"[!-~]+")


def read_key(values: list[bytes]) -> str | None:
    """The key that the header's `values` carry, quoted or bare; None without the header.

    Raises Refusal (400): several headers, empty, longer than 255, or anything but visible ASCII.
    """
    if not values:
        return None
    if len(values) > 1:
        raise _malformed("comes more than once: send one")
    key = values[0].strip(b" \t")
    if len(key) >= 2 and key[:1] == key[-1:] == b'"':
        key = key[1:-1]
    if not key:
        raise _malformed("is empty: send 1 to 255 visible ASCII characters, such as a UUID, or leave it out")
    if len(key) > MAX_LENGTH:
        raise _malformed(f"is longer than {MAX_LENGTH} characters: send a UUID")
    if not _VISIBLE.fullmatch(key):
        raise _malformed("holds spaces or characters outside visible ASCII: send a UUID")
    return key.decode("ascii")


class KeyUse(StrEnum):
    """What a key was seen with before."""

    FIRST = "first"
    SAME = "same"  # as these fields: a retry
    OTHER = "other"  # with other fields
    CONSTANT = "constant"  # with so many others that its sender sends the same key always


MOST_OTHERS = 3
"""Submissions under one key, beside its first, that are told so; after them it is a constant."""


class RecentKeys:
    """The fingerprints that keys were seen with, of the newest `size` keys.

    A convenience for the caller only: across instances scoring decides, by submission id. A key counts as
    seen once a submission under it is durable. What comes under one key while none is yet is taken, and
    scoring's to judge: refused for one that may still end in 503, it would have that one's retry refused.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()

    def use(self, form_id: str, key: str, fingerprint: str) -> KeyUse:
        """How `key` stands to what came under it before."""
        seen = self._seen.get((form_id, key))
        if seen is None:
            return KeyUse.FIRST
        if seen[0] == fingerprint:
            return KeyUse.SAME
        told = seen[1 : MOST_OTHERS + 1]
        return KeyUse.OTHER if fingerprint in told or len(told) < MOST_OTHERS else KeyUse.CONSTANT

    def remember(self, form_id: str, key: str, fingerprint: str) -> None:
        """Keep what a durable submission carried; the oldest key is forgotten beyond `size`."""
        seen = self._seen.get((form_id, key), ())
        if fingerprint not in seen and len(seen) <= MOST_OTHERS:
            seen = (*seen, fingerprint)
        self._seen[form_id, key] = seen
        self._seen.move_to_end((form_id, key))
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)


def reused() -> Refusal:
    """422 for a key that came with other fields before. What came now is kept all the same."""
    return unacceptable(
        f"{_HEADER} was already used with other fields: send a new key for each submission. What you sent "
        "now is kept for a person to look at, so nothing is lost",
        field=_HEADER,
        fault=Fault.KEPT,
    )


def _malformed(what: str) -> Exception:
    return unreadable(f"{_HEADER} {what}", field=_HEADER, fault=Fault.PAGE)
