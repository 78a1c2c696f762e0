"""GET /v1/forms/{key}/token: the time at which a page was opened, signed."""

import secrets
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from intake.domain.refusals import Refusal
from intake.domain.technical import honeypot_name
from intake.forms import Forms
from intake.gate import cors
from intake.gate.tokens import LIFETIME, FormTokens
from intake.http import by_name, decoded, problem
from service_kit.clock import Clock
from service_kit.documents import MEDIA_TYPE, refusal

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Put it into the form's field `_baton_token`.",
        "headers": {"Cache-Control": {"schema": {"type": "string"}, "description": "no-store"}},
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["token", "expires_in", "honeypot"],
                    "properties": {
                        "token": {"type": "string"},
                        "expires_in": {"type": "integer", "description": "seconds"},
                        "honeypot": {"type": "string", "description": "name of a field that no person sees"},
                    },
                },
                "example": {
                    "token": "AZ8sXb2iS0p5Yk1jQ2x3b0FhQmNEZUZnSGlKa0xtTm8",
                    "expires_in": 86400,
                    "honeypot": "baton_hp_1f0c2a9b",
                },
            }
        },
    },
    404: refusal(
        "No form has this key, or it is not in force yet: then with the time to wait.",
        **{"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
    ),
    503: refusal(
        "The forms are not known yet; ask again.",
        **{"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
    ),
}
_PARAMETERS = {
    "parameters": [
        {
            "name": "key",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": "aurora-demo-request",
        }
    ]
}


def tokens_router(forms: Forms, tokens: FormTokens, clock: Clock) -> APIRouter:
    """Where a page asks for its fill token when it is opened."""
    router = APIRouter(tags=["submissions"])

    @router.get(
        "/v1/forms/{key}/token", response_class=Response, responses=_RESPONSES, openapi_extra=_PARAMETERS
    )
    async def token(key: str, request: Request) -> Response:
        """A token by which the form's minimum fill time is judged; for one page view, good for a day."""
        now = clock.now()
        try:
            form = forms.find(key, now).form
        except Refusal as error:
            body, headers = problem(error)
            return Response(body, error.status, decoded(headers), MEDIA_TYPE)
        given = tokens.give(form.key, now, secrets.token_bytes(9))
        body = orjson.dumps(
            {
                "token": given,
                "expires_in": int(LIFETIME.total_seconds()),
                "honeypot": honeypot_name(form.key),
            }
        )
        headers = [(b"cache-control", b"no-store"), *cors.allowed(form, by_name(request.scope["headers"]))]
        return Response(body, 200, decoded(headers), "application/json")

    return router
