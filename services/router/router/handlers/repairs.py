"""What reps give back for marketing to put right: wrong data, and leads that are another one, it is not said
which. Where it is said, scoring makes the two one, and asks where it may not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from lead_events.words import ProgressKind, RejectCode
from router.domain.acts import Act
from router.domain.leads import Lead
from router.errors import UnknownItem
from router.store import q
from service_kit.unit import Unit

_LISTED = (RejectCode.WRONG_DATA, RejectCode.DUPLICATE)


async def note_repair(unit: Unit, cause: UUID, lead: Lead, rep: str, act: Act) -> None:
    """List a lead that its rep rejects for wrong data, or as a duplicate and does not say of which; the act's
    id is the entry's."""
    content = act.content
    if act.kind is not ProgressKind.REJECTED or content.get("code") not in _LISTED or lead.is_test:
        return
    if content.get("duplicate_of") is not None:
        return
    await unit.conn.execute(
        q.insert_repair, cause, lead.id, rep, content["code"], unit.now, content.get("reason")
    )


def resolve(identity: UUID, by: str) -> Callable[[Unit], Any]:
    """The transaction that takes an entry off the list; said again it changes nothing. Raises UnknownItem."""

    async def run(unit: Unit) -> dict[str, Any]:
        row = await unit.conn.fetchrow(q.resolve_repair, identity, unit.now, by)
        if row is None:
            raise UnknownItem("repair", identity, "GET /v1/repairs")
        return dict(row)

    return run
