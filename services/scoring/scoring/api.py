"""Scoring's HTTP API, for the operator: rulebooks, submissions, leads, quarantine, conservation."""

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from lead_events.model import UtcTime
from lead_events.words import Quadrant
from rulebook import store as rulebook_store
from scoring import publication
from scoring.accounting import conservation_answer
from scoring.errors import as_problems, not_found
from scoring.store import views
from service_kit.auth import require_operator
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime

Limit = Annotated[int, Query(ge=1, le=500, description="rows a page")]
_moment = TypeAdapter[datetime](UtcTime)
VersionNumber = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="of a version; GET /v1/rulebooks lists them")
]
Cursor = Annotated[str | None, Query(description="`next` of the page before")]


def _storable(text: str) -> str:
    if re.search("[\x00\ud800-\udfff]", text):
        raise ValueError("holds a zero character or half a character: write the text without it")
    return text


PlainText = Annotated[str, AfterValidator(_storable)]
Line = Annotated[PlainText | None, Query(description="only leads of this product line")]
Email = Annotated[
    PlainText | None, Query(min_length=3, max_length=320, description="only leads of whoever has this e-mail")
]
IdPrefix = Annotated[
    str | None,
    Query(
        pattern="^[0-9A-Fa-f][0-9A-Fa-f-]{3,35}$",
        description="only leads whose id begins so: 4 to 36 hexadecimal digits and dashes",
    ),
]


class Publication(BaseModel):
    """Who publishes, and from when on it holds: at least 30 seconds ahead; absent: as early as possible."""

    model_config = ConfigDict(extra="forbid")

    published_by: PlainText = Field(min_length=1, max_length=200)
    effective_from: UtcTime | None = None


class NewRulebook(Publication):
    """A whole rulebook as JSON."""

    rulebook: dict[str, Any]


def scoring_router(runtime: Runtime) -> APIRouter:
    """All routes; each needs the operator's token."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(require_operator(runtime.settings))])
    _rulebook_routes(router, runtime)
    _lead_routes(router, runtime)
    _submission_routes(router, runtime)
    return router


def _rulebook_routes(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/rulebooks", status_code=201, tags=["rulebook"])
    async def publish_rulebook(new: NewRulebook) -> dict[str, Any]:
        """Check, number and publish a version. 422 with all findings when it is not valid."""
        with as_problems():
            published = await publication.publish(
                runtime, new.rulebook, published_by=new.published_by, effective_from=new.effective_from
            )
        return _published(published)

    @router.post("/rulebooks/{version}/rollback", status_code=201, tags=["rulebook"])
    async def roll_back(version: VersionNumber, how: Publication) -> dict[str, Any]:
        """Publish an older version's content again, under a new number."""
        with as_problems():
            published = await publication.roll_back(
                runtime, version, published_by=how.published_by, effective_from=how.effective_from
            )
        return _published(published)

    @router.get("/rulebooks", tags=["rulebook"])
    async def list_rulebooks(limit: Limit = 100) -> dict[str, Any]:
        """What was published when and by whom, newest first."""
        async with runtime.database.acquire() as conn:
            return {"versions": await rulebook_store.list_versions(conn, limit)}

    @router.get("/rulebooks/active", tags=["rulebook"], responses=refusals(404))
    async def active_rulebook() -> dict[str, Any]:
        """The version in force now."""
        with as_problems():
            async with runtime.database.acquire() as conn:
                history = await rulebook_store.load_history(conn)
                now = await runtime.database.clock.now(conn)
                found = await rulebook_store.read_version(conn, history.at(now).version)
        return found.model_dump(mode="json", exclude_none=True)

    @router.get("/rulebooks/{version}", tags=["rulebook"])
    async def one_rulebook(version: VersionNumber) -> dict[str, Any]:
        """One version whole."""
        with as_problems():
            async with runtime.database.acquire() as conn:
                found = await rulebook_store.read_version(conn, version)
        return found.model_dump(mode="json", exclude_none=True)


