"""Who sends what does not fit hears what to send instead, in a sentence, whatever was wrong."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.model import UtcTime
from service_kit.problems import install_problems


class Amount(BaseModel):
    """An amount in minor units."""

    model_config = ConfigDict(extra="forbid")

    minor: int = Field(ge=0, le=1000)
    currency: str = Field(
        pattern="^[A-Z]{3}$", examples=["EUR", "RON"], description="three capital letters, by ISO 4217"
    )


class Mood(StrEnum):
    """What readers of the code are told of moods. The list is closed."""

    GOOD = "good"
    BAD = "bad"


class Outcome(BaseModel):
    """How it went."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["won", "lost"]
    value: Amount | None = None
    reason: str | None = Field(default=None, min_length=1, max_length=20, description="not blank")
    wake_at: UtcTime | None = None
    open: bool = False
    mood: Mood | None = None
    parts: list[Amount] = Field(default=[], max_length=2)

    @model_validator(mode="after")
    def _lost_has_no_value(self) -> "Outcome":
        if self.result == "lost" and self.value is not None:
            raise ValueError("leave value out of what was lost")
        return self


class Nothing(BaseModel):
    """Takes no field."""

    model_config = ConfigDict(extra="forbid")


PATH = "/v1/leads/5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57/outcome"
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern="^[a-z]+$", description="small letters")]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter(prefix="/v1")

    @router.post("/leads/{lead_id}/outcome")
    async def outcome(
        lead_id: UUID, told: Outcome, limit: Annotated[int, Query(ge=1, le=500)] = 1, key: Key = None
    ) -> None: ...

    @router.get("/leads/{lead_id}/outcome")
    async def read(lead_id: UUID) -> None: ...

    @router.post("/accept")
    async def accept(told: Nothing | None = None) -> None: ...

    app = FastAPI()
    install_problems(app)
    app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("a field is missing", {"json": {}}, "body.result", "send `result`: one of won, lost"),
    (
        "a field nobody knows",
        {"json": {"result": "won", "outcome": "x"}},
        "body.outcome",
        "remove `outcome`: "
        "what can be sent here is `result`, `value`, `reason`, `wake_at`, `open`, `mood` and `parts`",
    ),
    (
        "a field almost right",
        {"json": {"result": "won", "reson": "x"}},
        "body.reson",
        "remove `reson`, or write `reason` if that is meant",
    ),
    (
        "a word that is none of those",
        {"json": {"result": "wont"}},
        "body.result",
        'send `result`: one of won, lost, not "wont"',
    ),
    (
        "a word of a list that is shared, without what it says of itself",
        {"json": {"result": "won", "mood": "fine"}},
        "body.mood",
        'send `mood`: one of good, bad, not "fine"',
    ),
    (
        "a number inside an object",
        {"json": {"result": "won", "value": {"minor": "ten", "currency": "EUR"}}},
        "body.value.minor",
        'send `value.minor`: a whole number from 0 to 1000, not "ten"',
    ),
    (
        "a number out of range in a list",
        {"json": {"result": "won", "parts": [{"minor": -1, "currency": "EUR"}]}},
        "body.parts.0.minor",
        "send `parts[0].minor`: a whole number from 0 to 1000, not -1",
    ),
    (
        "a pattern is told by its examples",
        {"json": {"result": "won", "value": {"minor": 1, "currency": "euro"}}},
        "body.value.currency",
        'send `value.currency`: a text, such as EUR or RON (three capital letters, by ISO 4217), not "euro"',
    ),
    (
        "a text too long is not repeated",
        {"json": {"result": "won", "reason": "x" * 100}},
        "body.reason",
        "send `reason`: a text of 1 to 20 characters (not blank)",
    ),
    (
        "a moment without its offset",
        {"json": {"result": "won", "wake_at": "2030-01-31T09:00:00"}},
        "body.wake_at",
        'send `wake_at`: a moment with its offset, as 2030-01-31T09:00:00+01:00, not "2030-01-31T09:00:00"',
    ),
    (
        "neither true nor false",
        {"json": {"result": "won", "open": "perhaps"}},
        "body.open",
        'send `open`: true or false, not "perhaps"',
    ),
    (
        "a list too long",
        {"json": {"result": "won", "parts": [{"minor": 1, "currency": "EUR"}] * 3}},
        "body.parts",
        "send `parts`: a list of at most 2 entries",
    ),
    (
        "a rule of our own keeps its words",
        {"json": {"result": "lost", "value": {"minor": 1, "currency": "EUR"}}},
        "body",
        "the body: leave value out of what was lost",
    ),
    (
        "no body at all",
        {},
        "body",
        "the body is empty: send JSON, an object with `result` (one of won, lost)",
    ),
    (
        "a form instead of JSON",
        {"data": {"result": "won"}},
        "body",
        "the body is not marked as JSON: send JSON, an object with `result` (one of won, lost), "
        "with Content-Type: application/json",
    ),
    (
        "a list instead of an object",
        {"json": ["won"]},
        "body",
        "the body does not fit: send JSON, an object with `result` (one of won, lost)",
    ),
    (
        "half a JSON",
        {"content": b'{"result":', "headers": {"content-type": "application/json"}},
        "body",
        "the body is no JSON from its character 10 on: send JSON, an object with `result` (one of won, lost)",
    ),
    (
        "half a character",
        {
            "content": b'{"result": "won", "reason": "\\ud83c"}',
            "headers": {"content-type": "application/json"},
        },
        "body.reason",
        "`reason` holds half a character: write the text without it",
    ),
    (
        "a query parameter",
        {"json": {"result": "won"}, "params": {"limit": "many"}},
        "query.limit",
        'send the query parameter `limit`: a whole number from 1 to 500, not "many"',
    ),
    (
        "a header",
        {"json": {"result": "won"}, "headers": {"Idempotency-Key": "A1"}},
        "header.Idempotency-Key",
        "send the header `Idempotency-Key`: a text (small letters)",
    ),
]


