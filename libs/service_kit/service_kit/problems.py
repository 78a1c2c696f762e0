"""Errors a caller sees: application/problem+json (RFC 9457), with the field and what to send instead."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service_kit.errors import Fault, classify, describe
from service_kit.logs import logger

MEDIA_TYPE = "application/problem+json"
_log = logger(__name__)


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
    """Make every error of an application a problem."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, error: RequestValidationError) -> Response:
        faults = [
            {"field": ".".join(str(p) for p in fault["loc"]), "detail": fault["msg"]}
            for fault in error.errors()
        ]
        first = faults[0]
        return problem_response(
            422,
            "The request has invalid fields",
            f"{first['field']}: {first['detail']}",
            field=first["field"],
            errors=faults,
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        title = HTTPStatus(error.status_code).phrase
        detail = str(error.detail)
        if error.status_code == 404 and detail == "Not Found":
            detail = f"there is nothing at {request.url.path}; /docs lists what there is"
        return problem_response(error.status_code, title, detail, headers=error.headers)

    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    @app.exception_handler(OSError)
    async def _store(request: Request, error: Exception) -> Response:
        if classify(error) in (Fault.TRANSIENT, Fault.EXHAUSTED):
            _log.warning("store unavailable", path=request.url.path, error=describe(error))
            return problem_response(
                503, "The store is not available", "try again in a few seconds", headers={"Retry-After": "2"}
            )
        return _unexpected(request, error)

    @app.exception_handler(Exception)
    async def _other(request: Request, error: Exception) -> Response:
        if classify(error) in (Fault.TRANSIENT, Fault.EXHAUSTED):
            return await _store(request, error)
        return _unexpected(request, error)


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(
        500, "Something broke on our side", "the error has been logged; the request may be repeated"
    )
