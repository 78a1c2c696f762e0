"""One look at the URL of a feed: judged first as receivers of messages are, nothing followed, bounded."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from delivery.addresses import (
    AddressRefused,
    AddressUnknown,
    Allowed,
    Pinned,
    Resolver,
    SystemResolver,
    pin,
)

SECONDS = 20.0
"""For one look, from the name to the last byte."""
MOST_BYTES = 5 * 1024 * 1024

Transport = Callable[[], httpx.AsyncBaseTransport]


class FeedFailed(Exception):
    """The feed says nothing usable now: what it last said stays, and it is tried again."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of the last look, to ask only for what is new."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came; `content` is None where it is what it was."""

    content: bytes | None
    known: Known

    @property
    def digest(self) -> bytes:
        """Tells one content from another."""
        return hashlib.sha256(self.content or b"").digest()


class FeedFetcher:
    """Fetches feeds."""

    def __init__(
        self,
        allowed: Allowed | None = None,
        *,
        resolver: Resolver | None = None,
        transport: Transport = httpx.AsyncHTTPTransport,
        seconds: float = SECONDS,
    ) -> None:
        self._allowed = allowed or Allowed()
        self._resolver = resolver or SystemResolver()
        self._transport = transport
        self._seconds = seconds

    async def fetch(self, url: str, known: Known) -> Fetched:
        """The feed, or that it is as known. Raises FeedFailed, whose text never holds the URL."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(await pin(_web(url), self._resolver, self._allowed), known)
        except (AddressRefused, AddressUnknown) as error:
            raise FeedFailed(str(error)) from None
        except TimeoutError:
            raise FeedFailed(f"no answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise FeedFailed(f"it cannot be fetched ({type(error).__name__})") from None

    async def _get(self, place: Pinned, known: Known) -> Fetched:
        async with (
            httpx.AsyncClient(
                transport=self._transport(), follow_redirects=False, timeout=self._seconds
            ) as client,
            client.stream(
                "GET",
                place.url,
                headers={"Host": place.host_header, **_PLAIN, **_conditions(known)},
                extensions={"sni_hostname": place.host},
            ) as response,
        ):
            if response.status_code == 304 and known != Known():
                return Fetched(None, known)
            _judge(response)
            told = Known(response.headers.get("etag"), response.headers.get("last-modified"))
            return Fetched(await _read(response), told)


_PLAIN = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "baton-router"}


def _conditions(known: Known) -> dict[str, str]:
    pairs = (("If-None-Match", known.etag), ("If-Modified-Since", known.modified))
    return {name: value for name, value in pairs if value is not None}


def _judge(response: httpx.Response) -> None:
    if response.is_redirect:
        raise FeedFailed(
            f"it answered {response.status_code}, a redirect, which is not followed: write where it leads"
        )
    if response.status_code != 200:
        raise FeedFailed(f"it answered {response.status_code}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise FeedFailed("it answered compressed, which was not asked for")


async def _read(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MOST_BYTES:
            raise FeedFailed(f"it is larger than {MOST_BYTES // 1024**2} MB")
        pieces.append(piece)
    return b"".join(pieces)


def _web(url: str) -> str:
    """Calendars write webcal:// for https://."""
    scheme, mark, rest = url.partition("://")
    return f"https://{rest}" if mark and scheme.lower() in ("webcal", "webcals") else url
