"""Proofs that a person fills in the form: one interface, one provider."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import httpx
import orjson

from rulebook.models.forms import Captcha
from service_kit.logs import logger
from service_kit.secrets import SecretMissing, Secrets

_log = logger(__name__)
SECONDS = 2.0
"""At most, for the whole answer; then the submission waits in quarantine instead."""
_URL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
_LONGEST = 2048
_OURS = frozenset({"missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"})
"""Error codes that say nothing about the visitor."""


class Proven(StrEnum):
    """What the provider says."""

    PERSON = "person"
    FAILED = "failed"  # no proof, a bad or a used one
    UNAVAILABLE = "unavailable"  # no answer in time, or one that is no verdict


class Provider(Protocol):
    """Asks whether a proof is good."""

    async def verify(
        self, captcha: Captcha, proof: str | None, address: str, submission: UUID, within: float
    ) -> Proven:
        """Never raises: whatever goes wrong is `UNAVAILABLE`, also no answer `within` so many seconds."""


class Turnstile:
    """Cloudflare Turnstile.

    Source: Cloudflare, "Validate the token": a proof is at most 2048 characters, good for five minutes and
    once; asked again with the same idempotency_key it is answered as before, so a retry of a submission whose
    first attempt could not be stored passes.
    """

    def __init__(self, secrets: Secrets, client: Callable[[], httpx.AsyncClient]) -> None:
        self._secrets = secrets
        self._new_client = client
        self._client: httpx.AsyncClient | None = None

    async def verify(
        self, captcha: Captcha, proof: str | None, address: str, submission: UUID, within: float
    ) -> Proven:
        """Ask siteverify."""
        if not proof or len(proof) > _LONGEST:
            return Proven.FAILED
        try:
            secret = self._secrets.one(captcha.secret)
            async with asyncio.timeout(min(SECONDS, within)):
                answer = await self._post(captcha.verify_url or _URL, secret, proof, address, submission)
            return _verdict(answer)
        except SecretMissing as error:
            _log.error("captcha cannot be checked: suspects wait in quarantine", why=str(error))
        except (TimeoutError, httpx.HTTPError, OSError, ValueError) as error:
            _log.warning("the captcha's provider does not answer", error=type(error).__name__)
        return Proven.UNAVAILABLE

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _post(
        self, url: str, secret: str, proof: str, address: str, submission: UUID
    ) -> httpx.Response:
        self._client = self._client or self._new_client()
        asked = {"secret": secret, "response": proof, "idempotency_key": str(submission)}
        return await self._client.post(url, data=asked | ({"remoteip": address} if address else {}))


def _verdict(answer: httpx.Response) -> Proven:
    told = orjson.loads(answer.content)
    if answer.status_code >= 500 or not isinstance(told, dict):
        return Proven.UNAVAILABLE
    if told.get("success") is True:
        return Proven.PERSON
    codes = {str(each) for each in told.get("error-codes") or ()}
    return Proven.UNAVAILABLE if not codes or codes & _OURS else Proven.FAILED
