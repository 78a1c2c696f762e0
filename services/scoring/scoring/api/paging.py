"""What queries and answers of the API have in common: pages, cursors, texts that can be stored."""

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import AfterValidator, TypeAdapter

from lead_events.model import UtcTime
from scoring.store.views import Place
from service_kit.problems import Problem

Limit = Annotated[int, Query(ge=1, le=500, description="rows a page")]
Cursor = Annotated[str | None, Query(description="`next` of the page before")]
_moment = TypeAdapter[datetime](UtcTime)


def _storable(text: str) -> str:
    if re.search("[\x00\ud800-\udfff]", text):
        raise ValueError("holds a zero character or half a character: write the text without it")
    return text


PlainText = Annotated[str, AfterValidator(_storable)]


def page(name: str, rows: list[dict[str, Any]], limit: int, *, at: str, identity: str) -> dict[str, Any]:
    """An answer with at most `limit` of `rows`; one row more than that says that there is a next page."""
    answer: dict[str, Any] = {name: rows[:limit]}
    if len(rows) > limit:
        last = rows[limit - 1]
        place = orjson.dumps([last[at].isoformat(), str(last[identity])])
        answer["next"] = base64.urlsafe_b64encode(place).decode().rstrip("=")
    return answer


def place(cursor: str | None) -> Place | None:
    """The row after which a page begins. Raises Problem 422 for a cursor that nobody was given."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, identity = orjson.loads(base64.urlsafe_b64decode(padded))
        return Place(_moment.validate_python(at), UUID(identity))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise Problem(
            422,
            "The cursor cannot be read",
            "send `next` of the page before as it came, or leave it out",
            field="cursor",
        ) from None


def spelled(prefix: str) -> str:
    """The digits of the beginning of an id. Raises Problem 422 where they are too few or too many."""
    digits = prefix.replace("-", "").lower()
    if not 4 <= len(digits) <= 32:
        raise Problem(
            422,
            "The id cannot begin so",
            "send the first 4 to 32 hexadecimal digits of the id, with or without its dashes",
            field="id_prefix",
        )
    return digits
