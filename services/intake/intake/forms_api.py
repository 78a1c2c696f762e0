"""What an operator sees of the forms served here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from intake.needs import Needs
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope


def forms_router(gate: Gate, needs: Needs, now: Callable[[], datetime]) -> APIRouter:
    """The forms in force, as this instance can serve them."""
    router = APIRouter(tags=["operations"], dependencies=gate.allowed(Scope.FORMS_READ))

    @router.get("/v1/forms")
    async def forms() -> dict[str, Any]:
        """Each form in force with the secrets that have no usable value in this process.

        `lacks`: what the secret is for, the variable and the file that it is read from, what posts hear until
        it is there, and all of it as a sentence. `unproven`: posts that proved nothing since the last that
        did, since this process started; null for none.
        """
        return {"forms": needs.as_json(now())}

    return router
