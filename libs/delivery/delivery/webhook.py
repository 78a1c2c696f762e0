"""The signed webhook: one POST of JSON to one address, judged first, nothing followed, little read."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx
import orjson

from delivery.addresses import (
    AddressRefused,
    AddressUnknown,
    Allowed,
    Pinned,
    Resolver,
    SystemResolver,
    pin,
)
from delivery.message import Message, Outcome, Result
from delivery.signing import SecretUnusable, signed_headers
from service_kit.secrets import SecretMissing, Secrets

ATTEMPT_SECONDS = 15.0
"""For one attempt from the name to the last byte."""
ANSWER_BYTES = 16_384
"""More of an answer is not read."""
LONGEST_WAIT = timedelta(hours=6)
"""A receiver's Retry-After counts up to this."""

_BUSY = frozenset({408, 425, 429})
"""Statuses of the 4xx that speak of the server: it has enough, or is not ready."""

Transport = Callable[[], httpx.AsyncBaseTransport]


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a whole request."""
    return httpx.create_ssl_context()


def fresh_transport() -> httpx.AsyncBaseTransport:
    """Connections of their own, one set of trusted certificates."""
    return httpx.AsyncHTTPTransport(verify=_trusted())


class Webhooks:
    """Carries messages as webhooks by Standard Webhooks."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        allowed: Allowed | None = None,
        resolver: Resolver | None = None,
        transport: Transport = fresh_transport,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._secrets = secrets
        self._allowed = allowed or Allowed()
        self._resolver = resolver or SystemResolver()
        self._transport = transport
        self._attempt_seconds = attempt_seconds

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt. 2xx: delivered; 410: gone; anything else: later, at the earliest when it asks for."""
        body = body_of(message)
        try:
            secrets = self._secrets.all_of(message.target.secret)
            headers = signed_headers(str(message.id), now, body, secrets)
        except (SecretMissing, SecretUnusable) as error:
            return Result(Outcome.MISCONFIGURED, str(error))
        try:
            async with asyncio.timeout(self._attempt_seconds):
                receiver = await pin(message.target.url, self._resolver, self._allowed)
                return await self._post(receiver, body, headers, now)
        except AddressRefused as error:
            return Result(Outcome.REFUSED_ADDRESS, str(error))
        except AddressUnknown as error:
            return Result(Outcome.LATER, str(error))
        except TimeoutError:
            return Result(Outcome.LATER, f"no answer within {self._attempt_seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Result(Outcome.LATER, f"{type(error).__name__}: {error}"[:300])

    async def _post(self, receiver: Pinned, body: bytes, headers: dict[str, str], now: datetime) -> Result:
        async with (
            httpx.AsyncClient(
                transport=self._transport(), follow_redirects=False, timeout=self._attempt_seconds
            ) as client,
            client.stream(
                "POST",
                url_of(receiver),
                content=body,
                headers={"Host": host_of(receiver), **_PLAIN, **headers},
                extensions={"sni_hostname": receiver.host},
            ) as response,
        ):
            await _drain(response)
            return _result(response, now)


_PLAIN = {
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "baton-delivery",
}


def body_of(message: Message) -> bytes:
    """The body: the same bytes in every attempt."""
    return orjson.dumps(
        {
            "type": message.kind,
            "timestamp": message.created_at,
            "data": {**message.data, "subject": message.subject, "text": message.text},
        },
        default=str,
    )


def url_of(receiver: Pinned) -> str:
    """The URL by the address that was judged."""
    address = f"[{receiver.address}]" if ":" in receiver.address else receiver.address
    return f"{receiver.scheme}://{address}:{receiver.port}{receiver.path}"


def host_of(receiver: Pinned) -> str:
    """The Host header: the name, and the port where it is an unusual one."""
    host = f"[{receiver.host}]" if ":" in receiver.host else receiver.host
    usual = 443 if receiver.scheme == "https" else 80
    return host if receiver.port == usual else f"{host}:{receiver.port}"


async def _drain(response: httpx.Response) -> None:
    """Read a little of the answer, so that its sender is not cut off in the middle of a usual one."""
    read = 0
    async for piece in response.aiter_raw():
        read += len(piece)
        if read > ANSWER_BYTES:
            return


def _result(response: httpx.Response, now: datetime) -> Result:
    status = response.status_code
    if response.is_success:
        return Result(Outcome.DELIVERED, f"answered {status}")
    if status == 410:
        return Result(Outcome.GONE, "answered 410: it wants no more messages")
    if response.is_redirect:
        detail = f"answered {status}, a redirect, which is not followed: correct the URL"
        return Result(Outcome.LATER, detail, only_this=True)
    wait = asked_wait(response.headers.get("retry-after"), now) if status in (429, 503) else None
    return Result(Outcome.LATER, f"answered {status}", wait, only_this=refuses_this(status))


def refuses_this(status: int) -> bool:
    """Whether an answer is about what was sent, or to which of its URLs, and not about how the server is."""
    return 400 <= status < 500 and status not in _BUSY


def asked_wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3), at most LONGEST_WAIT; None: not understood."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdecimal():
            wait = timedelta(seconds=min(int(retry_after), 10**6))
        else:
            wait = parsedate_to_datetime(retry_after) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
