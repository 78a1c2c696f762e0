"""Scorecards: compared on stored leads, tried in the shadow, promoted."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.model import UtcTime
from rulebook import store as rulebook_store
from scoring import promotion
from scoring.api.paging import Limit, PlainText
from scoring.comparison import Candidate, Comparisons, NoScorecard, Ready, TooManyComparisons
from scoring.errors import as_problems
from scoring.promotion import NoShadow, PublishedMeanwhile
from scoring.shadow_summary import summaries
from scoring.store import shadows
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusal, refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime

Line = Annotated[PlainText, Path(description="id of a product line", examples=["main"])]
Sample = Annotated[int, Query(ge=0, le=500, description="leads that stand elsewhere, at most so many")]


class Compared(BaseModel):
    """A published version, a scorecard, a whole rulebook, or the line's shadow; none: what is in force."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    scorecard: dict[str, Any] | None = Field(default=None, description="in place of the line's in force")
    rulebook: dict[str, Any] | None = None
    shadow: bool = False

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        given = [self.version, self.scorecard, self.rulebook, self.shadow or None]
        if sum(each is not None for each in given) > 1:
            raise ValueError(
                "send one of version, scorecard, rulebook and shadow, or {} for what is in force"
            )
        return self

    @property
    def candidate(self) -> Candidate:
        """What it names."""
        return Candidate(self.version, self.scorecard, self.rulebook, self.shadow)


class Question(BaseModel):
    """Two scorecards of a line, and on how many of the newest leads they are compared."""

    model_config = ConfigDict(extra="forbid")

    line: PlainText = Field(min_length=1, max_length=200, examples=["main"])
    a: Compared = Compared()
    b: Compared
    most: int = Field(default=5_000, ge=1, le=50_000)


class Decision(BaseModel):
    """Who promotes, and why: kept for good. From when on: not before the version it is made of; absent: as
    early as possible."""

    model_config = ConfigDict(extra="forbid")

    by: PlainText = Field(min_length=1, max_length=200, examples=["ana"])
    why: PlainText = Field(min_length=1, max_length=1000)
    effective_from: UtcTime | None = None


def scorecard_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    comparisons, rulebooks = Comparisons(runtime), rulebook_store.RulebookCache()

    @router.post(
        "/scorecards/compare",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ),
        tags=["scorecards"],
        response_class=StreamingResponse,
        responses={
            **refusals(404),
            429: refusal("As many comparisons run as may; ask again once one has ended."),
            200: {"content": {"application/x-ndjson": {}}, "description": "One JSON object a line."},
        },
    )
    async def compare_scorecards(question: Question) -> StreamingResponse:
        """Score stored leads by two scorecards, and say who would stand elsewhere. Nothing of it is kept.

        The newest leads of the line, open ones as of now, ended ones as of their first handoff. A line of
        JSON says what is compared, some say how far it is (`seen`, `of`), the last one has the `result`:
        quadrants and stages of `a` by those of `b`, what was won of each quadrant, how many of the open leads
        are expected to be, and a sample of those that would stand elsewhere. 422 with all findings where a
        scorecard is not valid, 429 while two comparisons run.
        """
        with _as_problems():
            a, b = await comparisons.ready(question.line, question.a.candidate, question.b.candidate)
        lines = _lines(comparisons, question, a, b)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @router.get(
        "/scorecards/shadow", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["scorecards"]
    )
    async def shadow_scorecards(sample: Sample = 20) -> dict[str, Any]:
        """Scorecards in the shadow in force: how many leads stand elsewhere by each, who, since when, and how
        many of those that ended were won by the quadrants of both."""
        with as_problems():
            return {"shadows": await summaries(runtime, rulebooks, sample)}

    @router.get(
        "/scorecards/promotions", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["scorecards"]
    )
    async def list_promotions(limit: Limit = 50) -> dict[str, Any]:
        """Which scorecards left the shadow, the last first: by whom, why, and how many leads differed."""
        async with runtime.database.acquire() as conn:
            return {"promotions": await shadows.promotions(conn, limit)}

    @router.post(
        "/scorecards/{line}/promote",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_WRITE),
        status_code=201,
        tags=["scorecards"],
        responses=refusals(404, 409),
    )
    async def promote_scorecard(line: Line, decision: Decision, who: Who) -> dict[str, Any]:
        """Publish the newest version again with the line's scorecard in the shadow as the line's own. The
        folder that the rulebook is written in does not know of it: move the file there, too."""
        with _as_problems():
            caller = who.named(decision.by)
            kept, published = await promotion.promote(
                runtime,
                line,
                by=caller.by,
                why=decision.why,
                effective_from=decision.effective_from,
                asked=entry(caller, "scorecard.promote", "line", line),
            )
        async with runtime.database.acquire() as conn:
            rulebook = (await rulebook_store.read_version(conn, kept["rulebook_version"])).rulebook
        warnings = [str(each) for each in published.warnings]
        return {**kept, "scorecard": rulebook["scorecards"][line], "warnings": warnings}


@contextmanager
def _as_problems() -> Iterator[None]:
    with as_problems():
        try:
            yield
        except (NoScorecard, NoShadow) as error:
            raise Problem(404, "No such scorecard", str(error), field="line") from error
        except TooManyComparisons as error:
            raise Problem(429, "Too many comparisons", str(error)) from error
        except PublishedMeanwhile as error:
            raise Problem(409, "Published meanwhile", str(error)) from error


async def _lines(comparisons: Comparisons, question: Question, a: Ready, b: Ready) -> AsyncIterator[bytes]:
    names = {
        key: {"name": each.name, "warnings": [str(warning) for warning in each.warnings]}
        for key, each in (("a", a), ("b", b))
    }
    yield orjson.dumps({"line": question.line, **names}) + b"\n"
    async for told in comparisons.compare(question.line, a, b, most=question.most):
        yield orjson.dumps(told, default=str) + b"\n"
