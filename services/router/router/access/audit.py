"""The audit log: every change by whom, written in the transaction of the change."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from router.store import q
from service_kit.auth_principal import Principal
from service_kit.unit import Unit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a change, and the name that it is kept under."""

    principal: Principal
    by: str
    request_id: str | None = None


async def audit(
    unit: Unit, who: Caller, action: str, kind: str, identity: object, fields: Collection[str] = ()
) -> None:
    """Keep that somebody changed something. `fields` are names of what was sent, never values."""
    await unit.conn.execute(
        q.insert_audit,
        unit.now,
        who.principal.role,
        who.principal.subject,
        who.by,
        action,
        kind,
        str(identity),
        {"fields": sorted(fields)} if fields else {},
        who.request_id,
    )


def audited(
    who: Caller,
    action: str,
    kind: str,
    identity: object,
    work: Callable[[Unit], Awaitable[T]],
    fields: Collection[str] = (),
) -> Callable[[Unit], Awaitable[T]]:
    """The same work, and that it was asked for: both are kept or neither."""

    async def run(unit: Unit) -> T:
        done = await work(unit)
        await audit(unit, who, action, kind, identity, fields)
        return done

    return run