def _lead_routes(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/leads", tags=["leads"])
    async def list_leads(
        limit: Limit = 50,
        cursor: Cursor = None,
        quadrant: Quadrant | None = None,
        line: Line = None,
        email: Email = None,
        id_prefix: IdPrefix = None,
    ) -> dict[str, Any]:
        """Leads, newest first. `next` is the cursor of the following page, absent on the last."""
        if email is not None and id_prefix is not None:
            raise Problem(422, "One filter too many", "send email or id_prefix, not both", field="email")
        wanted = views.Wanted(quadrant, line, email, _spelled(id_prefix))
        after = _place(cursor)
        async with runtime.database.acquire() as conn:
            found = await views.leads(conn, wanted, after=after, limit=limit + 1)
        return _page("leads", found, limit, at="opened_at", identity="lead_id")

    @router.get("/leads/{lead_id}", tags=["leads"])
    async def one_lead(lead_id: UUID) -> dict[str, Any]:
        """One lead, its submissions, and the other open leads of its person."""
        async with runtime.database.acquire() as conn:
            found = await views.lead(conn, lead_id)
        if found is None:
            raise not_found("lead", "GET /v1/leads lists the leads kept here")
        return found

    @router.get("/leads/{lead_id}/score", tags=["leads"])
    async def lead_score(lead_id: UUID) -> dict[str, Any]:
        """The score that holds, with every contribution."""
        async with runtime.database.acquire() as conn:
            found = await views.score(conn, lead_id)
        if found is None:
            raise not_found("lead", "GET /v1/leads lists the leads kept here")
        return found


def _submission_routes(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/submissions/{submission_id}", tags=["submissions"])
    async def one_submission(submission_id: UUID) -> dict[str, Any]:
        """A submission as it came, and what became of it. 404 also while it is still on its way."""
        async with runtime.database.acquire() as conn:
            found = await views.submission(conn, submission_id)
        if found is None:
            raise not_found(
                "submission", "it was not accepted, or is still on its way: try again in a second"
            )
        return found

    @router.get("/quarantine", tags=["submissions"])
    async def list_quarantine(limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """Submissions that wait for a person, newest first, with the reason."""
        after = _place(cursor)
        async with runtime.database.acquire() as conn:
            found = await views.quarantine(conn, after=after, limit=limit + 1)
        return _page("quarantine", found, limit, at="stored_at", identity="submission_id")

    @router.get("/conservation", tags=["operations"])
    async def show_conservation() -> dict[str, Any]:
        """What was accepted, read and kept; the difference is 0 unless a lead is lost or doubled."""
        return await conservation_answer(runtime.database)


def _published(published: publication.Published) -> dict[str, Any]:
    answer = published.event.model_dump(mode="json", exclude={"rulebook"}, exclude_none=True)
    return {**answer, "warnings": [str(warning) for warning in published.warnings]}


def _page(name: str, rows: list[dict[str, Any]], limit: int, *, at: str, identity: str) -> dict[str, Any]:
    answer: dict[str, Any] = {name: rows[:limit]}
    if len(rows) > limit:
        last = rows[limit - 1]
        place = orjson.dumps([last[at].isoformat(), str(last[identity])])
        answer["next"] = base64.urlsafe_b64encode(place).decode().rstrip("=")
    return answer


def _spelled(prefix: str | None) -> str | None:
    """The digits of the beginning of an id. Raises Problem 422 where they are too few or too many."""
    if prefix is None:
        return None
    digits = prefix.replace("-", "").lower()
    if not 4 <= len(digits) <= 32:
        raise Problem(
            422,
            "The id cannot begin so",
            "send the first 4 to 32 hexadecimal digits of the id, with or without its dashes",
            field="id_prefix",
        )
    return digits


def _place(cursor: str | None) -> views.Place | None:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, identity = orjson.loads(base64.urlsafe_b64decode(padded))
        return views.Place(_moment.validate_python(at), UUID(identity))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise Problem(
            422,
            "The cursor cannot be read",
            "send `next` of the page before as it came, or leave it out",
            field="cursor",
        ) from None
