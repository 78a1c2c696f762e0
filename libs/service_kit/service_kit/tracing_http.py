"""A span for each request that is answered, the first of its trace."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from service_kit.tracing_spans import Tracing, failed

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

QUIET = frozenset({"/healthz", "/readyz", "/servez", "/metrics"})
"""Asked every few seconds by machines: no spans."""
_TRACED = "baton.traced"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TracedRequests:
    """ASGI middleware. The caller's traceparent becomes a link: whoever it is, and whatever it says of
    sampling.

    `route_of`: the template of a path that is answered before FastAPI knows its route. Paths themselves are
    in no span: they hold keys of forms and tokens of links.
    """

    def __init__(
        self, app: Any, tracing: Tracing, route_of: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self._app = app
        self._tracing = tracing
        self._route_of = route_of

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Answer one ASGI event."""
        if scope["type"] != "http" or scope["path"] in QUIET or _TRACED in scope:
            await self._app(scope, receive, send)
            return
        scope[_TRACED] = True
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        span = self._tracing.request(method, _caller(scope["headers"]))
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._tracing.within(span):
                await self._app(scope, receive, noting)
        except BaseException as error:
            failed(span, type(error).__name__)
            raise
        finally:
            route = self._route_of(scope["path"]) or getattr(scope.get("route"), "path", None)
            if route is not None:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            if status:
                span.set_attribute("http.response.status_code", status)
            if status >= 500:
                failed(span, str(status))
            span.end()


def _caller(headers: list[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"traceparent":
            return value.decode("ascii", "replace")
    return None
