"""What a caller hears when a service stops before the answer is there, over a real connection."""

import asyncio
import socket

import pytest
import uvicorn

from service_kit.cut_off import AnsweredWhenCutOff, App, Message, Receive, Send
from service_kit.http_protocol import WholeBodies
from tests.patience import HANGS_AFTER


class Slow:
    """An application that never comes to an end, having said `first` before."""

    def __init__(self, first: Message | None = None) -> None:
        self.asked = asyncio.Event()
        self._first = first

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        if self._first is not None:
            await send(self._first)
        self.asked.set()
        await asyncio.Event().wait()


async def heard(app: App, asked: asyncio.Event) -> bytes:
    """All that a caller gets from a server that stops while the request is in work."""
    config = uvicorn.Config(
        app, http=WholeBodies, lifespan="off", log_config=None, timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        async with asyncio.timeout(HANGS_AFTER):
            reader, writer = await asyncio.open_connection("127.0.0.1", listening.getsockname()[1])
            writer.write(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
            await asked.wait()
            server.should_exit = True
            answer = await reader.read()
            writer.close()
            await running
    return answer


async def test_who_is_cut_off_by_a_stop_is_told_to_send_it_again() -> None:
    slow = Slow()
    head, _, body = (await heard(AnsweredWhenCutOff(slow), slow.asked)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in head
    assert b"send the same again" in body


async def test_an_answer_that_has_begun_is_cut_and_not_followed_by_another() -> None:
    slow = Slow({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    answer = await heard(AnsweredWhenCutOff(slow), slow.asked)
    assert b"503" not in answer


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_what_is_no_request_is_handed_on(kind: str) -> None:
    seen: list[object] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append((scope, receive, send))

    async def nothing(*_: object) -> Message:
        return {}

    await AnsweredWhenCutOff(app)({"type": kind}, nothing, nothing)  # type: ignore[arg-type]
    assert seen == [({"type": kind}, nothing, nothing)]
