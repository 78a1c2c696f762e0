"""Rulebooks: published, rolled back, listed, read."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from lead_events.model import UtcTime
from rulebook import store as rulebook_store
from scoring import publication
from scoring.api.paging import Limit, PlainText
from scoring.errors import as_problems
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

VersionNumber = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="of a version; GET /v1/rulebooks lists them")
]


Publisher = Annotated[
    PlainText,
    Query(
        min_length=1,
        max_length=200,
        description="as said when publishing; every token but the operator's own says by itself whose it is",
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


def rulebook_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""

    @router.post(
        "/rulebooks",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_WRITE),
        status_code=201,
        tags=["rulebook"],
    )
    async def publish_rulebook(new: NewRulebook, who: Who) -> dict[str, Any]:
        """Check, number and publish a version. 422 with all findings when it is not valid."""
        with as_problems():
            published = await publication.publish(
                runtime,
                new.rulebook,
                published_by=(caller := who.named(new.published_by)).by,
                effective_from=new.effective_from,
                asked=entry(caller, "rulebook.publish", "rulebook", "new"),
            )
        return _published(published)

    @router.post(
        "/rulebooks/{version}/rollback",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_WRITE),
        status_code=201,
        tags=["rulebook"],
    )
    async def roll_back(version: VersionNumber, how: Publication, who: Who) -> dict[str, Any]:
        """Publish an older version's content again, under a new number."""
        with as_problems():
            published = await publication.roll_back(
                runtime,
                version,
                published_by=(caller := who.named(how.published_by)).by,
                effective_from=how.effective_from,
                asked=entry(caller, "rulebook.roll_back", "rulebook", version),
            )
        return _published(published)

    @router.get("/rulebooks", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["rulebook"])
    async def list_rulebooks(
        who: Who, limit: Limit = 100, published_by: Publisher | None = None
    ) -> dict[str, Any]:
        """What was published when and by whom, newest first. With `published_by` only what you published by
        that name; the answer says under which name it is kept.
        """
        name = None if published_by is None else who.named(published_by).by
        async with runtime.database.acquire() as conn:
            versions = await rulebook_store.list_versions(conn, limit, name)
        return {"versions": versions} | ({} if name is None else {"published_by": name})

    @router.get(
        "/rulebooks/active",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ),
        tags=["rulebook"],
        responses=refusals(404),
    )
    async def active_rulebook() -> dict[str, Any]:
        """The version in force now."""
        with as_problems():
            async with runtime.database.acquire() as conn:
                history = await rulebook_store.load_history(conn)
                now = await runtime.database.clock.now(conn)
                found = await rulebook_store.read_version(conn, history.at(now).version)
        return found.model_dump(mode="json", exclude_none=True)

    @router.get(
        "/rulebooks/{version}", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["rulebook"]
    )
    async def one_rulebook(version: VersionNumber) -> dict[str, Any]:
        """One version whole."""
        with as_problems():
            async with runtime.database.acquire() as conn:
                found = await rulebook_store.read_version(conn, version)
        return found.model_dump(mode="json", exclude_none=True)


def _published(published: publication.Published) -> dict[str, Any]:
    answer = published.event.model_dump(mode="json", exclude={"rulebook"}, exclude_none=True)
    return {**answer, "warnings": [str(warning) for warning in published.warnings]}
