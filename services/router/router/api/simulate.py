"""What would be: one lead with the live state, past leads through another plan, reps that a promise needs."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lead_events.model import UtcTime
from lead_events.scored import Account
from lead_events.words import Quadrant
from router.api.allowed import allowed
from router.api.refusals import refusals_as_problems
from router.books import Books
from router.domain.leads import Lead
from router.roster import RepReader
from router.whatif.history import Histories, NoSuchPeriod, Ready, SimulationBroke, TooManySimulations
from router.whatif.one import Simulator
from rulebook.cel import ConditionInvalid
from rulebook.context import PROFILE_FIELDS
from rulebook.countries import country_code
from rulebook.findings import RulebookInvalid, errors_in
from rulebook.languages import language_code
from service_kit.auth_principal import Scope
from service_kit.documents import refusal
from service_kit.problems import Problem
from service_kit.runtime import Runtime

_LOG = logging.getLogger(__name__)
NEVER_LEAD = UUID(int=0)
USUAL = timedelta(days=90)
PlainText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=200)]


_OF_THE_PROFILE = frozenset(PROFILE_FIELDS)


def _as_rules_read(profile: dict[str, Any]) -> dict[str, Any]:
    """Country and language by their codes and employees as a number, as forms make of them."""
    read = dict(profile)
    for name, code, example in (("country", country_code, "ES"), ("language", language_code, "es")):
        told = profile.get(name)
        read[name] = code(told) if isinstance(told, str) else None
        if told is not None and read[name] is None:
            raise ValueError(f"{name} {told!r} is none; write it as {example}")
    employees = str(profile.get("employees", 0))
    if not employees.isdecimal():
        raise ValueError(f"employees {employees!r} is no number; write for example 40")
    read["employees"] = int(employees)
    return {name: value for name, value in read.items() if profile.get(name) is not None}


class LeadToTry(BaseModel):
    """A lead as people know it. Whatever else rules ask about stands under `profile`, or beside it."""

    model_config = ConfigDict(extra="forbid")

    line: PlainText = "main"
    quadrant: Quadrant = Quadrant.PERFECT
    fit: int = Field(default=100, ge=0, le=100)
    interest: int = Field(default=100, ge=0, le=100)
    profile: Annotated[dict[str, Any], AfterValidator(_as_rules_read)] = Field(
        default_factory=dict, examples=[{"country": "ES", "employees": 40}]
    )
    form: PlainText = ""
    source: PlainText = ""
    campaign: PlainText | None = None
    asks: bool = Field(default=False, description="whether the buyer asks to be contacted")
    person_id: UUID | None = Field(default=None, description="whose rep goes before the pool")
    account: Account | None = None
    purposes: list[PlainText] = Field(default_factory=list, description="what the person consents to")
    expected_value: int | None = Field(
        default=None, ge=0, le=2**62, description="minor units of the company's currency"
    )

    @model_validator(mode="before")
    @classmethod
    def _profile_fields_may_stand_beside(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("profile", {}), dict):
            return given
        beside = {name: value for name, value in given.items() if name in _OF_THE_PROFILE}
        others = {name: value for name, value in given.items() if name not in _OF_THE_PROFILE}
        return {**others, "profile": {**beside, **given.get("profile", {})}} if beside else given

    def as_lead(self) -> Lead:
        """As the rules see it."""
        account = self.account.model_dump(mode="json", exclude_none=True) if self.account else None
        return Lead(
            NEVER_LEAD,
            person_id=self.person_id,
            line=self.line,
            quadrant=self.quadrant,
            profile=dict(self.profile),
            score={"fit": self.fit, "interest": self.interest},
            form_id=self.form,
            source=self.source,
            campaign=self.campaign,
            asks=self.asks,
            account=account,
            value=self.expected_value,
            told={"consent": {"given": True, "purposes": self.purposes}} if self.purposes else {},
        )


class Period(BaseModel):
    """Leads that came to be routed from `since` to `until`."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime
    until: UtcTime | None = Field(default=None, description="by default now")


