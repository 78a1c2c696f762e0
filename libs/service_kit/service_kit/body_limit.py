"""No request body grows beyond what a service reads, declared or not, and a stranger's beyond less."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException

from service_kit.auth_tokens import credentials_in
from service_kit.errors import is_transient
from service_kit.logs import logger
from service_kit.problems import Problem, problem_response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Proves = Callable[[Any, str], Awaitable[object]]
"""Raises Problem unless the credentials, sent from that address, are good."""

LARGEST_BODY = 9 * 1024 * 1024
"""Bytes: a whole rulebook (8 MiB on its topic) and room around it."""
LARGEST_OF_STRANGERS = 1024 * 1024
"""Bytes that are read before it is known whose they are. FastAPI takes a body apart before it asks for a
token, and 9 MiB of empty lists are 200 MiB of memory and half a second in which nobody else is answered.
"""
_TITLE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase
_CLOSE = {"Connection": "close"}
_BROKEN = "something broke on our side: the error has been logged; the request may be repeated"
_LATER = "the store, which knows whose tokens are whose, is not available: try again in a few seconds"
_log = logger(__name__)


class BodyLimit:
    """ASGI middleware: answers 413 instead of reading on. Routes at `streamed` paths limit their own.

    Of what is over LARGEST_OF_STRANGERS nothing more is read unless `proves` knows who sends it.
    """

    def __init__(
        self,
        app: Any,
        *,
        limit: int = LARGEST_BODY,
        streamed: Collection[str] = (),
        proves: Proves | None = None,
    ) -> None:
        self._app = app
        self._limit = limit
        self._proves = proves
        self._streamed = frozenset(streamed)
        self._detail = f"the body is over {limit} bytes: send less"

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Hand one request on, its body counted."""
        if scope["type"] != "http" or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        declared = self._declared(scope["headers"])
        if declared > self._limit:
            await self._refuse(scope, receive, send)
            return
        read, is_known = 0, self._proves is None

        async def counted() -> Message:
            nonlocal read, is_known
            if not is_known and max(read, declared) > LARGEST_OF_STRANGERS:
                await self._prove(scope)
                is_known = True
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                # of all exceptions FastAPI lets only this one through while it reads a body
                raise HTTPException(413, self._detail, headers=_CLOSE)
            return message

        await self._app(scope, counted, send)

    async def _prove(self, scope: Any) -> None:
        address = scope["client"][0] if scope.get("client") else "unknown"
        assert self._proves is not None  # noqa: S101 - the caller has looked
        try:
            await self._proves(credentials_in(scope["headers"]), address)
        except Problem as refused:
            told = f"{refused.detail}; over {LARGEST_OF_STRANGERS} bytes none is read without"
            raise HTTPException(refused.status, told, headers={**refused.headers, **_CLOSE}) from None
        except Exception as error:  # FastAPI would blame the body
            if is_transient(error):
                raise HTTPException(503, _LATER, headers={"Retry-After": "2", **_CLOSE}) from None
            _log.exception("nobody can be known")
            raise HTTPException(500, _BROKEN, headers=_CLOSE) from None

    def _declared(self, headers: list[tuple[bytes, bytes]]) -> int:
        found = dict(headers).get(b"content-length", b"0")
        return int(found[:18]) if found.isdigit() else 0

    async def _refuse(self, scope: Any, receive: Receive, send: Send) -> None:
        await problem_response(413, _TITLE, self._detail, headers=_CLOSE)(scope, receive, send)
