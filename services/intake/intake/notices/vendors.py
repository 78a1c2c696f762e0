"""Asks a vendor for one lead: with a time limit, a size limit, and no redirect followed."""

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from intake.domain.text import MAX_DEPTH, is_too_deep
from intake.notices.linkedin import with_names
from intake.notices.troubles import FetchFailed, Trouble
from rulebook.models.forms import Fetch

MAX_BYTES = 512 * 1024
_LONGEST_WAIT = timedelta(hours=1)
_SECONDS = re.compile(r"[0-9]+")
_META_FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,"
    "field_data,custom_disclaimer_responses"
)
_LINKEDIN_FIELDS = (
    "id,submittedAt,testLead,leadType,owner,submitter,versionedLeadGenFormUrn,leadMetadata,associatedEntity,"
    "formResponse,form:(hiddenFields,name,id,content)"
)
_META_TOKEN = frozenset({3, 10, 102, 190, *range(200, 300)})
"""Codes of Meta's error answers that say that the token is no good, or lacks a permission."""
_META_THROTTLED = frozenset({4, 17, 32, 341, 368, 613, 80_001, 80_005})
"""80,001 is the limit of a page, 80,005 that of its lead forms: 4,800 calls a day for each lead of theirs."""
_META_RETIRED = 2635
_UPGRADE = 426


