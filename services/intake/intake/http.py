"""Small pieces of HTTP below FastAPI's request stack: reading a body within limits, sending an answer."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping
from typing import Any

import orjson

from intake import errors
from intake.domain.pages import Page
from intake.domain.refusals import Refusal
from intake.domain.wording import DEFAULT, message_of

Message = MutableMapping[str, Any]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Named = Mapping[bytes, bytes]
"""The first value of each header, by its name in lower case."""


class Disconnected(Exception):
    """The caller went away before the body was complete: there is nobody to answer."""


async def read_body(headers: Named, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body.

    Raises Refusal: 413 beyond `limit` bytes, told by Content-Length or as soon as that many have come; 408
    when it is not complete after `seconds`. Raises Disconnected.
    """
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared[:18]) > limit:
        raise errors.too_large(limit)
    message = await _first(receive, seconds)
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise errors.too_large(limit)
        return body
    try:
        async with asyncio.timeout(seconds):
            return await _rest(body, receive, limit)
    except TimeoutError:
        raise errors.too_slow(seconds) from None


async def _first(receive: Receive, seconds: float) -> Message:
    """Most bodies come in one piece with their head, so that the first step of `receive` has them already; a
    timer, which takes longer than reading such a body, is set for the others only."""
    steps = receive().__await__()
    try:
        waits_for = next(steps)
    except StopIteration as at_once:
        message: Message = at_once.value
    else:
        try:
            async with asyncio.timeout(seconds):
                message = await _going_on(waits_for, steps)
        except TimeoutError:
            raise errors.too_slow(seconds) from None
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


@types.coroutine
def _going_on(waits_for: Any, steps: Generator[Any, Any, Message]) -> Generator[Any, Any, Message]:
    """Awaits what has taken its first step, and waits for `waits_for` now."""
    try:
        yield waits_for
        return (yield from steps)
    finally:
        steps.close()


async def _rest(start: bytes, receive: Receive, limit: int) -> bytes:
    body = bytearray(start)
    while True:
        if len(body) > limit:
            raise errors.too_large(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > limit:
                raise errors.too_large(limit)
            return bytes(body)


def every(headers: Headers, named: Named, name: bytes) -> list[bytes]:
    """All values of one header. Where no name comes twice, a look at `named` tells."""
    if name not in named:
        return []
    if len(named) == len(headers):
        return [named[name]]
    return [value for each, value in headers if each == name]


def by_name(headers: Headers) -> Named:
    """Headers as received, for looking up."""
    return dict(reversed(headers))


def decoded(headers: Headers) -> dict[str, str]:
    """Headers as FastAPI's answers take them."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


SAFE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
"""On every answer: it is what it says it is, tells nobody where the visitor was, and stands in no frame."""
_NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_PAGE = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
)
"""A page has its style within and nothing else. No `form-action`: browsers apply it to where a post is sent
on to as well, and that is the website's page of thanks."""


def adding(send: Send, headers: Headers) -> Send:
    """`send`, with these headers on the answer unless it has them already."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", ())}
            more = [each for each in headers if each[0] not in there]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return with_headers


async def nothing(send: Send, extra: Headers) -> None:
    """Send 204. A browser may keep what it says to a preflight."""
    await send({"type": "http.response.start", "status": 204, "headers": [*SAFE, *extra]})
    await send({"type": "http.response.body", "body": b""})


async def page(send: Send, status: int, shown: Page, extra: Headers) -> None:
    """Send a page for a visitor."""
    headers = [_PAGE, (b"content-language", shown.language.encode()), *extra]
    await _send(send, status, b"text/html; charset=utf-8", shown.body, headers)


async def answer(send: Send, status: int, content_type: bytes, body: bytes, extra: Headers) -> None:
    """Send a whole answer."""
    await _send(send, status, content_type, body, [_NOTHING, *extra])


async def _send(send: Send, status: int, content_type: bytes, body: bytes, extra: Headers) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *SAFE,
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def problem(refusal: Refusal, language: str = "en") -> tuple[bytes, Headers]:
    """Body and headers of an application/problem+json answer (RFC 9457).

    `detail` is for whoever wrote the caller; `errors[].message` for the visitor, in `language`, which then is
    the answer's (Content-Language names whom it is for: RFC 9110, section 8.5).
    """
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
    }
    if refusal.field is not None:
        content["field"] = refusal.field
    if refusal.errors:
        content["errors"] = [
            {"field": each.field, "detail": each.message, "message": message_of(each, language)}
            for each in refusal.errors
        ]
    headers: Headers = [(b"content-language", (language if refusal.errors else DEFAULT).encode())]
    return orjson.dumps(content), headers + trying_again(refusal)


def trying_again(refusal: Refusal) -> Headers:
    """What a refusal says of the next attempt and of the connection, whatever its body is."""
    headers: Headers = []
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.status in (408, 413):  # the rest of the body is not read
        headers.append((b"connection", b"close"))
    return headers
