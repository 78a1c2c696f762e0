"""No request body grows beyond what a service reads, declared or not."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException

from service_kit.problems import problem_response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 9 * 1024 * 1024
"""Bytes: a whole rulebook (8 MiB on its topic) and room around it."""
_TITLE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase
_CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware: answers 413 instead of reading on. Routes at `streamed` paths limit their own."""

    def __init__(self, app: Any, *, limit: int = LARGEST_BODY, streamed: Collection[str] = ()) -> None:
        self._app = app
        self._limit = limit
        self._streamed = frozenset(streamed)
        self._detail = f"the body is over {limit} bytes: send less"

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Hand one request on, its body counted."""
        if scope["type"] != "http" or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        if self._declared(scope["headers"]) > self._limit:
            await self._refuse(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                # of all exceptions FastAPI lets only this one through while it reads a body
                raise HTTPException(413, self._detail, headers=_CLOSE)
            return message

        await self._app(scope, counted, send)

    def _declared(self, headers: list[tuple[bytes, bytes]]) -> int:
        found = dict(headers).get(b"content-length", b"0")
        return int(found[:18]) if found.isdigit() else 0

    async def _refuse(self, scope: Any, receive: Receive, send: Send) -> None:
        await problem_response(413, _TITLE, self._detail, headers=_CLOSE)(scope, receive, send)