class Vendors:
    """The two APIs. Sources: Meta, "Retrieving leads"; LinkedIn, "Lead Forms".

    `meta_version` and `linkedin_version` as the vendors count their APIs. Both retire a version about a year
    after it came (Meta, "Marketing API version history"; LinkedIn, "Marketing API versioning"): raise them.
    """

    def __init__(
        self, *, meta_version: str, linkedin_version: str, make: Callable[[], httpx.AsyncClient]
    ) -> None:
        self._make = make
        self._made: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()
        self._meta_version = meta_version
        self._linkedin_version = linkedin_version

    async def fetch(self, fetch: Fetch, token: str, lead: str) -> dict[str, Any]:
        """The lead as the vendor tells it. Raises FetchFailed."""
        url, headers = self._request(fetch, lead)
        headers = {
            **headers,
            "authorization": f"Bearer {token}",
            "accept": "application/json",
            "accept-encoding": "gzip",
        }
        client = await self._client()
        try:
            async with asyncio.timeout(fetch.timeout.total_seconds()):
                status, answered, body = await _get(client, url, headers)
        except (TimeoutError, httpx.TimeoutException):
            seconds = fetch.timeout.total_seconds()
            raise FetchFailed(Trouble.NO_ANSWER, f"no whole answer within {seconds:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise FetchFailed(Trouble.NO_ANSWER, type(error).__name__) from None
        if status != 200:
            raise failure(status, answered, body)
        return _lead(fetch.api, _object(body), lead)

    async def close(self) -> None:
        """Close the connections; the next fetch opens new ones."""
        client, self._made = self._made, None
        if client is not None:
            await client.aclose()

    async def _client(self) -> httpx.AsyncClient:
        """Made in a thread: reading the certificates takes longer than the event loop can spare."""
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
        return self._made

    def _request(self, fetch: Fetch, lead: str) -> tuple[str, dict[str, str]]:
        if fetch.api == "meta":
            base = (fetch.base_url or "https://graph.facebook.com").rstrip("/")
            return f"{base}/{self._meta_version}/{quote(lead, safe='')}?fields={_META_FIELDS}", {}
        base = (fetch.base_url or "https://api.linkedin.com").rstrip("/")
        return (
            f"{base}/rest/leadFormResponses/{quote(lead, safe='')}?fields={_LINKEDIN_FIELDS}",
            {"linkedin-version": self._linkedin_version, "x-restli-protocol-version": "2.0.0"},
        )


async def _get(
    client: httpx.AsyncClient, url: str, headers: dict[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    body = bytearray()
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as answer:
        unpack = _unpacking(answer.headers.get("content-encoding", ""))
        async for chunk in answer.aiter_raw():
            body += unpack(chunk, MAX_BYTES + 1 - len(body))
            if len(body) > MAX_BYTES:
                raise FetchFailed(Trouble.UNREADABLE, f"the answer is over {MAX_BYTES} bytes")
    return answer.status_code, answer.headers, bytes(body)


def _unpacking(encoding: str) -> Callable[[bytes, int], bytes]:
    """What makes plain bytes of the next packed ones, so many at most: a little gzip may hold a great deal.

    Raises FetchFailed for an encoding that was not asked for."""
    if encoding.strip().lower() in ("", "identity"):
        return lambda chunk, most: chunk[:most]
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(Trouble.UNREADABLE, "the answer is packed otherwise than by gzip")
    packed = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return packed.decompress(chunk, most)
        except zlib.error:
            raise FetchFailed(Trouble.UNREADABLE, "the answer's gzip is broken") from None

    return unpack


def failure(status: int, headers: Mapping[str, str], body: bytes) -> FetchFailed:
    """What an answer other than 200 means.

    Sources: Meta, "Handling errors" and "Rate limits": nearly every error is a 400 with a code. 100 is any
    wrong parameter; only with subcode 33, and 803, it is a lead that is not there. LinkedIn answers 426, and
    Meta with code 2635, where the version of the API is retired.
    """
    code, subcode = _meta_codes(body)
    says = f"HTTP {status}" + (f", code {code}" if code is not None else "")
    wait = _retry_after(headers.get("retry-after"), headers.get("date"))
    if 300 <= status < 400:
        return FetchFailed(Trouble.REDIRECTED, f"{says}: redirects are not followed")
    if status == 429 or code in _META_THROTTLED:
        return FetchFailed(Trouble.THROTTLED, says, wait=wait)
    if status == 401 or code in _META_TOKEN:
        return FetchFailed(Trouble.TOKEN, f"{says}: the vendor does not take the token", wait=wait)
    if status in (404, 410) or code == 803 or (code, subcode) == (100, 33):
        return FetchFailed(Trouble.NOT_FOUND, f"{says}: the vendor shows no such lead to this token")
    if status == 403:
        return FetchFailed(Trouble.TOKEN, f"{says}: the token lacks a permission", wait=wait)
    if status == _UPGRADE or code == _META_RETIRED:
        return FetchFailed(
            Trouble.REFUSED,
            f"{says}: this version of the API is retired: raise BATON_META_VERSION or BATON_LINKEDIN_VERSION",
        )
    if status >= 500 or code in (1, 2):
        return FetchFailed(Trouble.VENDOR_ERROR, says, wait=wait)
    return FetchFailed(Trouble.REFUSED, says, wait=wait)


def _meta_codes(body: bytes) -> tuple[int | None, int | None]:
    try:
        error = orjson.loads(body).get("error")
        found = error.get("code"), error.get("error_subcode")
    except (orjson.JSONDecodeError, AttributeError):
        return None, None
    code, subcode = (each if isinstance(each, int) else None for each in found)
    return code, subcode


def _retry_after(value: str | None, date: str | None) -> timedelta | None:
    """The time to wait, at most an hour: in seconds, or until a date of the vendor's own clock."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return min(timedelta(seconds=int(value.strip()[:9])), _LONGEST_WAIT)
    until, now = _http_date(value), _http_date(date)
    if until is None or now is None:
        return None
    return min(max(until - now, timedelta(0)), _LONGEST_WAIT)


def _http_date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise FetchFailed(Trouble.UNREADABLE, "the answer is no JSON") from None
    if not isinstance(found, dict):
        raise FetchFailed(Trouble.UNREADABLE, "the answer is no JSON object")
    if is_too_deep(found):
        raise FetchFailed(Trouble.UNREADABLE, f"the answer is nested deeper than {MAX_DEPTH} levels")
    return found


def _lead(api: str, found: dict[str, Any], lead: str) -> dict[str, Any]:
    """The lead in an answer. Raises FetchFailed where it holds none, or another one."""
    if api == "meta":
        if not isinstance(found.get("field_data"), list):
            raise FetchFailed(Trouble.UNREADABLE, "the answer has no field_data")
        return found
    elements = found.get("elements")
    if isinstance(elements, list):
        of_this = [each for each in elements if isinstance(each, dict) and each.get("id") == lead]
        found = of_this[0] if of_this else {}
    if not isinstance(found.get("formResponse"), dict):
        raise FetchFailed(Trouble.UNREADABLE, "the answer has no formResponse")
    return with_names(found)
