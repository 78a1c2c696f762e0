"""What reps and team leads see: their own leads, and those of their team. All others see all."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from router.books import Books
from router.store import q
from service_kit.auth_principal import CONFINED, Principal, Role
from service_kit.postgres import Connection
from service_kit.problems import Problem


async def reps_seen(conn: Connection, who: Principal) -> frozenset[str] | None:
    """The reps whose leads these are to see; None: all."""
    if who.role is Role.REP:
        return frozenset({who.subject})
    if who.role is Role.TEAM_LEAD:
        return frozenset(row["id"] for row in await conn.fetch(q.reps_led_by, who.subject))
    return None


async def pools_led(conn: Connection, who: Principal, books: Books, now: datetime) -> frozenset[str] | None:
    """The pools whose held leads these are to see and to give out: those all of whose reps they lead, and
    none for a rep; None: all.
    """
    if who.role not in CONFINED:
        return None
    book = (await books.shelf(conn)).at(now) if who.role is Role.TEAM_LEAD else None
    if book is None:
        return frozenset()
    teams, reps = await teams_led(conn, who), await reps_seen(conn, who) or frozenset()
    return frozenset(
        name
        for name, pool in book.pools.items()
        if (pool.team is None or pool.team in teams)
        and reps.issuperset(pool.reps)
        and (pool.team or pool.reps)
    )


async def leads_seen(
    conn: Connection, who: Principal, leads: Collection[UUID], pools: Collection[str] = ()
) -> frozenset[UUID]:
    """Those of these leads that they see: whoever has or last had them is of their reps, or they are held in
    one of these pools.
    """
    reps = await reps_seen(conn, who)
    if reps is None:
        return frozenset(leads)
    rows = await conn.fetch(q.leads_of_reps_among, list(leads), sorted(reps), list(pools))
    return frozenset(row["id"] for row in rows)


async def confine(
    conn: Connection, who: Principal, path: Mapping[str, str], pools: Collection[str] = ()
) -> None:
    """Raises Problem 404 for a lead, rep, team or decline that is not theirs, as for one that there is not,
    and 403 where the path names none. `path`: what it names, by the names of its parameters; `pools`: those
    that are theirs.
    """
    named = [name for name in _SEEN if name in path]
    if not named:
        raise Problem(
            403,
            "Only for who sees everything",
            f"a token of the role manager or operator is needed: yours is {who.role}",
        )
    for name in named:
        said = path[name]
        is_theirs = await (
            _lead(conn, who, said, pools) if name == "lead_id" else _SEEN[name](conn, who, said)
        )
        if not is_theirs:
            thing = name.removesuffix("_id")
            raise Problem(404, f"No such {thing}", f"no {thing} {said!r} is yours to see")


async def _lead(conn: Connection, who: Principal, said: str, pools: Collection[str] = ()) -> bool:
    lead = _uuid(said)
    return lead is None or lead in await leads_seen(conn, who, [lead], pools)


async def _rep(conn: Connection, who: Principal, said: str) -> bool:
    return said in (await reps_seen(conn, who) or ())


async def _team(conn: Connection, who: Principal, said: str) -> bool:
    return who.role is Role.TEAM_LEAD and said in await teams_led(conn, who)


async def _decline(conn: Connection, who: Principal, said: str) -> bool:
    identity = _uuid(said)
    if identity is None:
        return True
    rep = await conn.fetchval(q.rep_of_asked_decline, identity)
    return rep in (await reps_seen(conn, who) or ())


async def teams_led(conn: Connection, who: Principal) -> frozenset[str]:
    """The teams of a team lead."""
    return frozenset(row["id"] for row in await conn.fetch(q.teams_led_by, who.subject))


def _uuid(said: str) -> UUID | None:
    """None where it is none: the route says so itself."""
    try:
        return UUID(said)
    except ValueError:
        return None


_SEEN = {"lead_id": _lead, "rep_id": _rep, "team_id": _team, "decline_id": _decline}
