"""Tokens are given, looked up and ended. Shown once; only their SHA-256 is kept."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from router.errors import UnknownItem, UnknownRep
from router.handlers.reps import hash_token
from router.store import Row, q
from service_kit.audit import Caller
from service_kit.auth_principal import SCOPES, Principal, Role, Scope, known_scopes
from service_kit.postgres import Connection
from service_kit.problems import Problem
from service_kit.unit import Unit

MOST_DAYS = 400
USUAL_DAYS = 365
"""Of a rep's own token, where nobody says otherwise."""
PREFIXES = {
    Role.REP: "rep_",
    Role.TEAM_LEAD: "lead_",
    Role.MANAGER: "mgr_",
    Role.OPERATOR: "oper_",
    Role.MACHINE: "mach_",
}
"""What a token begins with, so that scanners for secrets find it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A token to be made. `scopes` are among those of the role."""

    name: str
    role: Role
    rep: str | None
    scopes: frozenset[Scope]
    days: int

    @classmethod
    def of_rep(cls, rep: str) -> "Wish":
        """The usual token of a rep."""
        return cls(rep, Role.REP, rep, SCOPES[Role.REP], USUAL_DAYS)


def give(wish: Wish, who: Caller) -> Callable[[Unit], Awaitable[dict[str, Any]]]:
    """The transaction that makes a token; only its answer ever holds it.

    Nobody gives what they do not have: raises Problem 403 at once. The transaction raises UnknownRep.
    """
    lacking = sorted(scope for scope in wish.scopes if not who.principal.may(scope))
    if lacking:
        raise Problem(
            403,
            "Your own token does not allow that much",
            f"name under scopes what you have yourself; you lack {', '.join(lacking)}",
        )

    async def run(unit: Unit) -> dict[str, Any]:
        if wish.rep is not None and not await unit.conn.fetch(q.one_rep, wish.rep):
            raise UnknownRep(wish.rep)
        token = PREFIXES[wish.role] + secrets.token_urlsafe(32)
        identity, expires = uuid4(), unit.now + timedelta(days=wish.days)
        scopes = sorted(wish.scopes)
        unit.note("token", None, str(identity))
        unit.note("scopes", None, scopes)
        unit.note("expires_at", None, expires.isoformat())
        await unit.conn.execute(
            q.insert_token,
            identity,
            hash_token(token),
            wish.name,
            wish.role,
            wish.rep,
            scopes,
            unit.now,
            who.by,
            expires,
        )
        return {
            "id": identity,
            "token": token,
            "role": wish.role,
            "rep_id": wish.rep,
            "scopes": scopes,
            "expires_at": expires,
        }

    return run


def revoke(identity: UUID, by: str) -> Callable[[Unit], Awaitable[dict[str, Any]]]:
    """The transaction that ends a token; from its commit on it opens nothing. Raises UnknownItem."""

    async def run(unit: Unit) -> dict[str, Any]:
        row = await unit.conn.fetchrow(q.revoke_token, identity, unit.now, by)
        if row is None:
            raise UnknownItem("token", identity, "GET /v1/tokens")
        unit.note("revoked_at", None, row["revoked_at"].isoformat())
        return dict(row)

    return run


async def holder(conn: Connection, token: str, now: datetime) -> Principal | None:
    """Whose token it is, noted as used; None for one that is unknown, has expired or was revoked."""
    row = await conn.fetchrow(q.token_of_hash, hash_token(token), now)
    if row is None:
        return None
    if row["last_used_at"] is None or now - row["last_used_at"] >= timedelta(hours=1):
        await conn.execute(q.note_token_used, row["id"], now)
    return _principal(row)


def _principal(row: Row) -> Principal:
    role = Role(row["role"])
    return Principal(
        role, row["rep_id"] or row["name"], row["name"], known_scopes(row["scopes"]) & SCOPES[role]
    )
