"""What a caller hears whose request was still in work when the seconds to stop were over."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

BODY = json.dumps(
    {
        "type": "about:blank",
        "title": "The service is stopping",
        "status": 503,
        "detail": "send the same again in a second, with the same Idempotency-Key if it had one",
    }
).encode()
HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(BODY)).encode()),
    (b"retry-after", b"1"),
    (b"connection", b"close"),
]


class AnsweredWhenCutOff:
    """Answers 503 for a request that is cancelled before its answer began: nothing was promised.

    uvicorn would say 500, which tells vendors and load balancers that something is broken here.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except asyncio.CancelledError:
            if has_begun:
                raise
            await send({"type": "http.response.start", "status": 503, "headers": HEADERS})
            await send({"type": "http.response.body", "body": BODY})