class Draft(Period):
    """Another plan: a whole rulebook, or a routing in place of the one in force; neither: the one in force.
    The same `seed` gives the same luck."""

    rulebook: dict[str, Any] | None = None
    routing: dict[str, Any] | None = Field(
        default=None, description="tables it does not bring are those in force"
    )
    seed: int = Field(default=1, ge=0, le=2**31 - 1)


class Promise(Period):
    """How many reps a pool needs so that this share of buyers has a first response within the promise."""

    pool: PlainText
    in_time: float = Field(default=0.95, gt=0, lt=1)


_STREAM: dict[int | str, dict[str, Any]] = {
    429: refusal("As many simulations run as may; ask again once one has ended."),
    200: {"content": {"application/x-ndjson": {}}, "description": "One JSON object a line."},
}


def simulate_router(runtime: Runtime, books: Books, reader: RepReader) -> APIRouter:
    """The routes, for the operator."""
    router = APIRouter(
        prefix="/v1/simulate",
        tags=["simulate"],
        dependencies=allowed(runtime, Scope.ROUTING_READ),
    )
    histories, simulator = Histories(runtime, books), Simulator(runtime, books, reader)

    @router.post("")
    async def simulate_one(lead: LeadToTry) -> dict[str, Any]:
        """What would become of this lead if it came now: who would have it and why, or why it would wait.
        Nothing is written, and nobody's turn changes."""
        with refusals_as_problems():
            return await simulator.one(lead.as_lead())

    @router.post("/history", response_class=StreamingResponse, responses=_STREAM)
    async def simulate_history(draft: Draft) -> StreamingResponse:
        """Past leads through another plan, beside the plan in force by the same model and what happened.

        Some lines say how far it is (`seen`, `of`), the last one has the `result`. Leads of imports and test
        leads are left out and counted; of erased leads only line and source are known to the rules.
        """
        with _as_problems():
            ready = await histories.ready_to_replay(
                rulebook=draft.rulebook,
                routing=draft.routing,
                since=draft.since,
                until=draft.until,
                seed=draft.seed,
            )
        return StreamingResponse(_lines(histories, ready), media_type="application/x-ndjson")

    @router.post("/reps", response_class=StreamingResponse, responses=_STREAM)
    async def simulate_reps(promise: Promise) -> StreamingResponse:
        """How many reps a pool needs: leads come as they did since then, reps respond as they did, and their
        number varies. Some lines say how far it is or what was `tried`, the last one has the `result`."""
        with _as_problems():
            ready = await histories.ready_to_staff(
                promise.pool, since=promise.since, until=promise.until, most_late=1 - promise.in_time
            )
        return StreamingResponse(_lines(histories, ready), media_type="application/x-ndjson")

    return router


@contextmanager
def _as_problems() -> Iterator[None]:
    with refusals_as_problems():
        try:
            yield
        except RulebookInvalid as error:
            detail = "; ".join(str(each) for each in errors_in(error.findings))
            raise Problem(
                422, "The plan cannot be used", f"{detail}; `baton check` says all of it"
            ) from error
        except NoSuchPeriod as error:
            raise Problem(422, "No such time", str(error), field="since") from error
        except (ConditionInvalid, ValueError) as error:
            detail = f"{error}; `baton check` says all of it"
            raise Problem(422, "The plan cannot be used", detail) from error
        except KeyError as error:
            raise Problem(422, "No such pool", str(error.args[0]), field="pool") from error
        except TooManySimulations as error:
            raise Problem(429, "Too many simulations", str(error)) from error


async def _lines(histories: Histories, ready: Ready) -> AsyncIterator[bytes]:
    """One that breaks off ends without a result."""
    try:
        async for told in histories.run(ready):
            yield orjson.dumps(told) + b"\n"
    except SimulationBroke:
        _LOG.exception("a simulation broke off")
