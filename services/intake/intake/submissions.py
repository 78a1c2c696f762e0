"""POST /v1/forms/{key}/submissions below FastAPI's request stack: decode, call the handler, encode."""

from typing import Any
from uuid import UUID

import orjson

from intake import errors, http, metrics
from intake.domain.bodies import is_html_form
from intake.domain.pages import thank_you
from intake.domain.refusals import Refusal, unsupported
from intake.forms import Found
from intake.handlers import Intake, Posted
from intake.http import Headers, Named, Receive, Scope, Send
from intake.senders import Challenges
from rulebook.models import Form
from service_kit.logs import logger

PATH = "/v1/forms/{key}/submissions"
_PREFIX = "/v1/forms/"
_SUFFIX = "/submissions"
_PROBLEM = b"application/problem+json"
_log = logger(__name__)


def form_key(path: str) -> str | None:
    """The form's key in a path of this route; None for another path."""
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
        return None
    key = path[len(_PREFIX) : -len(_SUFFIX)]
    return key if key and "/" not in key else None


class Submissions:
    """The ASGI application of this one route."""

    def __init__(
        self, intake: Intake, *, challenges: Challenges, body_max_bytes: int, body_seconds: float
    ) -> None:
        self._intake = intake
        self._challenges = challenges
        self._limit = body_max_bytes
        self._seconds = body_seconds

    async def post(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one submission and answer it."""
        headers: Headers = scope["headers"]
        cors: Headers = []
        named = http.by_name(headers)
        try:
            found = self._intake.find(key)
            cors = _allowed(found.form, named)
            body = await self._body(named, receive)
            posted = _posted(key, scope, named, body)
            if found.form.fetch is not None:
                notices = await self._intake.accept_notice(posted, found)
                await http.answer(send, 200, b"application/json", _taken(notices), cors)
                return
            submission = await self._intake.accept(posted, found)
        except http.Disconnected:
            return
        except Refusal as refusal:
            await self._refuse(send, refusal, cors)
        except Exception:
            _log.exception("a post could not be handled")
            await self._refuse(send, Refusal(500, "Internal error", "this is our fault: send it again"), cors)
        else:
            await _accepted(send, str(submission), posted, named, found, cors)

    async def challenge(self, key: str, query: bytes, send: Send) -> None:
        """Answer a vendor that makes sure that this address is ours; anybody else hears to post instead."""
        try:
            answered = self._challenges.answer(self._intake.find(key).form, query)
        except Refusal as refusal:
            await self._refuse(send, refusal, [])
            return
        if answered is None:
            await self.wrong_method("GET", send)
        else:
            await http.answer(send, 200, answered.content_type, answered.body, [])

    async def preflight(self, key: str, headers: Headers, send: Send) -> None:
        """Tell a browser whether a page of another origin may post to this form."""
        try:
            cors = _allowed(self._intake.find(key).form, http.by_name(headers))
        except Refusal:
            cors = []
        if any(name == b"access-control-allow-origin" for name, _ in cors):
            cors += [
                (b"access-control-allow-methods", b"POST"),
                (b"access-control-allow-headers", b"content-type, idempotency-key"),
                (b"access-control-max-age", b"86400"),
            ]
        await send(
            {"type": "http.response.start", "status": 204, "headers": [*cors, (b"allow", b"POST, OPTIONS")]}
        )
        await send({"type": "http.response.body", "body": b""})

    async def wrong_method(self, method: str, send: Send) -> None:
        """Say what is done here instead."""
        await self._refuse(send, errors.wrong_method(method), [(b"allow", b"POST, OPTIONS")])

    async def _body(self, headers: Named, receive: Receive) -> bytes:
        if headers.get(b"content-encoding", b"") not in (b"", b"identity"):
            raise unsupported("Content-Encoding is not read here: send the body uncompressed")
        return await http.read_body(headers, receive, limit=self._limit, seconds=self._seconds)

    async def _refuse(self, send: Send, refusal: Refusal, more: Headers) -> None:
        metrics.REFUSED.labels(str(refusal.status)).inc()
        body, extra = http.problem(refusal)
        await http.answer(send, refusal.status, _PROBLEM, body, extra + more)


class SubmissionsFirst:
    """Hands what is sent to a form to `submissions` before FastAPI's routing, and everything else on."""

    def __init__(self, app: Any, submissions: Submissions) -> None:
        self._app = app
        self._submissions = submissions

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one ASGI event."""
        key = form_key(scope["path"]) if scope["type"] == "http" else None
        if key is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "POST":
            await self._submissions.post(key, scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._submissions.preflight(key, scope["headers"], send)
        elif scope["method"] == "GET":
            await self._submissions.challenge(key, scope.get("query_string", b""), send)
        else:
            await self._submissions.wrong_method(scope["method"], send)


def _taken(notices: list[UUID]) -> bytes:
    return orjson.dumps({"status": "accepted", "notices": notices})


def _posted(key: str, scope: Scope, named: Named, body: bytes) -> Posted:
    return Posted(
        form_key=key,
        content_type=named.get(b"content-type", b""),
        body=body,
        keys=[value for name, value in scope["headers"] if name == b"idempotency-key"],
        traceparent=http.traceparent(named),
        address=(scope.get("client") or ("",))[0],
        headers=named,
        query=scope.get("query_string", b""),
    )


def _allowed(form: Form, headers: Named) -> Headers:
    origin = headers.get(b"origin")
    if origin is None or not form.allowed_origins:
        return []
    if "*" in form.allowed_origins or origin.decode("latin-1") in form.allowed_origins:
        return [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
    return [(b"vary", b"origin")]


async def _accepted(
    send: Send, submission: str, posted: Posted, headers: Named, found: Found, cors: Headers
) -> None:
    if is_html_form(posted.content_type) and b"text/html" in headers.get(b"accept", b""):
        if found.form.redirect:
            await http.answer(
                send, 303, b"text/plain", b"", [(b"location", found.form.redirect.encode()), *cors]
            )
        else:
            await http.answer(send, 202, b"text/html; charset=utf-8", thank_you(found.form.language), cors)
        return
    body = b'{"submission_id":"%s","status":"accepted"}' % submission.encode()
    await http.answer(send, 202, b"application/json", body, cors)
