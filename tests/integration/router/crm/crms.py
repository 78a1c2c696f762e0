"""A CRM on loopback: answers by rules, and keeps what it was asked."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.integration.router.worlds import rep, rulebook

EVENTS: dict[str, Any] = {
    "signature": {"scheme": "hmac_sha256", "secret": "crm-events"},
    "id": "/id",
    "object": "/object",
    "record": "contact",
    "occurred_at": "/at",
    "changes": [
        {"when": {"/field": "owner"}, "owner": "/value"},
        {
            "when": {"/field": "call"},
            "contact": {"channel": "phone", "result": "no_answer"},
        },
        {
            "when": {"/field": "status", "/value": "contacted"},
            "contact": {"result": "conversation"},
        },
        {"when": {"/field": "stage", "/value": "talking"}, "outcome": "opportunity"},
        {
            "when": {"/field": "stage", "/value": "won"},
            "outcome": "won",
            "value": "/amount",
            "currency": "/money",
        },
        {"when": {"/field": "stage", "/value": "lost"}, "outcome": "lost", "reason": "/why"},
    ],
}

Rule = Callable[["Asked"], tuple[int, Any] | tuple[int, Any, dict[str, str]] | None]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Crm:
    """Rules are asked one after the other, the newest first; without an answer it is 404."""

    port: int = 0
    rules: list[Rule] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, method: str, path: str, status: int, document: Any = None, **headers: str) -> Rule:
        """Add a rule that answers requests of this method and beginning of a path."""

        def rule(asked: Asked) -> tuple[int, Any, dict[str, str]] | None:
            if asked.method == method and asked.path.startswith(path):
                return status, document, {name.replace("_", "-"): text for name, text in headers.items()}
            return None

        self.rules.insert(0, rule)
        return rule

    def told(self) -> list[tuple[str, str]]:
        return [(each.method, each.path) for each in self.asked]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            pairs = (line.partition(": ") for line in head[1:] if line)
            headers = {name.lower(): value for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            writer.write(self._answer(Asked(method, path, headers, body)))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, asked: Asked) -> bytes:
        self.asked.append(asked)
        found = next((answer for rule in self.rules if (answer := rule(asked)) is not None), (404, None))
        status, document, *more = found
        body = b"" if document is None else json.dumps(document).encode()
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {text}" for headers in more for name, text in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def reps() -> dict[str, dict[str, Any]]:
    return {
        "ana": rep("Ana", crm_id="901"),
        "bea": rep("Bea", crm_id="902"),
        "carla": rep("Carla", team="school", lines=["training"], crm_id="903"),
    }


def book(connection: dict[str, Any], name: str = "own") -> dict[str, Any]:
    """A rulebook with one CRM."""
    return rulebook(reps(), crm={name: connection})


def contacts(crm: Crm, **more: Any) -> dict[str, Any]:
    """A connection that searches for a contact by e-mail and makes one where there is none."""
    return {
        "url": crm.url,
        "auth": {"kind": "bearer", "secret": "crm-token"},
        "requests": {
            "contact": {
                "on": ["assigned", "reassigned"],
                "path": "/contacts",
                "needs": ["person.email"],
                "body": {"email": "{person.email}", "owner": "{rep.crm_id}", "phone": "{person.phone?}"},
                "keep": {"name": "contact", "id": "/id", "per": "person"},
                "find": {"method": "GET", "path": "/search?email={person.email}", "id": "/results/0/id"},
                "update": {
                    "method": "PATCH",
                    "path": "/contacts/{crm.contact}",
                    "body": {"owner": "{rep.crm_id}"},
                },
            },
            "accepted": {
                "on": ["accepted", "outcome.won"],
                "method": "PATCH",
                "path": "/contacts/{crm.contact}",
                "body": {"status": "{event.kind}", "amount": "{outcome.value?}"},
            },
        },
        **more,
    }
