"""What a server of tokens gave last, kept so that the next process and the next start go on with it.

A refresh token may change with every use, and the old one is worth nothing then (RFC 6749, 6; RFC 9700,
4.14). So one process asks at a time, and what it gets is kept before it is used. It is sealed by AES-256-GCM
with a key that HKDF-SHA256 (RFC 5869) makes of the client's secret: whoever reads the database alone can do
nothing with it, and no further secret is needed.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from delivery import store
from service_kit.postgres import Database

TURN = timedelta(minutes=1)
"""Longer than one question takes: who died while asking holds up the others for so long."""
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for tokens, and where."""

    token_url: str
    id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """`given`: digest of the refresh token that the deployment gave; once that is another one, it counts."""

    given: str
    refresh: str
    access: str
    ends_at: datetime


class Keeper(Protocol):
    """Keeps what a client was given last, and lets one process ask at a time."""

    async def take(self, client: Client) -> tuple[bytes | None] | None:
        """What is kept, sealed, and the turn to ask; None: another process has it."""

    async def keep(self, client: Client, sealed: bytes | None) -> None:
        """Keep what was given (None: nothing was), and give back the turn."""


class TokenStore:
    """A keeper in the schema of the service that sends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, client: Client) -> tuple[bytes | None] | None:
        """In a transaction of its own: nothing is held while a server is asked."""
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            return await store.take_token(conn, client.token_url, client.id, now + TURN, now)

    async def keep(self, client: Client, sealed: bytes | None) -> None:
        """On disk before it returns."""
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            await store.keep_token(conn, client.token_url, client.id, sealed, now)


def digest_of(refresh_token: str) -> str:
    """By which a refresh token is known again."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def seal(kept: Kept, client: Client, secret: str) -> bytes:
    """For the database."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(secret).encrypt(nonce, orjson.dumps(asdict(kept)), _bound_to(client))


def unseal(sealed: bytes | None, client: Client, secrets: Sequence[str]) -> Kept | None:
    """What was sealed with one of these secrets of the client; None: nothing, or with another one."""
    if sealed is None:
        return None
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    for secret in secrets:
        try:
            found = orjson.loads(_cipher(secret).decrypt(nonce, rest, _bound_to(client)))
        except (InvalidTag, ValueError):
            continue
        return Kept(**{**found, "ends_at": datetime.fromisoformat(found["ends_at"])})
    return None


def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"baton kept tokens").derive(secret.encode()))


def _bound_to(client: Client) -> bytes:
    """So that a row of another client is none of this one."""
    return f"{client.token_url}\n{client.id}".encode()
