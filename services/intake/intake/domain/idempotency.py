"""The Idempotency-Key header. Source: draft-ietf-httpapi-idempotency-key-header-07, section 2."""

from collections import OrderedDict

from intake.domain.refusals import unacceptable, unreadable

MAX_LENGTH = 255
_HEADER = "Idempotency-Key"


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
    if not all(0x21 <= byte <= 0x7E for byte in key):
        raise _malformed("holds spaces or characters outside visible ASCII: send a UUID")
    return key.decode("ascii")


class RecentKeys:
    """The fingerprints that keys were last seen with, the newest `size` of them.

    A convenience for the caller only: across instances scoring decides, by submission id.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: OrderedDict[tuple[str, str], str] = OrderedDict()

    def check(self, form_id: str, key: str, fingerprint: str) -> None:
        """Raises Refusal (422) when `key` came with other fields before."""
        seen = self._seen.get((form_id, key))
        if seen is not None and seen != fingerprint:
            raise unacceptable(
                f"{_HEADER} was already used with other fields: send a new key for a new submission",
                field=_HEADER,
            )

    def remember(self, form_id: str, key: str, fingerprint: str) -> None:
        """Keep what an accepted submission carried; the oldest key is forgotten beyond `size`."""
        self._seen[form_id, key] = fingerprint
        self._seen.move_to_end((form_id, key))
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)


def _malformed(what: str) -> Exception:
    return unreadable(f"{_HEADER} {what}", field=_HEADER)
