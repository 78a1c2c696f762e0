"""People by the company's own sign-in: JWTs of an OpenID Connect provider (OIDC Core 1.0, RFC 8725)."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from service_kit.auth_principal import Role
from service_kit.logs import logger

_log = logger(__name__)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only those by key pair: never none, never a shared secret."""
LEEWAY_SECONDS = 60
REFETCH_SECONDS = 60.0
"""Least distance between two fetches, however many unknown keys are named."""
KEEP_SECONDS = 3600.0
"""So old known keys are fetched anew; while the provider is down they stay good."""
TIMEOUT_SECONDS = 5.0
_BY_POWER = (Role.OPERATOR, Role.MANAGER, Role.TEAM_LEAD, Role.REP)


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose tokens are taken, and what makes a role. `audiences`: one of them must be named."""

    issuer: str
    audiences: tuple[str, ...]
    role_claim: str
    roles: Mapping[str, Role]


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in. `email` only where the provider has verified it."""

    role: Role
    subject: str
    email: str | None


class Oidc:
    """Checks tokens by the provider's published keys, which it keeps. Time is given: `now` in UTC."""

    def __init__(
        self, provider: Provider, *, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._provider = provider
        self._now, self._monotonic = now, monotonic
        self._keys: dict[str | None, Mapping[str, Any]] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._fetching = asyncio.Lock()

    async def person(self, token: str) -> Person | None:
        """Who signed in; None for a token that is not good, whatever is wrong with it."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header.get("kid"), header.get("alg"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._provider.audiences,
                issuer=self._provider.issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return _person(claims, self._provider) if self._is_now(claims) else None

    def _is_now(self, claims: Mapping[str, Any]) -> bool:
        """By our clock, with some leeway for theirs."""
        now = self._now().timestamp()
        times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
        if any(isinstance(at, bool) or not isinstance(at, int | float) for at in times.values()):
            return False
        begins = max(times.get("nbf", now), times.get("iat", now))
        return bool(times["exp"] + LEEWAY_SECONDS > now and begins - LEEWAY_SECONDS <= now)

    async def _key(self, kid: str | None, algorithm: object) -> jwt.PyJWK | None:
        """The provider's key of this name, for the algorithm that the token names where the key names none.

        Whoever comes while keys are being fetched waits for them: a good token is not refused for it.
        """
        if algorithm not in ALGORITHMS:
            return None
        if kid not in self._keys or self._is_old():
            async with self._fetching:
                if self._wants_keys(kid):
                    await self._fetch()
        published = self._keys.get(kid)
        if published is None:
            return None
        return jwt.PyJWK(dict(published), algorithm=published.get("alg") or str(algorithm))

    def _is_old(self) -> bool:
        return self._fetched is None or self._monotonic() - self._fetched >= KEEP_SECONDS

    def _wants_keys(self, kid: str | None) -> bool:
        now = self._monotonic()
        if self._tried is not None and now - self._tried < REFETCH_SECONDS:
            return False
        return kid not in self._keys or self._is_old()

    async def _fetch(self) -> None:
        self._tried = self._monotonic()
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                found = await _published(client, self._provider.issuer)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            _log.warning("keys of the OIDC provider cannot be read", error=str(error))
            return
        self._keys, self._fetched = found, self._tried


async def _published(client: httpx.AsyncClient, issuer: str) -> dict[str | None, Mapping[str, Any]]:
    told = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    document = told.raise_for_status().json()
    if document["issuer"] != issuer:
        raise ValueError(f"the document is of {document['issuer']!r}: set BATON_OIDC_ISSUER to just that")
    address = str(document["jwks_uri"])
    if not is_safe(address):
        raise ValueError(f"keys at {address!r} are not fetched: https is needed")
    listed = (await client.get(address)).raise_for_status().json()
    keys = [each for each in listed["keys"] if _may_sign(each)]
    if not keys:
        raise ValueError("none of its keys can check a signature")
    return {each.get("kid"): each for each in keys}


def _may_sign(key: Mapping[str, Any]) -> bool:
    """Whether it is a public key for signatures, of a kind that is known here."""
    if key.get("kty") == "oct" or key.get("use") not in (None, "sig"):
        return False
    try:
        jwt.PyJWK(dict(key))
    except jwt.PyJWTError:
        return False
    return True


def is_safe(address: str) -> bool:
    """Whether keys may be fetched there: by https, or from this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    )


def _person(claims: Mapping[str, Any], provider: Provider) -> Person | None:
    audiences = claims["aud"]
    if isinstance(audiences, list) and len(audiences) > 1 and claims.get("azp") not in provider.audiences:
        return None
    said = claims.get(provider.role_claim)
    role = _role([said] if isinstance(said, str) else said, provider.roles)
    if role is None:
        return None
    email = claims.get("email") if claims.get("email_verified") is True else None
    return Person(role, str(claims["sub"]), email if isinstance(email, str) else None)


def _role(said: object, roles: Mapping[str, Role]) -> Role | None:
    """The one that may most, of all that were said."""
    values: Collection[Any] = said if isinstance(said, list) else ()
    found = {roles[value] for value in values if isinstance(value, str) and value in roles}
    return next((role for role in _BY_POWER if role in found), None)
