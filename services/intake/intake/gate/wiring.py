"""The gate of one intake process, built from its settings."""

import asyncio
import secrets as randomness

import httpx

from intake.gate.captcha import SECONDS, Turnstile
from intake.gate.gate import Gate
from intake.gate.proxies import Proxies
from intake.gate.tokens import FormTokens
from intake.settings import IntakeSettings
from rulebook.mail_domains import is_disposable
from service_kit.clock import Clock
from service_kit.secrets import Secrets

_MOST_CONNECTIONS = 20


class Guard:
    """The gate and what it is made of; a part, as it has connections to let go of in the end."""

    name = "gate"

    def __init__(self, settings: IntakeSettings, secrets: Secrets, clock: Clock) -> None:
        given = settings.form_token_secret.get_secret_value().encode()
        self.tokens = FormTokens(given or randomness.token_bytes(32))
        self.proxies = Proxies(settings.proxy_networks, settings.forwarded_header)
        self._captcha = Turnstile(secrets, _client)
        self.gate = Gate(clock, self.tokens, self._captcha, is_disposable=is_disposable)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Wait for the end, and close what is open."""
        await self._stopped.wait()
        await self._captcha.close()

    def stop(self) -> None:
        """Ask it to end."""
        self._stopped.set()

    def not_ready(self) -> str | None:
        """Always ready: a provider that does not answer is no reason to take no leads."""
        return None


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
    return httpx.AsyncClient(timeout=SECONDS, limits=limits, follow_redirects=False)
