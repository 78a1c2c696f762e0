"""The HTTP side of signals: a browser's beacon, its fetch from another origin, or a marketing tool's post."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from intake import errors, http, metrics
from intake.domain.refusals import Refusal
from intake.domain.signals import KINDS, MAX_SIGNALS
from intake.gate.cors import allowed
from intake.gate.proxies import Proxies
from intake.settings import IntakeSettings
from intake.signals import Signals, posted_of
from service_kit.documents import MEDIA_TYPE, refusal
from service_kit.logs import logger

PATH = "/v1/signals"
_log = logger(__name__)
_WAIT = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Every signal of the batch is durable. A repeat has the same ids.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["status", "signals"],
                    "properties": {
                        "status": {"type": "string", "enum": ["accepted"]},
                        "signals": {"type": "array", "items": {"type": "string", "format": "uuid"}},
                    },
                },
                "example": {"status": "accepted", "signals": ["5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"]},
            }
        },
    },
    400: refusal("Broken JSON, or not UTF-8."),
    401: refusal("Signals of an e-mail, phone or external id are taken from a proven sender only."),
    404: refusal("No form has this key, or it is not in force yet: then with the time to wait.", **_WAIT),
    408: refusal("The body did not arrive in time."),
    413: refusal("The body is too large."),
    415: refusal("Another content type than application/json and text/plain, or a content encoding."),
    422: refusal("Something in the batch cannot be taken; the faults are told, and nothing of it is kept."),
    429: refusal("Too many batches of this form or from this address.", **_WAIT),
    503: refusal("Not all of it is stored: send the same batch again.", **_WAIT),
}
_SIGNAL = {
    "type": "object",
    "required": ["kind"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "description": "the sender's own, for repeats",
        },
        "kind": {
            "type": "string",
            "pattern": f"^({'|'.join(KINDS)}|custom_[a-z0-9_]{{1,40}})$",
        },
        "at": {"type": "string", "format": "date-time", "description": "absent: when it was received"},
        "url": {"type": "string", "maxLength": 2048},
        "line": {"type": "string", "description": "a product line of the form"},
        "identity": {
            "type": "object",
            "additionalProperties": False,
            "description": "from a proven sender only",
            "properties": {name: {"type": "string"} for name in ("email", "phone", "external_id")},
        },
        "attributes": {"type": "object", "additionalProperties": {}, "maxProperties": 30},
    },
}
_BATCH = {
    "type": "object",
    "required": ["form", "signals"],
    "properties": {
        "form": {"type": "string", "description": "the key of a form"},
        "consent": {"type": "boolean", "description": "whether the visitor agreed to be known again"},
        "visitor": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_-]{8,64}$",
            "description": "needs consent true",
        },
        "signals": {"type": "array", "minItems": 1, "maxItems": MAX_SIGNALS, "items": _SIGNAL},
    },
}
_EXAMPLE = {
    "form": "aurora-demo-request",
    "consent": True,
    "visitor": "0b6f1c8e-3c57-4a0e-9a51-6f2f0d7f3b11",
    "signals": [{"kind": "page_view", "at": "2026-03-02T09:30:00Z", "url": "https://www.example.com/prices"}],
}
_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _BATCH, "example": _EXAMPLE},
            "text/plain": {
                "schema": {"type": "string", "description": "the same JSON, as a browser's beacon sends it"},
                "example": orjson.dumps(_EXAMPLE).decode(),
            },
        },
    }
}


def signals_router(settings: IntakeSettings, signals: Signals, proxies: Proxies) -> APIRouter:
    """Where signals are posted to."""
    router = APIRouter(tags=["signals"])
    limit, seconds = settings.body_max_bytes, settings.body_seconds

    @router.post(PATH, status_code=202, response_class=Response, responses=_RESPONSES, openapi_extra=_REQUEST)
    async def take_signals(request: Request) -> Response:
        """Take a batch of signals: page views, downloads, clicks in e-mails."""
        headers: http.Headers = request.scope["headers"]
        named = http.by_name(headers)
        cors: http.Headers = []
        try:
            body = await http.read_body(named, request.receive, limit=limit, seconds=seconds)
            address = proxies.visitor((request.scope.get("client") or ("",))[0], headers, named)
            posted = posted_of(headers, body, address, request.scope.get("query_string", b""))
            fields, found = signals.read(posted)
            cors = allowed(found.form, named)
            events = await signals.accept(posted._replace(form_key=found.form.key), fields, found)
        except http.Disconnected:
            return Response(status_code=400)  # nobody hears it
        except Refusal as refused:
            return _refused(refused, cors)
        except Exception:
            _log.exception("a batch of signals could not be handled")
            return _refused(errors.ours(), cors)
        content = {"status": "accepted", "signals": [str(each.signal_id) for each in events]}
        return Response(orjson.dumps(content), 202, http.decoded([*_FRESH, *cors]), "application/json")

    @router.options(PATH, include_in_schema=False)
    async def preflight(request: Request) -> Response:
        """Let any page ask: which form it is about stands in the body, and only then is its origin judged."""
        origin = request.headers.get("origin")
        if origin is None:
            return Response(status_code=204, headers={"Allow": "POST, OPTIONS"})
        return Response(
            status_code=204,
            headers={
                "Allow": "POST, OPTIONS",
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Max-Age": "86400",
                "Vary": "Origin",
            },
        )

    return router


_FRESH: http.Headers = [(b"cache-control", b"no-store")]


def _refused(refused: Refusal, cors: http.Headers) -> Response:
    metrics.REFUSED.labels(str(refused.status)).inc()
    body, extra = http.problem(refused)
    return Response(body, refused.status, http.decoded([*_FRESH, *extra, *cors]), MEDIA_TYPE)
