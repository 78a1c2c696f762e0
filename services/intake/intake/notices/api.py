"""What an operator sees of notices."""

from typing import Any

from fastapi import APIRouter

from intake.notices.books import Books
from intake.notices.standing import Standing
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope


def notices_router(gate: Gate, standing: Standing, books: Books) -> APIRouter:
    """The state of fetching, as this instance has seen it since it started."""
    router = APIRouter(tags=["operations"], dependencies=gate.allowed(Scope.FORMS_READ))

    @router.get("/v1/notices")
    async def notices() -> dict[str, Any]:
        """Forms whose leads cannot be fetched, with the reason, since when, and how many notices wait.

        `to_be_fetched` counts the records, by topic, that the partitions read here still hold.
        """
        return {
            "forms": standing.as_json(),
            "to_be_fetched": books.waiting,
            "taken": books.taken,
            "ignored": books.ignored,
            **{state.value: count for state, count in books.became.items()},
        }

    return router
