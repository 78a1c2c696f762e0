"""Intake's HTTP API as FastAPI routes and their documentation.

Posts to forms do not come so far: `SubmissionsFirst` answers them before routing, by the same `Submissions`.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from intake.domain.receipts import Numbering
from intake.notices.wiring import Notices
from intake.spool import Spool
from intake.submissions import PATH, Submissions
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope
from service_kit.documents import refusal

_FORM = {"type": "object", "additionalProperties": True}
_EXAMPLE = {
    "email": "ana@example.com",
    "name": "Ana Ruiz",
    "company": "Example SA",
    "message": "Please send an offer for 50 seats.",
}

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As 202, for a vendor's notice: every lead that it names will be fetched. And where "
        "the form says that its tool takes 200 alone for success.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["status"],
                    "properties": {
                        "status": {"type": "string", "enum": ["accepted"]},
                        "submission_id": {"type": "string", "format": "uuid"},
                        "notices": {"type": "array", "items": {"type": "string", "format": "uuid"}},
                    },
                }
            }
        },
    },
    202: {
        "description": "Durable: acknowledged by all in-sync replicas, or fsynced to the spool. A plain HTML "
        "form without a redirect gets a short page of thanks instead.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["submission_id", "status"],
                    "properties": {
                        "submission_id": {"type": "string", "format": "uuid"},
                        "status": {"type": "string", "enum": ["accepted"]},
                    },
                },
                "example": {"submission_id": "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57", "status": "accepted"},
            },
            "text/html": {"schema": {"type": "string"}},
        },
    },
    303: {"description": "As 202, for a plain HTML form whose entry in the rulebook has a redirect."},
    400: refusal(
        "Broken JSON or multipart, bytes that the charset does not have, a malformed Idempotency-Key."
    ),
    401: refusal("The form wants its sender proven, and the signature or key is missing, old or wrong."),
    404: refusal(
        "No form has this key, or it is not in force yet: then with the time to wait.",
        **{"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
    ),
    408: refusal("The body did not arrive in time."),
    413: refusal("The body is over 64 KiB."),
    415: refusal("Another content type, content encoding or charset than those that are read."),
    422: refusal(
        "A required field is absent or malformed (where the form has a `signature`: 202, and it waits in "
        "quarantine, as a machine cannot correct it), NUL or half a surrogate pair in a text, nested deeper "
        "than 32 levels, or the Idempotency-Key was used with other fields (then it is kept in quarantine "
        "all the same). `errors[].message` is for the visitor, in the form's language. A browser that posted "
        "a plain form gets a page with what was typed instead, for this and every other refusal."
    ),
    429: refusal(
        "Beyond the form's limit of posts a minute, in all or from this address; a repeat of what is known "
        "already is answered as before.",
        **{"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
    ),
    500: refusal("Something broke on our side; it has been logged."),
    503: refusal(
        "Not stored, or the form's secret is not set up here yet; send it again.",
        **{"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
    ),
}
_REQUEST = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "1 to 255 visible ASCII characters. A retry with the same key and the same "
            "fields, at any later time, is the same submission. Without a key equal fields within five "
            "minutes are.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _FORM,
                "examples": {
                    "website": {"summary": "A website's script", "value": _EXAMPLE},
                    "vendor": {
                        "summary": "A vendor's nested JSON, read by the form's mapping",
                        "value": {"answers": [{"field": "email", "text": "ana@example.com"}], "id": "a1b2"},
                    },
                },
            },
            "application/x-www-form-urlencoded": {"schema": _FORM, "example": _EXAMPLE},
            "multipart/form-data": {"schema": _FORM, "example": _EXAMPLE},
        },
    },
}


class _Answer(Response):
    """Lets the route itself answer, from the request's own channels."""

    def __init__(self, submissions: Submissions, key: str) -> None:
        super().__init__()
        self._submissions = submissions
        self._key = key

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take the submission, or answer the challenge."""
        if scope["method"] == "GET":
            await self._submissions.challenge(self._key, scope.get("query_string", b""), send)
        else:
            await self._submissions.post(self._key, scope, receive, send)


_CHALLENGE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Meta: its challenge as it came. LinkedIn: the code and its HMAC-SHA256 in hex.",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["challengeCode", "challengeResponse"],
                    "properties": {
                        "challengeCode": {"type": "string"},
                        "challengeResponse": {"type": "string"},
                    },
                }
            },
        },
    },
    400: refusal("No challenge of this form's vendor."),
    403: refusal("Another verify token than the one that this form was given."),
    404: refusal("No form has this key."),
    405: refusal("This form's vendor sends no challenges: POST the form's fields."),
    503: refusal("The secret is not set up here yet."),
}
_CHALLENGE = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in ("hub.mode", "hub.verify_token", "hub.challenge", "challengeCode")
    ]
}


def submissions_router(submissions: Submissions) -> APIRouter:
    """Where forms are posted to."""
    router = APIRouter(tags=["submissions"])

    @router.post(PATH, status_code=202, response_class=Response, responses=_RESPONSES, openapi_extra=_REQUEST)
    async def submit(key: str, request: Request) -> Response:
        """Take one submission of the form with this publishable key."""
        return _Answer(submissions, key)

    @router.get(
        PATH,
        status_code=200,
        response_class=Response,
        responses=_CHALLENGE_RESPONSES,
        openapi_extra=_CHALLENGE,
    )
    async def challenge(key: str) -> Response:
        """Answer the challenge by which Meta or LinkedIn makes sure that this address is ours."""
        return _Answer(submissions, key)

    return router


def conservation_router(gate: Gate, spool: Spool, numbering: Numbering, notices: Notices) -> APIRouter:
    """The books of this instance."""
    router = APIRouter(tags=["operations"], dependencies=gate.allowed(Scope.OPERATE))

    @router.get("/v1/conservation")
    async def conservation() -> dict[str, Any]:
        """What went into this spool and what became of it, and of notices; `unaccounted` is 0 unless one was
        lost. `to_be_fetched`: notices in the partitions read here whose leads are still to come.
        """
        counts = spool.counts
        hop = {
            "hop": "intake-spool",
            "written": counts.written,
            "drained": counts.drained,
            "pending": counts.pending,
            "refused": counts.refused,
            "unaccounted": counts.unaccounted,
        }
        return {
            "hops": [hop, notices.books.hop()],
            "receipts": _given(numbering),
            "notice_receipts": _given(notices.numbering),
            "to_be_fetched": sum(notices.books.waiting.values()),
            "unaccounted": counts.unaccounted + notices.books.unaccounted,
        }

    return router


def _given(numbering: Numbering) -> dict[str, Any]:
    return {"instance": numbering.instance, "given": numbering.given, "voided": numbering.voided}
