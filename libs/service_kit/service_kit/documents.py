"""The OpenAPI document of a service: its tokens, and every refusal as the problem that it is."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

MEDIA_TYPE = "application/problem+json"
"""The media type of refusals (RFC 9457)."""

_PROBLEM = {
    "title": "Problem",
    "description": "What was refused, and what to send instead (RFC 9457). Further members tell more.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what to send instead"},
        "field": {"type": "string", "description": "the first field it is about"},
        "errors": {
            "description": "every fault found",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "message": {"type": "string", "description": "for a visitor, in their language"},
                },
            },
        },
    },
}
_MEANINGS = {
    400: "The body cannot be read: send JSON in UTF-8, with few lists and objects inside each other.",
    401: "The token is missing or not valid.",
    403: "The token does not allow it, or the service was started without an operator's token.",
    404: "There is no such thing; the detail says where to find what there is.",
    409: "It is in a state that does not allow this; the detail says what it allows.",
    413: "The body is too large.",
    422: "A parameter or a field of the body does not fit; the detail says what to send instead.",
    429: "Too many tokens that are not valid came from this address; wait as Retry-After says.",
    503: "Kafka or the store is not available; try again after Retry-After.",
}
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def refusal(description: str, **headers: Any) -> dict[str, Any]:
    """One answer of the problem type, for a route's `responses`."""
    schema = {"$ref": "#/components/schemas/Problem"}
    told: dict[str, Any] = {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
    return told | {"headers": headers} if headers else told


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers of the problem type by their common meaning, for a route's `responses`."""
    return {status: refusal(_MEANINGS[status]) for status in statuses}


def install_document(app: FastAPI) -> None:
    """Give an application its document.

    Routes declare what is their own (`responses=refusals(409)`). What follows from a route's form is added
    here: 400 where it reads a body, 401, 403 and 429 where it needs a token, 404 where its path names
    something, 422 where it reads any.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            app.openapi_schema = _with_problems(told)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI documents it


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path, operation in _operations(document):
        answers = operation["responses"]
        generated = answers.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if "HTTPValidationError" in generated.get("$ref", ""):
            del answers["422"]
        for status in _follows(path, operation):
            answers.setdefault(str(status), refusal(_MEANINGS[status]))
        operation["responses"] = dict(sorted(answers.items()))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    return document


def _follows(path: str, operation: dict[str, Any]) -> Iterator[int]:
    schemes = {name for each in operation.get("security", []) for name in each}
    if schemes:
        yield 401
        yield 403
        yield 429
    if "requestBody" in operation:
        yield 400
    if "{" in path:
        yield 404
    if "requestBody" in operation or operation.get("parameters"):
        yield 422


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document.get("paths", {}).items():
        for operation in methods.values():
            yield path, operation
