"""What a program saw of a lead that a rep has: a call, a deal. With its id there it is proved."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from lead_events.model import UtcTime
from lead_events.words import ProgressKind
from router.api.allowed import allowed
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.api.reps import Contacted, Evidence, Key, ReportOutcome
from router.domain.acts import Act
from router.handlers.acts import ActHandler
from router.handlers.proved import report
from service_kit.audit import Caller, audited
from service_kit.auth_principal import Role, Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

At = Annotated[
    UtcTime | None,
    Field(description="when it was, with an offset; left out or still to come: now"),
]
Whose = Annotated[
    str | None,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="the rep who did it; left out: who has the lead, or had it last",
    ),
]


class ProvedContact(Contacted):
    """A contact or a try that a program saw, such as a call."""

    evidence: Evidence
    at: At = None
    rep: Whose = None


class ProvedOutcome(ReportOutcome):
    """How the selling goes, as a program has it, such as a deal."""

    evidence: Evidence
    at: At = None
    rep: Whose = None


_REFUSALS = refusals(404, 409, 422, 503)


def proved_router(runtime: Runtime, acts: ActHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for programs. `wake` is called when an act has freed a rep."""
    router = APIRouter(prefix="/v1/leads", tags=["programs"])
    allowing = allowed(runtime, Scope.EVENTS_WRITE)

    async def do(who: Caller, lead: UUID, act: Act, rep: str | None) -> Any:
        work = audited(who, f"lead.{act.kind}", "lead", lead, report(acts, lead, act, rep))
        with refusals_as_problems():
            done = await runtime.in_transaction(work)
        if done.frees:
            wake()
        return done.answer

    @router.post("/{lead_id}/contacted", responses=_REFUSALS, dependencies=allowing)
    async def contacted(lead_id: UUID, said: ProvedContact, who: Who, key: Key = None) -> Any:
        """Report a contact or a try that you saw. Each `evidence` is one contact, however often it is sent;
        one from before the lead was handed to the rep is refused."""
        kind = ProgressKind.CONTACTED
        return await do(who, lead_id, _act(kind, said, who, key or f"{kind}:{said.evidence}"), said.rep)

    @router.post("/{lead_id}/outcome", responses=_REFUSALS, dependencies=allowing)
    async def outcome(lead_id: UUID, said: ProvedOutcome, who: Who, key: Key = None) -> Any:
        """Report how the selling goes. Of a lead that it has ended, another value puts the amount right."""
        return await do(who, lead_id, _act(ProgressKind.OUTCOME, said, who, key), said.rep)

    return router


def _act(kind: ProgressKind, said: ProvedContact | ProvedOutcome, who: Caller, key: str | None) -> Act:
    """As the rep's own, proved where a program says it: an operator's word is a word."""
    content = said.model_dump(mode="json", exclude_none=True, exclude={"at", "rep"})
    return Act(kind, content, key, by_machine=who.principal.role is Role.MACHINE, claimed_at=said.at)
