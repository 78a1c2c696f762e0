"""One HTTP request to a CRM and its answer: the address judged first, nothing followed, a bounded read."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson

from delivery.addresses import AddressRefused, AddressUnknown, Allowed, Resolver, SystemResolver, pin
from delivery.message import Outcome, Result
from delivery.webhook import ATTEMPT_SECONDS, Transport, asked_wait, fresh_transport, host_of, url_of

ANSWER_BYTES = 1_048_576
"""More of an answer is not read; ids stand far in front of that."""
_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be sent. `url` is whole; `body` is sent as it is."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `document` is the body as JSON, None where it is none; `wait` is its Retry-After."""

    status: int
    document: Any = None
    wait: timedelta | None = None
    said: str = ""

    @property
    def detail(self) -> str:
        """In words, for the operator."""
        return f"answered {self.status}" + (f": {self.said}" if self.said and self.status >= 300 else "")


class Exchange:
    """Sends calls through a connection that is pinned to a judged address."""

    def __init__(
        self,
        *,
        allowed: Allowed | None = None,
        resolver: Resolver | None = None,
        transport: Transport = fresh_transport,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._allowed = allowed or Allowed()
        self._resolver = resolver or SystemResolver()
        self._transport = transport
        self._seconds = attempt_seconds

    async def send(self, call: Call, now: datetime) -> Answer | Result:
        """The answer, or why there is none. Raises nothing that a CRM or a network can cause."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(call, now)
        except AddressRefused as error:
            return Result(Outcome.REFUSED_ADDRESS, str(error))
        except AddressUnknown as error:
            return Result(Outcome.LATER, str(error))
        except TimeoutError:
            return Result(Outcome.LATER, f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Result(Outcome.LATER, f"{type(error).__name__}: {error}"[:300])

    async def _send(self, call: Call, now: datetime) -> Answer:
        receiver = await pin(call.url, self._resolver, self._allowed)
        async with (
            httpx.AsyncClient(
                transport=self._transport(), follow_redirects=False, timeout=self._seconds
            ) as client,
            client.stream(
                call.method,
                url_of(receiver),
                content=call.body,
                headers={"Host": host_of(receiver), **_PLAIN, **call.headers},
                extensions={"sni_hostname": receiver.host},
            ) as response,
        ):
            return _answer(response, await _read(response), now)


_PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "baton-delivery"}


async def _read(response: httpx.Response) -> bytes:
    found = bytearray()
    async for piece in response.aiter_raw():
        found += piece
        if len(found) > ANSWER_BYTES:
            raise ValueError(f"its answer is longer than {ANSWER_BYTES} bytes")
    return bytes(found)


def _answer(response: httpx.Response, body: bytes, now: datetime) -> Answer:
    try:
        document = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        document = None
    wait = asked_wait(response.headers.get("retry-after"), now)
    said = " ".join(body[:_QUOTED].decode("utf-8", "replace").split())
    return Answer(response.status_code, document, wait, said)
