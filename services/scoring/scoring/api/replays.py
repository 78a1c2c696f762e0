"""Replays: stored submissions mapped again after a form's mapping was mended."""

from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.model import UtcTime
from rulebook.versions import NoRulebookYet
from scoring.api.paging import Limit, PlainText
from scoring.errors import not_found
from scoring.replay import Replays, UnknownForm
from scoring.store import replays as store
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime


class Wanted(BaseModel):
    """Which submissions to map again; who and why are kept."""

    model_config = ConfigDict(extra="forbid")

    form: PlainText = Field(min_length=1, max_length=200, examples=["demo"])
    since: UtcTime = Field(description="received then or later")
    until: UtcTime | None = Field(default=None, description="received before; absent: now")
    dry_run: bool = Field(default=False, description="only say what would change")
    by: PlainText | None = Field(default=None, min_length=1, max_length=200, examples=["ana"])
    why: PlainText | None = Field(default=None, min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in ("by", "why") if getattr(self, name) is None]
        if missing and not self.dry_run:
            raise ValueError(f"send {', '.join(missing)}, or dry_run: true to see what would change")
        if self.until is not None and self.until <= self.since:
            raise ValueError("until is not after since: send a later one, or none for all up to now")
        return self


def replay_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    replays = Replays(runtime)

    @router.post(
        "/replays",
        dependencies=runtime.gate.allowed(Scope.OPERATE),
        tags=["replays"],
        responses=refusals(404),
    )
    async def begin_replay(wanted: Wanted, who: Who) -> dict[str, Any]:
        """Map the stored submissions of a form again, by the rulebook in force or about to be.

        Those that come out otherwise are taken again under their own ids: what they said is replaced, open
        leads are scored anew, and who waited for a field that is found now becomes a lead. It goes on in the
        background; GET /v1/replays/{replay_id} tells how far it is. With `dry_run` only what would change.
        """
        try:
            if wanted.dry_run:
                return await replays.dry_run(wanted.form, wanted.since, wanted.until)
            caller = who.named(wanted.by or "")
            return await replays.begin(
                wanted.form,
                wanted.since,
                wanted.until,
                by=caller.by,
                why=wanted.why or "",
                also=entry(caller, "replay.begin", "form", wanted.form),
            )
        except (UnknownForm, NoRulebookYet) as error:
            raise Problem(404, "No such form", str(error), field="form") from error

    @router.get("/replays", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["replays"])
    async def list_replays(limit: Limit = 50) -> dict[str, Any]:
        """What was asked for last, and how far it is."""
        async with runtime.database.acquire() as conn:
            return {"replays": await store.newest(conn, limit)}

    @router.get(
        "/replays/{replay_id}",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ),
        tags=["replays"],
        responses=refusals(404),
    )
    async def one_replay(replay_id: UUID) -> dict[str, Any]:
        """How far a replay is: `seen` so far, `counts` by what was found; finished once `finished_at` is."""
        try:
            return await replays.progress(replay_id)
        except LookupError:
            raise not_found("replay", "GET /v1/replays lists them") from None
