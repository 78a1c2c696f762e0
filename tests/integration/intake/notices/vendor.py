"""A vendor's API on loopback, of Meta's or LinkedIn's shape, that answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

Answer = tuple[int, dict[str, str], bytes]
HANGS = (0, dict[str, str](), b"")


def meta_lead(identity: str, email: str | None = None) -> dict[str, Any]:
    return {
        "id": identity,
        "created_time": "2026-03-02T11:58:00+0000",
        "ad_id": "120200000000000001",
        "form_id": "900000000000001",
        "field_data": [
            {"name": "full_name", "values": ["Íñigo Sanz"]},
            {"name": "email", "values": [email or f"buyer.{identity}@example.com"]},
            {"name": "products", "values": ["CRM", "Support"]},
        ],
    }


def linkedin_response(identity: str) -> dict[str, Any]:
    return {
        "id": identity,
        "submittedAt": 1772452680000,
        "testLead": False,
        "leadType": "SPONSORED",
        "formResponse": {
            "answers": [
                {"questionId": 1, "answerDetails": {"textQuestionAnswer": {"answer": "Chiara"}}},
                {
                    "questionId": 2,
                    "answerDetails": {"textQuestionAnswer": {"answer": f"{identity}@example.com"}},
                },
                {"questionId": 3, "answerDetails": {"multipleChoiceAnswer": {"options": [1, 7]}}},
            ]
        },
        "form": {
            "content": {
                "questions": [
                    {"questionId": 1, "predefinedField": "FIRST_NAME"},
                    {"questionId": 2, "predefinedField": "EMAIL"},
                    {
                        "questionId": 3,
                        "name": "products",
                        "questionDetails": {
                            "multipleChoiceQuestionDetails": {
                                "options": [
                                    {"id": 0, "text": {"localized": {"en_US": "CRM"}}},
                                    {"id": 1, "text": {"localized": {"en_US": "Support"}}},
                                ]
                            }
                        },
                    },
                ]
            }
        },
    }


def json_answer(status: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, body if isinstance(body, bytes) else orjson.dumps(body)


def meta_error(status: int, code: int, subcode: int | None = None) -> Answer:
    error = {"message": "as told", "type": "OAuthException", "code": code}
    return json_answer(status, {"error": error if subcode is None else error | {"error_subcode": subcode}})


@dataclass
class Vendor:
    """Knows one good token. `scripted`: answers for a lead before the good one, each used once."""

    token: str = "good-token"
    gone: set[str] = field(default_factory=set)
    scripted: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    base_url: str = ""
    always: Answer | None = None

    def times_asked(self, lead: str) -> int:
        return sum(_lead_of(path) == lead for path, _ in self.asked)

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        lead = _lead_of(path)
        if scripted := self.scripted.get(lead):
            return scripted.pop(0)
        if self.always is not None:
            return self.always
        if headers.get("authorization") != f"Bearer {self.token}":
            return meta_error(400, 190)
        if lead in self.gone:
            return meta_error(400, 100, 33)
        is_linkedin = path.startswith("/rest/leadFormResponses/")
        return json_answer(200, linkedin_response(lead) if is_linkedin else meta_lead(lead))


def _lead_of(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]


@asynccontextmanager
async def serving(vendor: Vendor) -> AsyncIterator[Vendor]:
    """Serve it; a connection carries one request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _exchange(vendor, reader, writer, stopping.wait)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    stopping = asyncio.Event()
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    vendor.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield vendor
    finally:
        stopping.set()
        server.close()
        await server.wait_closed()


async def _exchange(
    vendor: Vendor,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    end: Callable[[], Awaitable[Any]],
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest) if name
    }
    path = line.split(" ")[1]
    vendor.asked.append((path, headers))
    vendor.at_once += 1
    vendor.most_at_once = max(vendor.most_at_once, vendor.at_once)
    try:
        await asyncio.sleep(0)
        status, more, body = vendor.answer(path, headers)
        if status == 0:
            await end()
            return
        lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
    finally:
        vendor.at_once -= 1
