"""The API of a rep: the leads they hold, and what they do with them. Each rep has a bearer token."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lead_events.currencies import in_use
from lead_events.model import UtcTime
from lead_events.words import DeclineCode, LostCode, ProgressKind, RecycleCode, RejectCode
from router.api.assignments import closed_for_me, my_assignments
from router.api.refusals import refusals_as_problems
from router.domain.acts import Act
from router.domain.lost import lost_code
from router.handlers.acts import ActHandler
from router.handlers.declines import ASKED
from service_kit.auth_gate import rep_of
from service_kit.auth_principal import Principal, Scope
from service_kit.auth_tokens import bearer_scheme
from service_kit.documents import refusals
from service_kit.runtime import Runtime

REP = bearer_scheme("rep", "A rep's own token, which an operator gives: POST /v1/reps/{rep_id}/tokens.")
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
        description="in your own words, not blank",
    ),
]
Word = Annotated[
    str,
    Field(min_length=1, max_length=60, pattern=r"^[\w -]+$", description="letters, digits, space, _ and -"),
]
Evidence = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="the id of it in the CRM or telephony; proves it where a machine reports it",
    ),
]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="1 to 200 visible ASCII characters; the same act with the same key is done once",
    ),
]


_ACT_REFUSALS = refusals(409, 503)


class _Report(BaseModel):
    """What a rep sends; an unknown field is an error, so that a typing slip is never silent."""

    model_config = ConfigDict(extra="forbid")


class Accept(_Report):
    """Yes to the lead."""


class Decline(_Report):
    """No to the lead; somebody else gets it."""

    reason: Reason
    code: DeclineCode = Field(
        default=DeclineCode.OTHER, description="wrong_territory: a fault of routing, and not counted as yours"
    )


class Contacted(_Report):
    """The buyer was contacted, or it was tried."""

    channel: Word = Field(examples=["phone", "email", "meeting"])
    result: Word = Field(
        examples=["reached", "no_answer", "left_message"],
        description="reached, replied, meeting: a conversation; no_answer, sent and any other word: a try",
    )
    evidence: Evidence | None = None


class Reject(_Report):
    """Sales gives the lead back for good: wrong data, duplicate, out of profile."""

    reason: Reason
    code: RejectCode = Field(
        default=RejectCode.OTHER,
        description="wrong_data: marketing is to repair it; duplicate: of `duplicate_of`; out_of_profile",
    )
    duplicate_of: Annotated[str, Field(min_length=1, max_length=254, pattern=r"^[^\x00]+$")] | None = Field(
        default=None,
        description="of a duplicate: the other lead's id or its person's e-mail; the two become one person",
        examples=["eva@example.com"],
    )

    @model_validator(mode="after")
    def names_a_lead_only_as_a_duplicate(self) -> "Reject":
        """Nothing else is of another lead."""
        if self.duplicate_of is not None and self.code is not RejectCode.DUPLICATE:
            raise ValueError(f"send the code duplicate with duplicate_of, or leave it out for {self.code}")
        return self


class Recycle(_Report):
    """Sales gives the lead back to nurturing, until `wake_at`."""

    reason: Reason
    code: RecycleCode = RecycleCode.OTHER
    wake_at: UtcTime | None = Field(
        default=None, description="needed, unless the code is no_answer and the agreement names a time for it"
    )


class Amount(_Report):
    """An amount in minor units (cents) of a currency."""

    minor: int = Field(ge=0, le=10**15)
    currency: Annotated[str, AfterValidator(in_use)] = Field(
        pattern="^[A-Z]{3}$", examples=["EUR"], description="three capital letters, by ISO 4217"
    )


def _lost(said: Any) -> Any:
    return lost_code(said) if isinstance(said, str) and 0 < len(said) <= 200 else said


class ReportOutcome(_Report):
    """How the selling goes; won and lost end it."""

    result: Literal["meeting", "opportunity", "won", "lost"]
    value: Amount | None = None
    code: Annotated[LostCode | None, BeforeValidator(_lost)] = Field(
        default=None,
        description="why it was lost: a word of the list or one that means it; without it `reason` is read",
    )
    reason: Reason | None = None
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def code_is_of_lost(self) -> "ReportOutcome":
        """Nothing else has one."""
        if self.code is not None and self.result != "lost":
            raise ValueError(f"code says why a lead was lost; leave it out for {self.result}")
        return self


class Pause(_Report):
    """The buyer is waited for: promises that the agreement names with the reason stand still."""

    code: str = Field(
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="a reason that the agreement's `pauses` names",
        examples=["buyer_asked_to_wait"],
    )
    reason: Reason | None = None
    until: UtcTime | None = Field(
        default=None, description="when it goes on by itself, within a year; without it once you resume it"
    )


class Resume(_Report):
    """All pauses of the lead are over."""


class Rate(_Report):
    """What a rep thinks of a lead, good ones too: marketing learns from it."""

    rating: int = Field(ge=1, le=5, description="1: a waste of time; 5: send me more of these")
    reason: Reason | None = None


def rep_router(runtime: Runtime, acts: ActHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for reps. `wake` is called when an act has freed one."""
    router = APIRouter(prefix="/v1", tags=["reps"])
    me = Annotated[str, Depends(rep_of_token(runtime))]

    async def do(rep: str, lead_id: UUID, kind: ProgressKind, report: BaseModel, key: str | None) -> Any:
        act = Act(kind, _content(report), key)
        with refusals_as_problems():
            done = await runtime.in_transaction(acts.work(rep, lead_id, act))
        if done.frees:
            wake()
        return done.answer

    @router.get("/me/assignments")
    async def assignments(rep: me) -> dict[str, Any]:
        """The leads I hold, the one due first on top, each with what is paused; under `closed`, those closed
        for me and why."""
        async with runtime.database.acquire() as conn:
            now = await runtime.database.clock.now(conn)
            return {
                "assignments": await my_assignments(conn, rep, now),
                "closed": await closed_for_me(conn, rep, now),
            }

    _add_acts(router, do, me)
    return router


