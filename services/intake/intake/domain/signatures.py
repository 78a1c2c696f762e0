"""Each vendor's way to prove itself, over the bytes as they came. Pure; every comparison takes constant time.

Signatures are compared as the text that came: one that decodes to the same bytes in another spelling is not
the vendor's.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

Named = Mapping[bytes, bytes]


class Proof(StrEnum):
    """What came of a check."""

    GOOD = "good"
    MISSING = "missing"  # the header, or the value in the body, did not come
    MALFORMED = "malformed"  # it came and is not of the scheme's form
    STALE = "stale"  # signed too long ago, or later than now
    WRONG = "wrong"  # it does not belong to these bytes and this secret
    UNUSABLE = "unusable"  # nothing can be checked here: no secret, or one that the scheme cannot use


class SecretUnusable(ValueError):
    """The secret is not of the form that its scheme needs: give another value."""


class Request(NamedTuple):
    """What is signed. `uri`: the address as the vendor knows it; `now`, `tolerance`: judge signed times."""

    headers: Named
    body: bytes
    uri: str
    now: datetime
    tolerance: timedelta


Check = Callable[[Request, Sequence[str]], Proof]

_DIGITS = re.compile(rb"[0-9]{1,15}")
_MESSAGE_ID = re.compile(rb"[!-\-/-~]{1,256}")
"""Visible ASCII without the full stop, which divides what is signed."""


def require_usable(scheme: str, secrets: Sequence[str]) -> None:
    """Raises SecretUnusable for a secret that the scheme can check nothing by."""
    if scheme == "standard_webhooks":
        for each in secrets:
            _webhook_key(each)


def matches(sent: bytes, expected: Iterable[bytes]) -> bool:
    """Whether `sent` is one of `expected`; all are compared, each in constant time."""
    found = False
    for each in expected:
        found |= hmac.compare_digest(sent, each)
    return found


def standard_webhooks(request: Request, secrets: Sequence[str]) -> Proof:
    """HMAC-SHA256 in base64 over `id.timestamp.body`; several signatures may come, one good one is enough.

    Source: Standard Webhooks 1.0, "Signature scheme" and "Verifying webhook authenticity".
    """
    identity = request.headers.get(b"webhook-id", b"")
    timestamp = request.headers.get(b"webhook-timestamp", b"")
    signatures = request.headers.get(b"webhook-signature", b"")
    if not (identity and timestamp and signatures):
        return Proof.MISSING
    if not _MESSAGE_ID.fullmatch(identity) or not _DIGITS.fullmatch(timestamp):
        return Proof.MALFORMED
    if not _is_fresh(int(timestamp), request):
        return Proof.STALE
    signed = b".".join((identity, timestamp, request.body))
    good = [b"v1," + base64.b64encode(_mac(_webhook_key(each), signed)) for each in secrets]
    found = False
    for each in signatures.split(b" ")[:16]:
        found |= matches(each, good)
    return Proof.GOOD if found else Proof.WRONG


def typeform(request: Request, secrets: Sequence[str]) -> Proof:
    """`sha256=` and HMAC-SHA256 in base64 over the body. No time is signed.

    Source: Typeform developer documentation, "Secure your webhooks".
    """
    good = (b"sha256=" + base64.b64encode(_mac(each.encode(), request.body)) for each in secrets)
    return _one_header(request, b"typeform-signature", good)


def meta(request: Request, secrets: Sequence[str]) -> Proof:
    """`sha256=` and HMAC-SHA256 in hex over the body, keyed with the app's secret. No time is signed.

    Source: Meta Graph API documentation, "Webhooks: validating payloads".
    """
    good = (b"sha256=" + _hex(_mac(each.encode(), request.body)) for each in secrets)
    return _one_header(request, b"x-hub-signature-256", good)


def linkedin(request: Request, secrets: Sequence[str]) -> Proof:
    """HMAC-SHA256 in hex over `hmacsha256=` and the body, keyed with the app's client secret.

    Source: LinkedIn API documentation, "Webhooks". The prefix is signed and is no part of the header; some
    senders write it there too, so both are read. No time is signed.
    """
    good = [_hex(_mac(each.encode(), b"hmacsha256=" + request.body)) for each in secrets]
    return _one_header(request, b"x-li-signature", [*good, *(b"hmacsha256=" + each for each in good)])


def hubspot_v3(request: Request, secrets: Sequence[str]) -> Proof:
    """HMAC-SHA256 in base64 over method, address, body and time in milliseconds.

    Source: HubSpot developer documentation, "Validating requests", version 3.
    """
    signature = request.headers.get(b"x-hubspot-signature-v3", b"")
    timestamp = request.headers.get(b"x-hubspot-request-timestamp", b"")
    if not (signature and timestamp):
        return Proof.MISSING
    if not _DIGITS.fullmatch(timestamp):
        return Proof.MALFORMED
    if not _is_fresh(int(timestamp) / 1000, request):
        return Proof.STALE
    signed = b"".join((b"POST", hubspot_uri(request.uri).encode(), request.body, timestamp))
    good = [base64.b64encode(_mac(each.encode(), signed)) for each in secrets]
    return Proof.GOOD if matches(signature, good) else Proof.WRONG


def hubspot_uri(uri: str) -> str:
    """The address as HubSpot signs it: these escapes are undone and no others (its "Validating requests")."""
    return _HUBSPOT_ESCAPES.sub(lambda found: _HUBSPOT_PLAIN[found[0].upper()], uri)


_HUBSPOT_PLAIN = {f"%{ord(each):02X}": each for each in ":/?@!$'()*,;"}
_HUBSPOT_ESCAPES = re.compile("|".join(_HUBSPOT_PLAIN), re.IGNORECASE)

SIGNATURES: Mapping[str, Check] = MappingProxyType(
    {
        "standard_webhooks": standard_webhooks,
        "typeform": typeform,
        "meta": meta,
        "linkedin": linkedin,
        "hubspot_v3": hubspot_v3,
    }
)
"""Schemes that sign the bytes."""
SCHEMES = (*SIGNATURES, "google_key", "shared_secret")
HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "standard_webhooks": ("webhook-id", "webhook-timestamp", "webhook-signature"),
        "typeform": ("Typeform-Signature",),
        "meta": ("X-Hub-Signature-256",),
        "linkedin": ("X-LI-Signature",),
        "hubspot_v3": ("X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"),
    }
)
"""As the vendors write them; they are looked up in lower case."""


def _one_header(request: Request, name: bytes, good: Iterable[bytes]) -> Proof:
    sent = request.headers.get(name, b"")
    if not sent:
        return Proof.MISSING
    return Proof.GOOD if matches(sent, good) else Proof.WRONG


def _is_fresh(signed_at: float, request: Request) -> bool:
    return abs(request.now.timestamp() - signed_at) <= request.tolerance.total_seconds()


@lru_cache(maxsize=256)
def _webhook_key(secret: str) -> bytes:
    """The bytes behind a `whsec_` secret. Raises SecretUnusable."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnusable("write it as whsec_ and base64, as the vendor shows it") from None
    if not key:
        raise SecretUnusable("it is empty behind whsec_")
    return key


def _mac(key: bytes, signed: bytes) -> bytes:
    mac = _keyed(key).copy()
    mac.update(signed)
    return mac.digest()


@lru_cache(maxsize=256)
def _keyed(key: bytes) -> hmac.HMAC:
    """A MAC that has read its key only: to set one up takes longer than all the rest of a short body."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _hex(mac: bytes) -> bytes:
    return mac.hex().encode()
