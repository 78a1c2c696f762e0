"""Quarantine: what waits for a person, and what they let go on or refuse."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.model import UtcTime
from lead_events.words import QuarantineReason
from scoring.api.paging import Cursor, Limit, PlainText, page, place
from scoring.errors import not_found
from scoring.releases import AT_MOST, CountChanged, Decision, Kind, Releases
from scoring.store import quarantine
from scoring.store.quarantine import Filter
from service_kit.audit import Caller, Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime

Form = Annotated[PlainText | None, Query(description="only of this form")]
Reason = Annotated[QuarantineReason | None, Query(description="only put aside for this reason")]
Since = Annotated[UtcTime | None, Query(description="only received then or later")]
Until = Annotated[UtcTime | None, Query(description="only received before")]
Text = Annotated[
    PlainText | None,
    Query(
        min_length=2,
        max_length=200,
        description="only with this text in the detail of the reason or in the fields as sent",
    ),
]


class Selection(BaseModel):
    """Which submissions; what is left out narrows nothing."""

    model_config = ConfigDict(extra="forbid")

    form: PlainText | None = Field(default=None, description="of this form", examples=["demo"])
    reason: QuarantineReason | None = Field(default=None, description="put aside for this reason")
    since: UtcTime | None = Field(default=None, description="received then or later")
    until: UtcTime | None = Field(default=None, description="received before")
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=1000)
    text: PlainText | None = Field(
        default=None,
        min_length=2,
        max_length=200,
        description="with this text in the detail of the reason or in the fields as sent",
    )

    def as_filter(self) -> Filter:
        """As the store reads it."""
        return Filter(
            form=self.form,
            reason=self.reason,
            since=self.since,
            until=self.until,
            ids=None if self.ids is None else tuple(self.ids),
            text=self.text,
        )


class Order(BaseModel):
    """Count first (`dry_run`), then decide on as many as were counted, with who and why."""

    model_config = ConfigDict(extra="forbid")

    filter: Selection = Selection()
    dry_run: bool = Field(default=False, description="only count")
    expected: int | None = Field(default=None, ge=0, le=AT_MOST, description="as many as dry_run counted")
    by: PlainText | None = Field(default=None, min_length=1, max_length=200, examples=["ana"])
    why: PlainText | None = Field(default=None, min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in ("expected", "by", "why") if getattr(self, name) is None]
        if missing and not self.dry_run:
            raise ValueError(f"send {', '.join(missing)}, or dry_run: true to count first")
        return self

    def decision(self, kind: Kind, by: str) -> Decision:
        """What is to be done."""
        return Decision(kind, self.filter.as_filter(), self.expected or 0, by=by, why=self.why or "")


def quarantine_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    releases = Releases(runtime)

    @router.get("/quarantine", dependencies=runtime.gate.allowed(Scope.LEADS_REPAIR), tags=["quarantine"])
    async def list_quarantine(
        limit: Limit = 50,
        cursor: Cursor = None,
        form: Form = None,
        reason: Reason = None,
        since: Since = None,
        until: Until = None,
        text: Text = None,
    ) -> dict[str, Any]:
        """Submissions that wait for a person, newest first, and how many by form and reason.

        One with an `action_id` is decided: it leaves quarantine once it has been taken again.
        """
        wanted = Filter(form, reason, since, until, None, text)
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await quarantine.waiting(conn, wanted, after=after, limit=limit + 1)
            counts = await quarantine.counts(conn, wanted)
        answer = page("quarantine", found, limit, at="stored_at", identity="submission_id")
        return answer | _counted(counts)

    @router.post(
        "/quarantine/release",
        dependencies=runtime.gate.allowed(Scope.LEADS_REPAIR),
        tags=["quarantine"],
        responses=refusals(409),
    )
    async def release(order: Order, who: Who) -> dict[str, Any]:
        """Let what matches go on as leads; the rule that held it is not met again, and timers start now.

        409, and nothing happens, unless as many match as are `expected`.
        """
        return await _ordered(runtime, releases, order, "release", who)

    @router.post(
        "/quarantine/refuse",
        dependencies=runtime.gate.allowed(Scope.LEADS_REPAIR),
        tags=["quarantine"],
        responses=refusals(409),
    )
    async def refuse(order: Order, who: Who) -> dict[str, Any]:
        """Make no leads of what matches. It is kept as refused, with the reason, who decided and why.

        409, and nothing happens, unless as many match as are `expected`.
        """
        return await _ordered(runtime, releases, order, "refuse", who)

    @router.get(
        "/quarantine/actions", dependencies=runtime.gate.allowed(Scope.LEADS_REPAIR), tags=["quarantine"]
    )
    async def list_actions(limit: Limit = 50) -> dict[str, Any]:
        """What was released and refused last, by whom and why."""
        async with runtime.database.acquire() as conn:
            return {"actions": await quarantine.actions(conn, limit)}

    @router.get(
        "/quarantine/actions/{action_id}",
        dependencies=runtime.gate.allowed(Scope.LEADS_REPAIR),
        tags=["quarantine"],
        responses=refusals(404),
    )
    async def one_action(action_id: UUID) -> dict[str, Any]:
        """How far a release or refusal is: `done` of `matched`; finished once `finished_at` is there."""
        try:
            return await releases.progress(action_id)
        except LookupError:
            raise not_found("action", "GET /v1/quarantine/actions lists them") from None


async def _ordered(
    runtime: Runtime, releases: Releases, order: Order, kind: Kind, who: Caller
) -> dict[str, Any]:
    if order.dry_run:
        async with runtime.database.acquire() as conn:
            return _counted(await quarantine.counts(conn, order.filter.as_filter()))
    try:
        caller = who.named(order.by or "")
        asked = entry(caller, f"quarantine.{kind}", "quarantine", f"{order.expected} submissions")
        return await releases.decide(order.decision(kind, caller.by), asked)
    except CountChanged as error:
        if error.found > AT_MOST:
            raise Problem(
                409, "Too many at once", f"more than {AT_MOST} match: narrow the filter", field="filter"
            ) from error
        raise Problem(
            409, "The count has changed", str(error), field="expected", matching=error.found
        ) from error


def _counted(counts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"matching": sum(each["waiting"] for each in counts), "counts": counts}
