"""POST /v1/forms/{key}/submissions below FastAPI's request stack: decode, call the handler, encode."""

from typing import Any
from uuid import UUID

import orjson

from intake import errors, http, metrics
from intake.domain.bodies import is_html_form
from intake.domain.pages import refusal_page, thank_you
from intake.domain.redirects import next_page
from intake.domain.refusals import Refusal, unsupported
from intake.domain.wording import DEFAULT, answer_language
from intake.forms import Found
from intake.gate.cors import allowed, preflight
from intake.gate.proxies import Proxies
from intake.handlers import Accepted, Intake
from intake.http import Headers, Named, Receive, Scope, Send
from intake.posts import Posted
from intake.senders import Challenges
from service_kit.logs import logger

PATH = "/v1/forms/{key}/submissions"
_PREFIX = "/v1/forms/"
_SUFFIX = "/submissions"
_PROBLEM = b"application/problem+json"
_ALLOW = b"POST, OPTIONS"
_log = logger(__name__)


def is_for_a_visitor(content_type: bytes, named: Named) -> bool:
    """Whether a person looks at the answer: a plain HTML form, sent by a browser without script."""
    return is_html_form(content_type) and b"text/html" in named.get(b"accept", b"")


def form_key(path: str) -> str | None:
    """The form's key in a path of this route, with a slash at its end or without; None for another path."""
    path = path.removesuffix("/")
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
        return None
    key = path[len(_PREFIX) : -len(_SUFFIX)]
    return key if key and "/" not in key else None


class Submissions:
    """The ASGI application of this one route."""

    def __init__(
        self,
        intake: Intake,
        *,
        challenges: Challenges,
        body_max_bytes: int,
        body_seconds: float,
        proxies: Proxies,
    ) -> None:
        self._intake = intake
        self._challenges = challenges
        self._proxies = proxies
        self._limit = body_max_bytes
        self._seconds = body_seconds

    async def post(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one submission and answer it."""
        named = http.by_name(scope["headers"])
        found: Found | None = None
        cors: Headers = []
        try:
            found = self._intake.find(key)
            cors = allowed(found.form, named)
            body = await self._body(named, receive)
            posted = self._posted(key, scope, named, body)
            if found.form.fetch is not None and not self._intake.is_trial(posted):
                notices = await self._intake.accept_notice(posted, found)
                await http.answer(send, 200, b"application/json", _taken(notices), cors)
                return
            accepted = await self._intake.accept(posted, found)
        except http.Disconnected:
            return
        except Refusal as refusal:
            await self._refuse_post(send, refusal, found, named, cors)
        except Exception:
            _log.exception("a post could not be handled")
            await self._refuse_post(send, errors.ours(), found, named, cors)
        else:
            await _accepted(send, accepted, named, found, cors)

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
            cors = preflight(self._intake.find(key).form, http.by_name(headers), b"POST")
        except Refusal:
            cors = []
        await http.nothing(send, [*cors, (b"allow", _ALLOW)])

    async def wrong_method(self, method: str, send: Send) -> None:
        """Say what is done here instead."""
        await self._refuse(send, errors.wrong_method(method), [(b"allow", _ALLOW)])

    def _posted(self, key: str, scope: Scope, named: Named, body: bytes) -> Posted:
        headers: Headers = scope["headers"]
        return Posted(
            form_key=key,
            content_type=named.get(b"content-type", b""),
            body=body,
            keys=http.every(headers, named, b"idempotency-key"),
            address=self._proxies.visitor((scope.get("client") or ("",))[0], headers, named),
            headers=named,
            query=scope.get("query_string", b""),
        )

    async def _body(self, headers: Named, receive: Receive) -> bytes:
        if headers.get(b"content-encoding", b"") not in (b"", b"identity"):
            raise unsupported("Content-Encoding is not read here: send the body uncompressed")
        return await http.read_body(headers, receive, limit=self._limit, seconds=self._seconds)

    async def _refuse_post(
        self, send: Send, refusal: Refusal, found: Found | None, named: Named, cors: Headers
    ) -> None:
        """A page for a visitor, with what was typed; a problem for everybody else."""
        form = found.form if found else None
        if not is_for_a_visitor(named.get(b"content-type", b""), named):
            language = answer_language(form, named.get(b"accept-language", b"").decode("latin-1"))
            await self._refuse(send, refusal, cors, language)
            return
        metrics.REFUSED.labels(str(refusal.status)).inc()
        shown = refusal_page(refusal, form, named.get(b"accept-language", b"").decode("latin-1"))
        await http.page(send, refusal.status, shown, http.trying_again(refusal) + cors)

    async def _refuse(self, send: Send, refusal: Refusal, more: Headers, language: str = DEFAULT) -> None:
        metrics.REFUSED.labels(str(refusal.status)).inc()
        body, extra = http.problem(refusal, language)
        await http.answer(send, refusal.status, _PROBLEM, body, extra + more)


class SubmissionsFirst:
    """Hands what is sent to a form to `submissions` before FastAPI's routing, and everything else on.

    Every answer leaves with the headers that keep a browser safe. `hsts_seconds`: 0 for none.
    """

    def __init__(self, app: Any, submissions: Submissions, *, hsts_seconds: int = 0) -> None:
        self._app = app
        self._submissions = submissions
        self._hsts: Headers = (
            [(b"strict-transport-security", b"max-age=%d; includeSubDomains" % hsts_seconds)]
            if hsts_seconds
            else []
        )

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one ASGI event."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._hsts:
            send = http.adding(send, self._hsts)
        key = form_key(scope["path"])
        if key is None:
            await self._others(scope, receive, send)
        elif scope["method"] == "POST":
            await self._submissions.post(key, scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._submissions.preflight(key, scope["headers"], send)
        elif scope["method"] == "GET":
            await self._submissions.challenge(key, scope.get("query_string", b""), send)
        else:
            await self._submissions.wrong_method(scope["method"], send)

    async def _others(self, scope: Any, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, http.adding(send, list(http.SAFE)))


def _taken(notices: list[UUID]) -> bytes:
    return orjson.dumps({"status": "accepted", "notices": notices})


async def _accepted(send: Send, accepted: Accepted, named: Named, found: Found, cors: Headers) -> None:
    if is_for_a_visitor(named.get(b"content-type", b""), named):
        target = next_page(found.form, accepted.fields)
        if target is not None:
            await http.answer(send, 303, b"text/plain", b"", [(b"location", target.encode()), *cors])
        else:
            await http.page(send, 202, thank_you(found.form.language), cors)
        return
    body = orjson.dumps({"submission_id": accepted.submission_id, "status": "accepted"})
    await http.answer(send, found.form.success_status, b"application/json", body, cors)
