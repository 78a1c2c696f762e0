"""Every other service by Apprise: one URL that says what and where, kept as a secret."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import apprise

from delivery.addresses import AddressRefused, AddressUnknown, Allowed, Resolver, SystemResolver, pin
from delivery.guard import Guard, vouched_for
from delivery.message import Message, Outcome, Result
from service_kit.secrets import SecretMissing, Secrets

ATTEMPT_SECONDS = 30.0
OF_THIS_MACHINE = frozenset(
    {"dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "syslog", "rsyslog", "blink1"}
    | {"growl", "exec", "script", "file"}
)
"""Services of Apprise that speak to the machine itself instead of to a person."""
_SAYS_NOT_WHERE = "{schema}://"
"""The template of a service whose URL needs neither a host nor a token: it can only be this machine."""


class Others:
    """Carries messages by Apprise. It blocks, so each attempt has a thread of its own.

    Apprise opens its connections itself. Each is judged when it is opened, by the address that it goes to
    (guard.py), so neither a name that moves, nor a redirect, nor a second host in the URL leads inside; no
    program is started; and redirects are not followed, whatever the URL asks for. A proxy of the environment
    is a connection too: it must stand in BATON_DELIVERY_ALLOW. What does not hold: which of several allowed
    addresses a name leads to is Apprise's choice, and files that a URL names as keys are read.
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
        scheme = url.partition("://")[0].strip().lower()
        if scheme in OF_THIS_MACHINE:
            return _of_this_machine(scheme)
        try:
            async with asyncio.timeout(self._attempt_seconds):
                return await self._send(url, scheme, message)
        except AddressRefused as error:
            return Result(Outcome.REFUSED_ADDRESS, str(error))
        except (AddressUnknown, OSError) as error:
            if isinstance(error, TimeoutError):
                return Result(Outcome.LATER, f"no answer within {self._attempt_seconds:g} s")
            return Result(Outcome.LATER, str(error))

    async def _send(self, url: str, scheme: str, message: Message) -> Result:
        guard = Guard(self._allowed)
        service = await asyncio.to_thread(_service_of, url, guard)
        if not isinstance(service, apprise.NotifyBase):
            return Result(
                Outcome.MISCONFIGURED, f"the secret {message.target.secret!r} holds no URL that Apprise knows"
            )
        templates: Sequence[str] = service.templates
        if _SAYS_NOT_WHERE in templates:
            return _of_this_machine(scheme)
        await self._judge(service)
        host = str(getattr(service, "host", None) or "")
        guard.vouched = await vouched_for([host], self._resolver, self._allowed)
        sent = await asyncio.to_thread(_notify, service, message, guard)
        if guard.refused:
            return Result(Outcome.REFUSED_ADDRESS, guard.refused[0])
        return (
            Result(Outcome.DELIVERED, f"taken by {scheme}")
            if sent
            else Result(Outcome.LATER, f"{scheme} refused it")
        )

    async def _judge(self, service: apprise.NotifyBase) -> None:
        """The host of the URL, where the service is reached by one: told before anything is tried, and in
        words that name it. Raises AddressRefused, AddressUnknown."""
        templates: Sequence[str] = service.templates
        if not any("{host}" in template for template in templates):
            return  # a service of its own address: what stands in the host's place is a token
        host, port = getattr(service, "host", None), getattr(service, "port", None)
        if host:
            scheme = "https" if getattr(service, "secure", True) else "http"
            named = f"[{host}]" if ":" in host else host
            await pin(f"{scheme}://{named}" + (f":{port}" if port else ""), self._resolver, self._allowed)


def _of_this_machine(scheme: str) -> Result:
    return Result(Outcome.REFUSED_ADDRESS, f"{scheme}:// speaks to this machine; name a service of people")


def _service_of(url: str, guard: Guard) -> object:
    """What Apprise makes of a URL, None if nothing; the first time it reads all that it knows."""
    _known()
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, app_id="Baton", http_redirects=False)
    with guard.stands():
        service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if isinstance(service, apprise.NotifyBase):
        service.redirects = False  # after the URL was read, so that no parameter of it says otherwise
    return service


_known = partial(apprise.Apprise.instantiate, "json://localhost", suppress_exceptions=True)
"""Loading the plugins may start programs to find out about the machine; no URL has a say in it."""


def _notify(service: apprise.NotifyBase, message: Message, guard: Guard) -> bool:
    with guard.stands():
        return bool(
            service.notify(body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT)
        )
