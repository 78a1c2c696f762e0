"""Every other service by Apprise: one URL that says what and where, kept as a secret."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import apprise

from delivery.addresses import AddressRefused, AddressUnknown, Allowed, Resolver, SystemResolver, pin
from delivery.message import Message, Outcome, Result
from service_kit.secrets import SecretMissing, Secrets

ATTEMPT_SECONDS = 30.0
OF_THIS_MACHINE = frozenset(
    {"dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "syslog", "rsyslog", "exec", "script", "file"}
)
"""Services of Apprise that speak to the machine itself instead of to a person."""


class Others:
    """Carries messages by Apprise. It blocks, so each attempt has a thread of its own.

    Apprise opens the connection itself, so an address is judged before and not pinned: a name that changes
    its address in between is not caught. The URL is the operator's own secret, never a lead's or a rep's.
    """

    def __init__(
        self,
        secrets: Secrets,
        *,
        allowed: Allowed | None = None,
        resolver: Resolver | None = None,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._secrets = secrets
        self._allowed = allowed or Allowed()
        self._resolver = resolver or SystemResolver()
        self._attempt_seconds = attempt_seconds

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt; of what went wrong Apprise says no more than that it did."""
        try:
            url = self._secrets.one(message.target.secret)
        except SecretMissing as error:
            return Result(Outcome.MISCONFIGURED, str(error))
        scheme = url.partition("://")[0].lower()
        if scheme in OF_THIS_MACHINE:
            return Result(
                Outcome.REFUSED_ADDRESS, f"{scheme}:// speaks to this machine; name a service of people"
            )
        service = await asyncio.to_thread(_service_of, url)
        if not isinstance(service, apprise.NotifyBase):
            return Result(
                Outcome.MISCONFIGURED, f"the secret {message.target.secret!r} holds no URL that Apprise knows"
            )
        try:
            async with asyncio.timeout(self._attempt_seconds):
                await self._judge(service)
                sent = await asyncio.to_thread(
                    service.notify,
                    body=message.text,
                    title=message.subject,
                    body_format=apprise.NotifyFormat.TEXT,
                )
        except AddressRefused as error:
            return Result(Outcome.REFUSED_ADDRESS, str(error))
        except AddressUnknown as error:
            return Result(Outcome.LATER, str(error))
        except TimeoutError:
            return Result(Outcome.LATER, f"no answer within {self._attempt_seconds:g} s")
        return (
            Result(Outcome.DELIVERED, f"taken by {scheme}")
            if sent
            else Result(Outcome.LATER, f"{scheme} refused it")
        )

    async def _judge(self, service: apprise.NotifyBase) -> None:
        """The host of the URL, where the service is reached by one. Raises AddressRefused, AddressUnknown."""
        templates: Sequence[str] = service.templates
        if not any("{host}" in template for template in templates):
            return  # a service of its own address: what stands in the host's place is a token
        host, port = getattr(service, "host", None), getattr(service, "port", None)
        if host:
            scheme = "https" if getattr(service, "secure", True) else "http"
            named = f"[{host}]" if ":" in host else host
            await pin(f"{scheme}://{named}" + (f":{port}" if port else ""), self._resolver, self._allowed)


def _service_of(url: str) -> object:
    """What Apprise makes of a URL, None if nothing; the first time it reads all that it knows."""
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, app_id="Baton")
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