def _add_acts(router: APIRouter, do: Callable[..., Awaitable[Any]], me: Any) -> None:
    path = "/assignments/{lead_id}"

    @router.post(f"{path}/accept", responses=_ACT_REFUSALS)
    async def accept(rep: me, lead_id: UUID, report: Accept | None = None, key: Key = None) -> Any:
        """Accept the lead."""
        return await do(rep, lead_id, ProgressKind.ACCEPTED, report or Accept(), key)

    @router.post(f"{path}/decline", responses=_ACT_REFUSALS)
    async def decline(rep: me, lead_id: UUID, report: Decline, response: Response, key: Key = None) -> Any:
        """Decline the lead; it is not offered to you again. 202: it is yours until a team lead confirms."""
        answer = await do(rep, lead_id, ProgressKind.DECLINED, report, key)
        if answer["act"] == ASKED:
            response.status_code = HTTPStatus.ACCEPTED
        return answer

    @router.post(f"{path}/contacted", responses=_ACT_REFUSALS)
    async def contacted(rep: me, lead_id: UUID, report: Contacted, key: Key = None) -> Any:
        """Report a contact or a try."""
        return await do(rep, lead_id, ProgressKind.CONTACTED, report, key)

    @router.post(f"{path}/reject", responses=_ACT_REFUSALS)
    async def reject(rep: me, lead_id: UUID, report: Reject, key: Key = None) -> Any:
        """Give the lead back for good."""
        return await do(rep, lead_id, ProgressKind.REJECTED, report, key)

    @router.post(f"{path}/recycle", responses=_ACT_REFUSALS)
    async def recycle(rep: me, lead_id: UUID, report: Recycle, key: Key = None) -> Any:
        """Give the lead back to nurturing until a date."""
        return await do(rep, lead_id, ProgressKind.RECYCLED, report, key)

    @router.post(f"{path}/outcome", responses=_ACT_REFUSALS)
    async def outcome(rep: me, lead_id: UUID, report: ReportOutcome, key: Key = None) -> Any:
        """Report how the selling goes. Said again of a lead that it has ended, another value puts the amount
        right."""
        return await do(rep, lead_id, ProgressKind.OUTCOME, report, key)

    _add_holds(router, do, me, path)

    @router.post(f"{path}/rating", responses=_ACT_REFUSALS)
    async def rate(rep: me, lead_id: UUID, report: Rate, key: Key = None) -> Any:
        """Rate a lead that you have or had, 1 to 5, also once it is closed; of several the last holds."""
        return await do(rep, lead_id, ProgressKind.RATED, report, key)


def _add_holds(router: APIRouter, do: Callable[..., Awaitable[Any]], me: Any, path: str) -> None:
    @router.post(f"{path}/pause", responses=_ACT_REFUSALS)
    async def pause(rep: me, lead_id: UUID, report: Pause, key: Key = None) -> Any:
        """Pause the lead for a reason of the agreement; its promises stand still until you resume it."""
        return await do(rep, lead_id, ProgressKind.PAUSED, report, key)

    @router.post(f"{path}/resume", responses=_ACT_REFUSALS)
    async def resume(rep: me, lead_id: UUID, report: Resume | None = None, key: Key = None) -> Any:
        """End every pause of the lead: its promises run on with what was left. `was_paused` is false where
        the last one was resumed before."""
        return await do(rep, lead_id, ProgressKind.RESUMED, report or Resume(), key)


def _content(report: BaseModel) -> dict[str, Any]:
    """The act's own fields. A code that says nothing is left out, as from who does not send one."""
    content = report.model_dump(mode="json", exclude_none=True)
    if isinstance(report, Pause):
        return content
    return {name: value for name, value in content.items() if (name, value) != ("code", "other")}


def rep_of_token(runtime: Runtime) -> Callable[..., Awaitable[str]]:
    """A dependency: whose token came, a rep's or a team lead's. Raises Problem 401 and 403."""
    check = runtime.gate.require(Scope.LEADS_ACT, chooses=True, scheme=REP)

    async def rep_who_calls(principal: Annotated[Principal, Depends(check)]) -> str:
        return rep_of(principal)

    return rep_who_calls
