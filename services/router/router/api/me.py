"""What a rep sees and says of themselves: their data in the roster, that they are away, or back."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from router.absentees import Absentees
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.api.reps import rep_of_token
from router.api.roster import one_rep, shown, what_follows
from router.api.roster_bodies import Away, Back
from router.domain.moments import read_moment
from router.handlers.reps import RepHandler
from service_kit.audit import audited
from service_kit.documents import refusals
from service_kit.runtime import Runtime


def me_router(
    runtime: Runtime, reps: RepHandler, absentees: Absentees, wake: Callable[[], None]
) -> APIRouter:
    """Routes for reps. `wake` is called when somebody may take leads again."""
    router = APIRouter(prefix="/v1/me", tags=["reps"])
    me = Annotated[str, Depends(rep_of_token(runtime))]

    @router.get("")
    async def read_me(rep: me) -> dict[str, Any]:
        """What the roster says of me."""
        return await shown(runtime, await one_rep(runtime, rep))

    @router.post("/absences", status_code=201, responses=refusals(503))
    async def be_away(rep: me, away: Away, who: Who) -> dict[str, Any]:
        """I am away. If I am now, what I have not answered goes on; `stay` is what remains with me."""
        since = read_moment(away.since) if away.since is not None else None
        with refusals_as_problems():
            made = reps.away(rep, since, read_moment(away.until), away.reason, rep)
            row = await runtime.in_transaction(audited(who, "rep.away", "rep", rep, made))
        return await what_follows(runtime, absentees, wake, row)

    @router.post("/back", responses=refusals(503))
    async def be_back(rep: me, who: Who, back: Back | None = None) -> dict[str, Any]:
        """I am back: an absence that holds now ends, whatever its source; as for an operator."""
        since, until = (back or Back()).span()
        with refusals_as_problems():
            done = audited(who, "rep.back", "rep", rep, reps.back(rep, rep, since, until))
            row = await runtime.in_transaction(done)
        wake()
        return await shown(runtime, row)

    return router
