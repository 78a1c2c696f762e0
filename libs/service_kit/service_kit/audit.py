"""The audit log: every change that somebody asks for, by whom, written in the transaction of the change."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request

from service_kit.auth_principal import Principal
from service_kit.queries import load_queries
from service_kit.unit import Unit

T = TypeVar("T")
Also = Callable[[Unit], Awaitable[None]]
"""What is done in the transaction of something else, after it."""
Operator = Annotated[
    str,
    Header(
        pattern=r"^[\x20-\x7e]{1,100}$",
        description="who changes it, where the operator's own token is used: 1 to 100 printable ASCII "
        "characters; every other token says by itself whose it is",
    ),
]
MOST_OF_AN_ID = 100
"""Characters of an X-Request-Id that are kept."""
_q = load_queries("service_kit")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a change, and the name that it is kept under."""

    principal: Principal
    by: str
    request_id: str | None = None

    def named(self, said: str) -> "Caller":
        """The same, where the body says the name: it is believed of the operator's own token alone."""
        return replace(self, by=self.principal.signs_as(said or self.by))


def caller(request: Request, x_operator: Operator = "operator") -> Caller:
    """Who passed the gate of this route."""
    found: Principal = request.state.principal
    said = request.headers.get("x-request-id", "")
    kept = said[:MOST_OF_AN_ID] if said.isascii() and said.isprintable() else ""
    return Caller(found, found.signs_as(x_operator), kept or None)


Who = Annotated[Caller, Depends(caller)]


async def audit(
    unit: Unit, who: Caller, action: str, kind: str, identity: object, fields: Collection[str] = ()
) -> None:
    """Keep that somebody changed something: `fields` are names of what was sent, and what the unit noted as
    changed is kept from what to what. Nothing of a lead's person may stand in either.
    """
    detail: dict[str, Any] = {"fields": sorted(fields)} if fields else {}
    if unit.changes:
        detail["changes"] = {name: list(each) for name, each in unit.changes.items()}
    await unit.conn.execute(
        _q.insert_audit,
        unit.now,
        who.principal.role,
        who.principal.subject,
        who.by,
        action,
        kind,
        str(identity),
        detail,
        who.request_id,
    )


def entry(who: Caller, action: str, kind: str, identity: object, fields: Collection[str] = ()) -> Also:
    """That somebody asked for something, for the transaction that does it."""

    async def keep(unit: Unit) -> None:
        await audit(unit, who, action, kind, identity, fields)

    return keep


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
