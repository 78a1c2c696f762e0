"""Signatures by Standard Webhooks: HMAC-SHA256 over id, time and body, version `v1`.

Source: the Standard Webhooks specification, "Verifying signatures" and "Signature scheme"
(github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}")


class SecretUnusable(ValueError):
    """The secret is no base64: write whsec_ and the base64 of 24 to 64 random bytes (openssl rand -base64
    32)."""


def signed_headers(id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:  # noqa: A002
    """The three headers of a webhook, signed with every secret that is good now, so that a receiver may
    change over at leisure. Raises SecretUnusable.
    """
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(signature(id, seconds, body, secret) for secret in secrets),
    }


def signature(id: str, seconds: str, body: bytes, secret: str) -> str:  # noqa: A002
    """One signature as it stands in the header. Raises SecretUnusable."""
    signed = hmac.digest(_key(secret), f"{id}.{seconds}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


TOLERANCE = timedelta(minutes=5)
"""How far the time of a message may be from ours: what is older may be somebody's repeat."""


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether a message that came to us is signed with one of these secrets, and of now.

    `headers` by names in lower case. Raises SecretUnusable.
    """
    identity, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")[:16]
    if not identity or not _SECONDS.fullmatch(seconds):
        return False
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        return False
    found = False
    for secret in secrets:
        good = signature(identity, seconds, body, secret).encode()
        for each in given:  # all are compared, each in constant time
            found |= hmac.compare_digest(each.encode(), good)
    return found


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise SecretUnusable(
            "the secret is no base64: write whsec_ and the base64 of 24 to 64 random bytes, as "
            "`openssl rand -base64 32` prints it"
        )
    return key
