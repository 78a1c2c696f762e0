"""The spools of this instance over HTTP: its own, and those it drains for others."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from intake.journal import Journal
from intake.spool.adoption import Adoptions, told
from intake.spool.errors import NoSpool, SpoolOwned
from intake.spool.folder import Folder
from intake.spool.spool import Spool
from service_kit.audit import Who
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem


class Adoption(BaseModel):
    """Which spool to drain here."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(
        min_length=1,
        max_length=1000,
        description="the data folder that its instance had, below BATON_SPOOLS_ROOT",
        examples=["intake-2"],
    )


def spools_router(
    gate: Gate, journal: Journal, own: Spool, folder: Folder, adoptions: Adoptions
) -> APIRouter:
    """What is on disk here, and the way to drain what an instance that is gone has left."""
    router = APIRouter(prefix="/v1", tags=["operations"], dependencies=gate.allowed(Scope.OPERATE))

    @router.get("/spools")
    async def list_spools() -> dict[str, Any]:
        """This instance's spool, then those it has adopted since it started."""
        adopted = [
            told(each.path, each.counts, "drained" if each.is_drained else "draining")
            for each in adoptions.adopted.values()
        ]
        return {"spools": [told(folder.path, own.counts, "own"), *adopted]}

    @router.post("/spools/adopt", status_code=202, responses=refusals(404, 409))
    async def adopt_spool(wanted: Adoption, who: Who) -> dict[str, Any]:
        """Drain a spool that another instance left behind, its records under the ids they were given."""
        try:
            found = await adoptions.adopt(wanted.folder)
        except NoSpool as error:
            raise Problem(404, "No spool there", str(error), field="folder") from None
        except SpoolOwned as error:
            raise Problem(
                409, "The spool is in use", f"{error}: a running instance drains its own", field="folder"
            ) from None
        except (OSError, ValueError) as error:
            raise Problem(404, "The folder cannot be opened", str(error), field="folder") from None
        await journal.keep(who, "spool.adopt", "spool", wanted.folder)
        return told(found.path, found.counts, "draining")

    return router
