"""What another plan would do to open leads, before it is published."""

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from router.api.allowed import allowed
from router.books import Books
from router.domain.book import Book, read_book
from router.domain.moves import Move, why
from router.handlers.moves import foresee
from router.locked import Member
from router.store import q
from rulebook.cel import ConditionInvalid
from rulebook.findings import RulebookInvalid
from rulebook.publication import parse
from service_kit.auth_principal import Scope
from service_kit.problems import Problem
from service_kit.runtime import Runtime

MOST_LISTED = 1000


class Draft(BaseModel):
    """A whole rulebook as `baton rulebook publish` would send it."""

    model_config = ConfigDict(extra="forbid")

    rulebook: dict[str, Any] = Field(description="a whole rulebook, as JSON")


def moves_router(runtime: Runtime, books: Books) -> APIRouter:
    """The routes, for the operator."""
    router = APIRouter(
        prefix="/v1/routing",
        tags=["operators"],
        dependencies=allowed(runtime, Scope.ROUTING_READ),
    )

    @router.post("/moves")
    async def list_moves(
        draft: Draft, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 500
    ) -> dict[str, Any]:
        """Open leads for which this plan has another pool than the one in force, which of them would move and
        why; nothing is changed. Counts are of all, the list holds the first."""
        after = _read(draft)
        counts: Counter[str] = Counter()
        listed: list[dict[str, Any]] = []
        async with runtime.database.acquire() as conn:
            before = (await books.shelf(conn)).at(await runtime.database.clock.now(conn))
            members = [Member(**row) for row in await conn.fetch(q.roster)]
            async for move in foresee(conn, before, after, members):
                counts[move.reason.value] += 1
                if len(listed) < limit:
                    listed.append(_shown(move, before, after))
        return {"open_leads": after.company.routing.open_leads, "counts": dict(counts), "moves": listed}

    @router.get("/changes")
    async def list_changes(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, Any]:
        """Versions as they came into force, newest first, and how many open leads have followed."""
        async with runtime.database.acquire() as conn:
            return {"changes": [dict(row) for row in await conn.fetch(q.plan_changes, limit)]}

    return router


def _read(draft: Draft) -> Book:
    try:
        return read_book(0, parse(draft.rulebook))
    except (RulebookInvalid, ConditionInvalid, ValueError) as error:
        raise Problem(422, "The rulebook cannot be used", f"{error}; `baton check` says all of it") from error


def _shown(move: Move, before: Book | None, after: Book) -> dict[str, Any]:
    def name(pool: str) -> str:
        for book in (after, before):
            if book is not None and pool in book.pools:
                return book.pools[pool].name
        return pool

    return {
        "lead_id": move.lead.id,
        "line": move.lead.line,
        "rep": move.rep,
        "from": move.before.pool,
        "to": move.after.pool,
        "goes": move.goes,
        "reason": move.reason.value,
        "why": why(move, name),
    }
