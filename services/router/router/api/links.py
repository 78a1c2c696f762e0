"""Links of messages: reading one shows a question, and only its button acts."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from router.messages import pages
from router.messages.answering import Answering
from router.messages.said import Asked, Ended

FORM_BYTES = 2000
_STATUS = {Ended.DONE: 200, Ended.OVER: 409, Ended.REFUSED: 409, Ended.CHOOSE: 422, Ended.LATER: 503}


def links_router(answering: Answering) -> APIRouter:
    """For people with a browser, so it is not part of the API's document."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/act/{token}", methods=["GET", "HEAD"])
    async def ask(token: str) -> HTMLResponse:
        """The question. A scanner that follows every link changes nothing."""
        asked = await answering.read(token)
        return _question(asked, 200) if asked is not None else _html(pages.invalid(), 404)

    @router.post("/act/{token}")
    async def act(token: str, request: Request) -> HTMLResponse:
        """Do it, as whose link it is; a post that is not the form's is asked once more."""
        asked, chosen = await answering.read(token), _chosen(await request.body())
        if asked is not None and pages.SURE not in chosen:
            return _question(asked, 422)
        said = await answering.do(token, chosen) if asked is not None else None
        if asked is None or said is None:
            return _html(pages.invalid(), 404)
        return _html(pages.answer(said, asked.words), _STATUS[said.ended])

    return router


def _question(asked: Asked, status: int) -> HTMLResponse:
    """The question, or that there is nothing to do any more."""
    if asked.over is not None:
        return _html(pages.answer(asked.over, asked.words), _STATUS[asked.over.ended])
    return _html(pages.question(asked), status)


def _chosen(body: bytes) -> dict[str, str]:
    """A posted form; what is none chooses nothing."""
    try:
        found = parse_qs(body[:FORM_BYTES].decode(), max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[0] for name, values in found.items()}


def _html(content: str, status: int) -> HTMLResponse:
    return HTMLResponse(content, status, headers=pages.HEADERS)
