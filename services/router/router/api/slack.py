"""Where Slack says which button was pressed, and what was written after a command."""

from datetime import datetime

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import JSONResponse

from router.messages.chat import ChatAbsences, command_of
from router.messages.slack import SlackAnswers, payload_of
from service_kit.problems import Problem
from service_kit.runtime import Runtime


def slack_router(runtime: Runtime, answers: SlackAnswers, absences: ChatAbsences) -> APIRouter:
    """For Slack alone, by its signature, so it is not part of the API's document."""
    router = APIRouter(include_in_schema=False)

    async def signed(request: Request) -> tuple[bytes, datetime]:
        """The body that Slack signed, and now. Raises Problem 401."""
        body = await request.body()
        async with runtime.database.acquire() as conn:
            now: datetime = await runtime.database.clock.now(conn)
        sent, signature = (
            request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature")
        )
        if not answers.proves(body, sent, signature, now):
            raise Problem(
                401, "Not signed by Slack", "give this service Slack's signing secret: slack-signing"
            )
        return body, now

    @router.post("/slack/interactions")
    async def interaction(request: Request, later: BackgroundTasks) -> Response:
        """Slack waits three seconds: it hears at once that we have it, and what came of it afterwards."""
        body, now = await signed(request)
        payload = payload_of(body)
        if payload is None:
            raise Problem(422, "Not an interaction", "send a form with a payload in JSON, as Slack does")
        if payload.get("type") == "block_actions":
            later.add_task(answers.answer, payload, now)
        return Response(status_code=200)

    @router.post("/slack/commands")
    async def command(request: Request) -> Response:
        """What a rep says of themselves; the answer is shown to them alone."""
        body, now = await signed(request)
        found = command_of(body)
        if found is None:
            raise Problem(422, "Not a command", "send a form with user_id and text, as Slack does")
        return JSONResponse(await absences.answer(found, now))

    return router
