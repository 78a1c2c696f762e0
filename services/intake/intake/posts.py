"""What came over HTTP, as the stages of intake see it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Posted(NamedTuple):
    """One post as it came over HTTP.

    `keys`: the values of its Idempotency-Key headers; `address`: who is at the other end, as far as trusted
    proxies say; `headers`: by name in lower case; `query`: what follows `?`, as sent.
    """

    form_key: str
    content_type: bytes
    body: bytes
    keys: list[bytes]
    address: str = ""
    headers: Mapping[bytes, bytes] = MappingProxyType({})
    query: bytes = b""
