"""Links of messages: reading one shows a question, and only its button acts."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from router.messages import pages
from router.messages.answering import Answering
from router.messages.said import Ended

FORM_BYTES = 2000
_STATUS = {Ended.DONE: 200, Ended.OVER: 409, Ended.REFUSED: 409, Ended.CHOOSE: 422, Ended.LATER: 503}


def links_router(answering: Answering) -> APIRouter:
    """For people with a browser, so it is not part of the API's document."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/act/{token}", methods=["GET", "HEAD"])
    async def ask(token: str) -> HTMLResponse:
        """The question. A scanner that follows every link changes nothing."""
        asked = await answering.read(token)
        if asked is None:
            return _html(pages.invalid(), 404)
        if asked.over is not None:
            return _html(pages.answer(asked.over, asked.words), 409)
        return _html(pages.question(asked), 200)

    @router.post("/act/{token}")
    async def act(token: str, request: Request) -> HTMLResponse:
        """Do it, as the rep whose round it is."""
        asked = await answering.read(token)
        said = await answering.do(token, _chosen(await request.body())) if asked is not None else None
        if asked is None or said is None:
            return _html(pages.invalid(), 404)
        return _html(pages.answer(said, asked.words), _STATUS[said.ended])

    return router


def _chosen(body: bytes) -> dict[str, str]:
    """A posted form; what is none chooses nothing."""
    try:
        found = parse_qs(body[:FORM_BYTES].decode(), max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[0] for name, values in found.items()}


def _html(content: str, status: int) -> HTMLResponse:
    return HTMLResponse(content, status, headers=pages.HEADERS)
