"""Where Slack says which button was pressed."""

from fastapi import APIRouter, BackgroundTasks, Request, Response

from router.messages.slack import SlackAnswers, payload_of
from service_kit.problems import Problem
from service_kit.runtime import Runtime


def slack_router(runtime: Runtime, answers: SlackAnswers) -> APIRouter:
    """For Slack alone, by its signature, so it is not part of the API's document."""
    router = APIRouter(include_in_schema=False)

    @router.post("/slack/interactions")
    async def interaction(request: Request, later: BackgroundTasks) -> Response:
        """Slack waits three seconds: it hears at once that we have it, and what came of it afterwards."""
        body = await request.body()
        async with runtime.database.acquire() as conn:
            now = await runtime.database.clock.now(conn)
        sent, signature = (
            request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature")
        )
        if not answers.proves(body, sent, signature, now):
            raise Problem(
                401, "Not signed by Slack", "give this service Slack's signing secret: slack-signing"
            )
        payload = payload_of(body)
        if payload is None:
            raise Problem(422, "Not an interaction", "send a form with a payload in JSON, as Slack does")
        if payload.get("type") == "block_actions":
            later.add_task(answers.answer, payload, now)
        return Response(status_code=200)

    return router
