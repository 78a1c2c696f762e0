"""Errors a caller sees: application/problem+json (RFC 9457), with the field and what to send instead."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from service_kit.documents import MEDIA_TYPE, install_document
from service_kit.errors import describe, is_transient
from service_kit.logs import logger
from service_kit.misfits import Operation, explain, together

_log = logger(__name__)
_UNPARSED = "There was an error parsing the body"
"""What FastAPI says of a body that json cannot read, other than by its syntax."""


class Problem(Exception):
    """Refuse the request: `detail` says what to send instead, `field` where; `extra` adds members to the
    answer.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> Response:
        """The answer."""
        return problem_response(
            self.status, self.title, self.detail, headers=self.headers, field=self.field, **self.extra
        )


def problem_response(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """An answer of the problem type; members that are None are left out."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body |= {name: value for name, value in members.items() if value is not None}
    return Response(
        orjson.dumps(body, default=str),
        status_code=status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def install_problems(app: FastAPI) -> None:
    """Make every error of an application a problem, and its OpenAPI document say so."""
    install_document(app)

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        operation = Operation(app.openapi(), _route(request), request.method)
        faults = [
            {"field": _storable(_field(fault)), "detail": _storable(explain(operation, fault))}
            for fault in error.errors()
        ]
        return problem_response(
            422,
            "The request does not fit",
            together([fault["detail"] for fault in faults]),
            field=faults[0]["field"],
            errors=faults,
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return _of_routing(app, request, error)

    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    @app.exception_handler(OSError)
    async def _store(request: Request, error: Exception) -> Response:
        if is_transient(error):
            _log.warning("store unavailable", path=_route(request), error=describe(error))
            return problem_response(
                503, "The store is not available", "try again in a few seconds", headers={"Retry-After": "2"}
            )
        return _unexpected(request, error)

    @app.exception_handler(Exception)
    async def _other(request: Request, error: Exception) -> Response:
        if is_transient(error):
            return await _store(request, error)
        return _unexpected(request, error)


def _of_routing(app: FastAPI, request: Request, error: HTTPException) -> Response:
    detail, headers = str(error.detail), dict(error.headers or {})
    if error.status_code == 404 and detail == "Not Found":
        detail = f"there is nothing at {request.url.path}; /docs lists what there is"
    elif error.status_code == 405:
        taken = _methods_of(app, request)
        headers["Allow"] = ", ".join(taken)
        detail = f"{request.method} is not taken at {request.url.path}: send {' or '.join(taken)}"
    elif error.status_code == 400 and detail == _UNPARSED:
        detail = "the body cannot be read: send JSON in UTF-8, with fewer lists and objects inside each other"
    title = HTTPStatus(error.status_code).phrase
    return problem_response(error.status_code, title, _storable(detail), headers=headers)


def _route(request: Request) -> str:
    """Its path as the route is written: what stands in its place may be a secret."""
    return str(getattr(request.scope.get("route"), "path_format", "no route"))


def _field(fault: Mapping[str, Any]) -> str:
    return "body" if fault["type"] == "json_invalid" else ".".join(str(part) for part in fault["loc"])


def _storable(text: str) -> str:
    """Half a character, as a caller may have sent, cannot be written."""
    return text.encode("utf-8", "replace").decode()


def _methods_of(app: FastAPI, request: Request) -> list[str]:
    """The methods taken at the path of a request that came with another."""
    found: set[str] = set()
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in app.router.routes):
            found.add(method)
    return sorted(found)


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=_route(request), method=request.method, exc_info=error)
    return problem_response(
        500, "Something broke on our side", "the error has been logged; the request may be repeated"
    )
