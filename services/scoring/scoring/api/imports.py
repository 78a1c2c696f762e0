"""Imports: how far they are, what became of their rows, and what a dry run asks."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from rulebook.identity import KINDS
from scoring.api.paging import Cursor, Limit, page, place
from scoring.domain.imports import answer
from scoring.errors import not_found
from scoring.store import imports
from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime

MOST_ROWS = 500
Key = Annotated[
    str,
    Field(
        pattern=rf"^({'|'.join(KINDS)}):[^\x00]{{1,320}}$",
        description="kind:value, normalised as intake's dry run gives it",
    ),
]
_Keys = Annotated[list[Key], Field(max_length=len(KINDS))]


class Check(BaseModel):
    """Rows of a file that is not imported yet, each by its identity keys."""

    model_config = ConfigDict(extra="forbid")

    rows: list[_Keys] = Field(
        min_length=1, max_length=MOST_ROWS, examples=[[["email:ana@example.com", "phone:+34600000001"]]]
    )


def import_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""

    @router.get("/imports", dependencies=runtime.gate.allowed(Scope.IMPORTS_READ), tags=["imports"])
    async def list_imports(limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """Imports, newest first, as intake told of them last."""
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await imports.newest(conn, after=after, limit=limit + 1)
        return page("imports", found, limit, at="started_at", identity="import_id")

    @router.post("/imports/check", dependencies=runtime.gate.allowed(Scope.IMPORTS_READ), tags=["imports"])
    async def check_rows(check: Check) -> dict[str, Any]:
        """Who of these is new, has an open lead, or is a customer. Keeps nothing."""
        rows = [[_name(key) for key in keys] for keys in check.rows]
        async with runtime.database.acquire() as conn:
            found = await imports.behind_keys(conn, rows)
        return answer(len(rows), found)

    @router.get(
        "/imports/{import_id}", dependencies=runtime.gate.allowed(Scope.IMPORTS_READ), tags=["imports"]
    )
    async def one_import(import_id: UUID) -> dict[str, Any]:
        """How far intake has read it, what became of its rows, and how many are still on their way.

        `repeated`: rows whose submission was kept before, by another import or twice in the file; null until
        `is_settled`, that is until the file is read and no row is on its way any more.
        """
        async with runtime.database.acquire() as conn:
            found = await imports.one(conn, import_id)
        if found is None:
            raise not_found("import", "GET /v1/imports lists them; one just sent may be on its way")
        return found


def _name(key: str) -> tuple[str, str]:
    kind, _, value = key.partition(":")
    return kind, value
