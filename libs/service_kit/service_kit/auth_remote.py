"""Tokens in a service that keeps none: the router is asked whose each is (after RFC 7662)."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from service_kit.auth_principal import Principal, Role, known_scopes
from service_kit.logs import logger
from service_kit.problems import Problem
from service_kit.settings import ServiceSettings

_log = logger(__name__)
KEEP_SECONDS = 10.0
"""So long an answer that a token is good is believed: after it a revoked token opens nothing here."""
MOST_KEPT = 10_000
TIMEOUT_SECONDS = 5.0
CHECK, SIGHT = "/v1/tokens/check", "/v1/tokens/sight"


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    principal: Principal


class RouterDirectory:
    """Asks the router at `address`, through no proxy, and lets nobody in that it cannot ask about.

    `token` is what this service asks with: one that has `tokens:check`.
    """

    def __init__(self, address: str, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address, self._token, self._clock = address.rstrip("/"), token, clock
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._tls = httpx.create_ssl_context()  # takes 30 ms in which nothing else runs

    async def principal(self, token: str) -> Principal | None:
        """Whose token it is. Raises Problem 503 where the router cannot be asked."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        kept = self._kept.get(digest)
        if kept is not None and kept.until > self._clock():
            return kept.principal
        self._kept.pop(digest, None)
        asked_at = self._clock()
        told = await self._ask(CHECK, {"token": token})
        found = _principal(told)
        if found is not None:
            self._kept[digest] = _Kept(asked_at + KEEP_SECONDS, found)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    async def confine(self, principal: Principal, path: Mapping[str, str]) -> None:
        """Raises Problem for what this rep or team lead does not see; the router knows whose is what."""
        asked = {"role": principal.role, "subject": principal.subject, "named": path}
        told = await self._ask(SIGHT, asked)
        if told.get("sees") is not True:
            status = 403 if told.get("status") == 403 else 404
            raise Problem(status, str(told.get("title", "Not found")), str(told.get("detail", "")))

    async def _ask(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with httpx.AsyncClient(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=self._tls
            ) as client:
                answer = await client.post(f"{self._address}{path}", json=question, headers=headers)
            told = answer.raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            _log.warning("the router cannot be asked about tokens", error=_without_token(error))
            raise _unknown() from None
        if not isinstance(told, dict):
            raise _unknown()
        return told


def directory_of(settings: ServiceSettings) -> RouterDirectory | None:
    """The router of the settings; None where none is named or it cannot be asked: then no token is taken."""
    if not settings.router_url:
        return None
    token = settings.access_token.get_secret_value() or settings.operator_token.get_secret_value()
    if not token:
        _log.warning(
            "no tokens are taken here: BATON_ROUTER_URL needs BATON_ACCESS_TOKEN, made by "
            "`baton token create NAME --role machine --scope tokens:check`"
        )
        return None
    return RouterDirectory(settings.router_url, token)


def _principal(told: Mapping[str, Any]) -> Principal | None:
    """None unless the answer says that the token is good, in words that are known here."""
    if told.get("active") is not True:
        return None
    try:
        role, scopes = Role(told["role"]), known_scopes(told["scopes"])
        return Principal(role, str(told["subject"]), str(told["name"]), scopes)
    except (KeyError, ValueError, TypeError):
        return None


def _unknown() -> Problem:
    return Problem(
        503,
        "Tokens cannot be checked now",
        "the router does not say whose this token is: try again in a few seconds; BATON_ROUTER_URL and "
        "BATON_ACCESS_TOKEN of this service say how it is asked",
        headers={"Retry-After": "5"},
    )


def _without_token(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, httpx.HTTPError) else type(error).__name__
