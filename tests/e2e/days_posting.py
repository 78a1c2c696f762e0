"""Posts as fast as intake answers, over a few connections that stay open."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID


@dataclass(frozen=True)
class Sent:
    """What was posted and the answer. `submission` is None unless the answer was 202."""

    fields: dict[str, Any]
    status: int
    submission: UUID | None


def post_all(url: str, posts: Sequence[tuple[dict[str, Any], str]], *, connections: int = 16) -> list[Sent]:
    """Post each form's fields, as a browser does, from the visitor's address that goes with them."""
    return asyncio.run(_post_all(url, iter(posts), connections))


async def _post_all(url: str, posts: Iterator[tuple[dict[str, Any], str]], connections: int) -> list[Sent]:
    sent: list[Sent] = []
    await asyncio.gather(*(_one_connection(url, posts, sent) for _ in range(connections)))
    return sent


async def _one_connection(url: str, posts: Iterable[tuple[dict[str, Any], str]], sent: list[Sent]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for fields, address in posts:
        writer.write(_request(parts.path, urlencode(fields).encode(), address))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body, status = await reader.readexactly(length), int(head[9:12])
        sent.append(Sent(fields, status, UUID(json.loads(body)["submission_id"]) if status == 202 else None))
    writer.close()
    await writer.wait_closed()


def _request(path: str, body: bytes, address: str) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: leads.example.org",
        "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"X-Forwarded-For: {address}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
