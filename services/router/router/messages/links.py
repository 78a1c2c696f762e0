"""Links to act by: one act on one round, or on one decline that waits, signed.

They say nothing about the buyer or the rep.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from router.messages.kinds import DECISIONS, LinkAct

_VERSION = 1
_PURPOSE = b"baton action link"
_MARK_BYTES = 16
_ACTS = tuple(LinkAct)
CHARACTERS = 46
"""Length of a token: version, act, round and 128 bits of HMAC-SHA256, as base64url."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link does, and on which round or, for a decision, on which decline."""

    act: LinkAct
    subject: UUID


class Links:
    """Makes and reads links. One that is read is good only while its round is open: look that up."""

    def __init__(self, secret: str, base_url: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256) if secret else b""
        self._base_url = base_url.rstrip("/")

    @property
    def are_made(self) -> bool:
        """Whether messages carry links: a secret and a public address are set."""
        return bool(self._key and self._base_url)

    def token(self, link: Link) -> str:
        """The signed part of a link's address."""
        body = bytes((_VERSION, _ACTS.index(link.act))) + link.subject.bytes
        return urlsafe_b64encode(body + self._mark(body)).rstrip(b"=").decode()

    def read(self, token: str) -> Link | None:
        """What a token asks for; None when it is not one of ours."""
        if not self._key or len(token) != CHARACTERS or not token.isascii():
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (NotBase64, ValueError):
            return None
        body, mark = raw[:-_MARK_BYTES], raw[-_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(body)) or body[0] != _VERSION or body[1] >= len(_ACTS):
            return None
        return Link(_ACTS[body[1]], UUID(bytes=body[2:]))

    def of_round(self, round_: UUID) -> Mapping[LinkAct, str]:
        """An address for each act on a round; none where links are not made."""
        return self._addresses((act for act in LinkAct if act not in DECISIONS), round_)

    def of_decline(self, asked: UUID) -> Mapping[LinkAct, str]:
        """An address for each word on a decline that waits; none where links are not made."""
        return self._addresses((act for act in LinkAct if act in DECISIONS), asked)

    def _addresses(self, acts: Iterable[LinkAct], subject: UUID) -> Mapping[LinkAct, str]:
        if not self.are_made:
            return {}
        return {act: f"{self._base_url}/act/{self.token(Link(act, subject))}" for act in acts}

    def _mark(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MARK_BYTES]
