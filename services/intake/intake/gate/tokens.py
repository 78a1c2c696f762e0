"""Fill tokens: when a page was opened, in a form that the page cannot change.

A token is the time and a number used for counting, and their HMAC-SHA256 under the server's secret and the
form's key: good for one form, in every process that has the same secret.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

from intake.domain.generations import Generations
from intake.domain.suspicion import Filled

LIFETIME = timedelta(hours=24)
"""A page that was open longer has a token that says nothing; its visitor is not punished for it."""
_TIME_BYTES, _NONCE_BYTES, _MAC_BYTES = 6, 9, 15
_LENGTH = _TIME_BYTES + _NONCE_BYTES + _MAC_BYTES
_TEXT_LENGTH = _LENGTH * 4 // 3
_MOST_TOKENS = 50_000


class FormTokens:
    """Gives out fill tokens and reads them. Uses are counted in this process only."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._uses: Generations[bytes, int] = Generations(_MOST_TOKENS)

    def give(self, form_key: str, now: datetime, nonce: bytes) -> str:
        """A token for a page that is opened `now`; `nonce` is nine random bytes."""
        signed = _milliseconds(now).to_bytes(_TIME_BYTES, "big") + nonce
        return base64.urlsafe_b64encode(signed + self._mac(form_key, signed)).decode("ascii")

    def read(self, form_key: str, token: str | None, now: datetime) -> Filled | None:
        """How long ago it was given and how often used; None for one that says nothing: absent, of another
        form or another secret, mangled, or older than its lifetime."""
        signed = self._signed(form_key, token)
        if signed is None:
            return None
        seconds = (_milliseconds(now) - int.from_bytes(signed[:_TIME_BYTES], "big")) / 1000
        if seconds > LIFETIME.total_seconds():
            return None
        return Filled(max(0.0, seconds), self._uses.get(signed) or 0)

    def use(self, form_key: str, token: str | None) -> None:
        """Count one submission that came with it."""
        signed = self._signed(form_key, token)
        if signed is not None:
            self._uses.put(signed, (self._uses.get(signed) or 0) + 1)

    def _signed(self, form_key: str, token: str | None) -> bytes | None:
        if token is None or len(token) != _TEXT_LENGTH:
            return None
        try:
            raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signed, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        return signed if hmac.compare_digest(mac, self._mac(form_key, signed)) else None

    def _mac(self, form_key: str, signed: bytes) -> bytes:
        message = form_key.encode() + b"\x00" + signed
        return hmac.digest(self._secret, message, hashlib.sha256)[:_MAC_BYTES]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
