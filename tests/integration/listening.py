"""Servers on loopback that tests have things sent to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.smtp import SMTP

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def mail_server(handler: object) -> AsyncIterator[int]:
    """A mail server that gives letters to an aiosmtpd handler; its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.example.com"), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def stream_server(talk: Talk) -> AsyncIterator[int]:
    """A server that talks so with each who connects; its port."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def read_post(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    """The path of a POST in small letters, and what was posted: JSON, or the first value of each field."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in head if line.startswith("content-length"))
    body = (await reader.readexactly(length)).decode()
    found = json.loads(body) if body.startswith("{") else {k: v[0] for k, v in parse_qs(body).items()}
    return head[0].split()[1], found


def json_answer(body: bytes) -> bytes:
    """An answer of HTTP that is JSON and the last on its connection."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
    return head + str(len(body)).encode() + b"\r\n\r\n" + body
