"""When a request that waits for its body is woken, over a real connection."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from service_kit.http_protocol import WholeBodies
from tests.patience import HANGS_AFTER

Message = MutableMapping[str, Any]


class Listener:
    """An application that keeps each message it was woken for, and answers once the body is complete."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """ASGI."""
        more = True
        while more:
            self.asked.set()
            message = await receive()
            self.messages.append(message)
            if message["type"] == "http.disconnect":
                self.gone.set()
                return
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving(app: Listener) -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=WholeBodies, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        async with asyncio.timeout(HANGS_AFTER):
            yield listening.getsockname()[1]
            server.should_exit = True
            await running


async def begin(port: int, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % length)
    return reader, writer


async def test_a_body_that_comes_byte_by_byte_wakes_its_request_once() -> None:
    app = Listener()
    async with serving(app) as port:
        reader, writer = await begin(port, 20)
        for _ in range(20):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)  # so that each travels alone
        assert (await reader.readline()).startswith(b"HTTP/1.1 204")
        writer.close()
    assert app.messages == [{"type": "http.request", "body": b"x" * 20, "more_body": False}]


async def test_a_large_body_comes_in_pieces_that_are_read_as_they_come() -> None:
    app = Listener()
    async with serving(app) as port:
        reader, writer = await begin(port, 2_000_000)
        writer.write(b"x" * 2_000_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 204")
        writer.close()
    assert len(app.messages) > 1
    assert sum(len(message["body"]) for message in app.messages) == 2_000_000
    assert max(len(message["body"]) for message in app.messages) < 1_000_000


async def test_who_goes_away_in_the_middle_of_a_body_is_told() -> None:
    app = Listener()
    async with serving(app) as port:
        _, writer = await begin(port, 20)
        writer.write(b"x")
        await app.asked.wait()
        writer.close()
        await app.gone.wait()
    assert app.messages[-1] == {"type": "http.disconnect"}
