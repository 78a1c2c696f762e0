"""Whether a webhook comes from the CRM it says. Pure.

HubSpot's version 3: base64 of HMAC-SHA256, by the app's client secret, over method, address as called, body
and X-HubSpot-Request-Timestamp in milliseconds, no older than five minutes (HubSpot, "Validating requests").
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from delivery.signing import TOLERANCE, SecretUnusable, is_signed
from rulebook.models import CrmSignature

_MILLISECONDS = re.compile(r"[0-9]{1,15}")


def is_from_crm(
    signature: CrmSignature,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
) -> bool:
    """`headers` by names in lower case. Every secret that is good now is compared, in constant time."""
    match signature.scheme:
        case "hubspot_v3":
            return _is_hubspot(signature.url or "", headers, body, secrets, now)
        case "standard_webhooks":
            try:
                return is_signed(headers, body, secrets, now)
            except SecretUnusable:
                return False
        case "hmac_sha256":
            given = headers.get((signature.header or "X-Signature").lower(), "").strip()
            return _is_any(
                given.removeprefix("sha256="), [each for s in secrets for each in _digests(s, body)]
            )
        case "token":
            return _is_any(_token(signature, headers, query), secrets)


def _is_hubspot(
    url: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> bool:
    at = headers.get("x-hubspot-request-timestamp", "")
    if not _MILLISECONDS.fullmatch(at) or abs(now.timestamp() - int(at) / 1000) > TOLERANCE.total_seconds():
        return False
    signed = b"POST" + url.encode() + body + at.encode()
    good = [
        base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode() for secret in secrets
    ]
    return _is_any(headers.get("x-hubspot-signature-v3", ""), good)


def _digests(secret: str, body: bytes) -> list[str]:
    """As hexadecimal digits and as base64, both of which are in use."""
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return [digest.hex(), base64.b64encode(digest).decode()]


def _token(signature: CrmSignature, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    if signature.query is not None:
        return query.get(signature.query, "")
    if signature.header is not None:
        return headers.get(signature.header.lower(), "")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_any(given: str, good: Sequence[str]) -> bool:
    found = False
    for each in good:
        found |= hmac.compare_digest(given.encode("utf-8", "replace"), each.encode())
    return found and bool(given)