@pytest.mark.parametrize(
    ("request_", "field", "says"), [row[1:] for row in FAULTS], ids=[r[0] for r in FAULTS]
)
async def test_what_does_not_fit_is_told_what_to_send(
    client: httpx.AsyncClient, request_: dict[str, Any], field: str, says: str
) -> None:
    answer = await client.post(PATH, **request_)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == says
    assert answer.json()["field"] == field
    assert answer.json()["errors"] == [{"field": field, "detail": says}]


async def test_all_faults_are_told_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/leads/ada/outcome?limit=0", json={"more": 1})
    assert answer.json()["detail"].split("; ") == [
        'send `lead_id` in the address: an id, as 5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57, not "ada"',
        'send the query parameter `limit`: a whole number from 1 to 500, not "0"',
        "send `result`: one of won, lost",
        "remove `more`: what can be sent here is `result`, `value`, `reason`, `wake_at`, `open`, `mood` "
        "and `parts`",
    ]
    many = {"result": "won"} | {f"field{number}": 1 for number in range(9)}
    told = (await client.post(PATH, json=many)).json()
    assert told["detail"].endswith("; and 4 more, listed in errors")
    assert len(told["errors"]) == 9


async def test_where_nothing_is_sent_a_field_is_to_be_removed(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/accept")).status_code == 200
    answer = await client.post("/v1/accept", json={"reason": "x"})
    assert answer.json()["detail"] == "remove `reason`: nothing is sent here"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"result": "\xff"}'])
async def test_a_body_that_cannot_be_read_is_told_how_it_could(
    client: httpx.AsyncClient, content: bytes
) -> None:
    answer = await client.post(PATH, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "send JSON in UTF-8" in answer.json()["detail"]


async def test_a_name_with_half_a_character_is_answered_too(client: httpx.AsyncClient) -> None:
    content = b'{"result": "won", "\\ud83c": "\\ud83c"}'
    answer = await client.post(PATH, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "the body holds half a character: write the text without it"


async def test_another_method_is_told_which_are_taken(client: httpx.AsyncClient) -> None:
    answer = await client.delete(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["detail"] == f"DELETE is not taken at {PATH}: send GET or POST"
