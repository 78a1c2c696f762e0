"""An HTTP/1.1 load generator: closed loop for a server's limit, open loop for the times its users see.

In the open loop a request has a scheduled moment and its time counts from there, whether or not a connection
was free: a server that stalls is charged for everybody who had to wait (no coordinated omission).
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

Request = Callable[[int], bytes]
"""The bytes of the n-th request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request; moments are of `time.monotonic`, seconds."""

    number: int
    status: int
    body: bytes
    scheduled: float
    answered: float

    @property
    def seconds(self) -> float:
        """From the scheduled moment to the answer."""
        return self.answered - self.scheduled


@dataclass(slots=True)
class Load:
    """What came of a load."""

    answers: list[Answer] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered 202 a second."""
        return sum(answer.status == 202 for answer in self.answers) / self.seconds


def post(
    path: str, body: bytes, *, content_type: str = "application/json", headers: dict[str, str] | None = None
) -> bytes:
    """A POST as bytes, for a connection that stays open."""
    named = {"Host": "bench", "Content-Type": content_type, "Content-Length": len(body)} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("closed by the server"))

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None:
            raise ConnectionResetError("closed by the server")
        self._answer = asyncio.get_running_loop().create_future()
        self._received = b""
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = self._received[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        body = self._received[end + 4 :]
        if len(body) >= length:
            self._answer.set_result((int(self._received[9:12]), body[:length]))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Connections:
    def __init__(self, url: str, most: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        self._most = most

    async def open(self) -> None:
        for _ in range(self._most):
            self._idle.put_nowait(await self._connect())

    async def _connect(self) -> _Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection, self._host, self._port
        )
        return connection

    async def ask(self, number: int, request: bytes, scheduled: float, load: Load) -> None:
        connection = await self._idle.get()
        try:
            if not connection.is_open:
                connection = await self._connect()
            status, body = await connection.ask(request)
            load.answers.append(Answer(number, status, body, scheduled, time.monotonic()))
        except OSError:
            load.failed += 1
        finally:
            self._idle.put_nowait(connection)

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()


async def saturate(
    url: str, request: Request, *, seconds: float, connections: int, numbers: Iterator[int]
) -> Load:
    """Closed loop: every connection sends its next request as soon as it has an answer."""
    load = Load()
    pool = _Connections(url, connections)
    await pool.open()
    started = time.monotonic()
    until = started + seconds

    async def one_user() -> None:
        while (now := time.monotonic()) < until:
            number = next(numbers)
            await pool.ask(number, request(number), now, load)

    await asyncio.gather(*(one_user() for _ in range(connections)))
    load.seconds = time.monotonic() - started
    pool.close()
    return load


async def at_rate(
    url: str,
    request: Request,
    *,
    rate: float,
    seconds: float,
    numbers: Iterator[int],
    connections: int = 256,
) -> Load:
    """Open loop: `rate` requests a second, each at its scheduled moment. Returns once all are answered."""
    load = Load()
    pool = _Connections(url, connections)
    await pool.open()
    started = time.monotonic()
    sent: list[asyncio.Task[None]] = []
    for place in range(int(rate * seconds)):
        scheduled = started + place / rate
        ahead = scheduled - time.monotonic()
        if ahead > 0:
            await asyncio.sleep(ahead)
        number = next(numbers)
        sent.append(asyncio.create_task(pool.ask(number, request(number), scheduled, load)))
    await asyncio.gather(*sent)
    load.seconds = time.monotonic() - started
    pool.close()
    return load


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie; NaN of none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
