"""The API of the roster: reps, their absences and hours, teams. Every change is audited."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from router.absentees import Absentees
from router.access.sight import reps_seen, teams_led
from router.api.allowed import allowed
from router.api.names import RepId, Who
from router.api.refusals import refusals_as_problems
from router.api.roster_bodies import Away, Back, RepNew, RepPatch, TeamPut
from router.domain.absences import away_at, read_spans
from router.domain.moments import read_moment
from router.errors import UnknownRep, UnknownTeam
from router.handlers.reps import RepHandler
from router.handlers.teams import put_team
from router.rep_rows import FIELDS
from router.store import Row, q
from service_kit.audit import Caller, audited
from service_kit.auth_principal import CONFINED, Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

TeamId = Annotated[
    str,
    Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="a team's id; GET /v1/teams lists them"),
]
Wake = Callable[[], None]
Feeds = list[dict[str, Any]]


def roster_router(runtime: Runtime, reps: RepHandler, absentees: Absentees, wake: Wake) -> APIRouter:
    """Routes for operators. `wake` is called when a change may have made room."""
    router = APIRouter(prefix="/v1", tags=["roster"])
    _add_reading(router, runtime)
    _add_changing(router, runtime, reps, wake)
    _add_coming_and_going(router, runtime, reps, absentees, wake)
    _add_teams(router, runtime)
    return router


def _add_reading(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/reps", dependencies=allowed(runtime, Scope.ROSTER_READ, chooses=True))
    async def list_reps(who: Who) -> dict[str, Any]:
        """The roster with everybody's load, and how the feeds of absences do."""
        feeds, now = await _feeds(runtime), await _now(runtime)
        async with runtime.database.acquire() as conn:
            seen = await reps_seen(conn, who.principal)
            rows = [row for row in await conn.fetch(q.all_reps) if seen is None or row["id"] in seen]
        reasons = sees_reasons(who)
        return {"reps": [_view(row, feeds, now, reasons=reasons) for row in rows]}

    @router.get("/reps/{rep_id}", dependencies=allowed(runtime, Scope.ROSTER_READ))
    async def read_rep(rep_id: RepId, who: Who) -> dict[str, Any]:
        """One rep."""
        return await shown(runtime, await one_rep(runtime, rep_id), reasons=sees_reasons(who))

    @router.get("/reps/{rep_id}/changes", dependencies=allowed(runtime, Scope.ROSTER_READ))
    async def read_changes(
        rep_id: RepId, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> dict[str, Any]:
        """What was changed about a rep, before and after, by whom and when; the newest on top."""
        await one_rep(runtime, rep_id)
        rows = await _rows(runtime, q.rep_changes, rep_id, limit)
        return {"rep_id": rep_id, "changes": [dict(row) for row in rows]}


def _add_changing(router: APIRouter, runtime: Runtime, reps: RepHandler, wake: Wake) -> None:
    writing = allowed(runtime, Scope.ROSTER_WRITE)

    @router.post("/reps", dependencies=writing, status_code=201, responses=refusals(503))
    async def add_rep(rep: RepNew, who: Who) -> dict[str, Any]:
        """A new rep; audited under the name in X-Operator."""
        with refusals_as_problems():
            made = reps.add(rep.id, rep.seed(), who.by, rep.changes().get("own_hours"))
            row = await runtime.in_transaction(audited(who, "rep.add", "rep", rep.id, made, rep.changes()))
        wake()
        return await shown(runtime, row)

    @router.patch("/reps/{rep_id}", dependencies=writing, responses=refusals(503))
    async def patch_rep(rep_id: RepId, patch: RepPatch, who: Who) -> dict[str, Any]:
        """Change a rep; audited under the name in X-Operator."""
        with refusals_as_problems():
            made = reps.change(rep_id, patch.changes(), who.by)
            done = audited(who, "rep.change", "rep", rep_id, made, patch.changes())
            row = await runtime.in_transaction(done)
        wake()
        return await shown(runtime, row)


def _add_coming_and_going(
    router: APIRouter, runtime: Runtime, reps: RepHandler, absentees: Absentees, wake: Wake
) -> None:
    away_or_back, writing = allowed(runtime, Scope.ROSTER_AWAY), allowed(runtime, Scope.ROSTER_WRITE)

    async def gone(row: Row) -> dict[str, Any]:
        return await what_follows(runtime, absentees, wake, row)

    @router.post(
        "/reps/{rep_id}/absences",
        dependencies=away_or_back,
        status_code=201,
        responses=refusals(503),
    )
    async def add_absence(rep_id: RepId, away: Away, who: Who) -> dict[str, Any]:
        """The rep is away. If they are now, what they have not answered goes on; `stay` is what remains."""
        since = read_moment(away.since) if away.since is not None else None
        with refusals_as_problems():
            made = reps.away(rep_id, since, read_moment(away.until), away.reason, who.by)
            done = audited(who, "rep.away", "rep", rep_id, made)
            return await gone(await runtime.in_transaction(done))

    @router.post("/reps/{rep_id}/back", dependencies=away_or_back, responses=refusals(503))
    async def come_back(rep_id: RepId, who: Who, back: Back | None = None) -> dict[str, Any]:
        """The rep is back: an absence that holds now ends, whatever its source. With `from` one that holds
        then ends then; with both, all between the two is no absence any more."""
        since, until = (back or Back()).span()
        with refusals_as_problems():
            made = audited(who, "rep.back", "rep", rep_id, reps.back(rep_id, who.by, since, until))
            row = await runtime.in_transaction(made)
        wake()
        return await shown(runtime, row)

    @router.post("/reps/{rep_id}/left", dependencies=writing, responses=refusals(503))
    async def leave(rep_id: RepId, who: Who) -> dict[str, Any]:
        """The rep has left for good. What they have not answered goes on; `stay` is for the team lead, and
        `teams_without_lead` are those that they led."""
        with refusals_as_problems():
            made = audited(who, "rep.left", "rep", rep_id, reps.left(rep_id, who.by))
            led = [row["id"] for row in await _rows(runtime, q.teams) if row["lead"] == rep_id]
            answer = await gone(await runtime.in_transaction(made))
        return {**answer, "teams_without_lead": led}


def _add_teams(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/teams", dependencies=allowed(runtime, Scope.ROSTER_READ, chooses=True))
    async def list_teams(who: Who) -> dict[str, Any]:
        """Teams, who leads them, and how the lead is told."""
        async with runtime.database.acquire() as conn:
            led = await teams_led(conn, who.principal) if who.principal.role in CONFINED else None
            rows = [row for row in await conn.fetch(q.teams) if led is None or row["id"] in led]
        return {"teams": [dict(row) for row in rows]}

    @router.put("/teams/{team_id}", dependencies=allowed(runtime, Scope.ROSTER_WRITE))
    async def change_team(team_id: TeamId, team: TeamPut, who: Who) -> dict[str, Any]:
        """Make or change a team; audited under the name in X-Operator."""
        with refusals_as_problems():
            content = team.model_dump(mode="json")
            work = audited(who, "team.put", "team", team_id, put_team(team_id, content, who.by), content)
            made: dict[str, Any] = await runtime.in_transaction(work)
        return made

    @router.get("/teams/{team_id}/unattended", dependencies=allowed(runtime, Scope.ROSTER_READ))
    async def list_unattended(team_id: TeamId) -> dict[str, Any]:
        """Open leads of the team's reps who are away now or have left: for the team lead to decide."""
        if team_id not in {row["id"] for row in await _rows(runtime, q.teams)}:
            with refusals_as_problems():
                raise UnknownTeam(team_id)
        now = await _now(runtime)
        gone = [
            row["id"]
            for row in await _rows(runtime, q.all_reps)
            if row["team"] == team_id and (row["left_at"] is not None or _away_until(row, now) is not None)
        ]
        return {"leads": [dict(row) for row in await _rows(runtime, q.open_of_reps, gone)]}


async def what_follows(runtime: Runtime, absentees: Absentees, wake: Wake, row: Row) -> dict[str, Any]:
    """What becomes of the leads of a rep whose absences have changed."""
    is_away = _away_until(row, await _now(runtime)) is not None or row["left_at"] is not None
    done = await absentees.reoffer(row["id"]) if is_away else None
    wake()
    stay = await _rows(runtime, q.open_of_reps, [row["id"]] if is_away else [])
    return {
        "rep": await shown(runtime, await one_rep(runtime, row["id"])),
        "reoffered": list(done.gone) if done else [],
        "stay": [dict(each) for each in stay],
    }


async def _rows(runtime: Runtime, query: str, *arguments: object) -> list[Row]:
    async with runtime.database.acquire() as conn:
        return list(await conn.fetch(query, *arguments))


async def _now(runtime: Runtime) -> datetime:
    async with runtime.database.acquire() as conn:
        now: datetime = await runtime.database.clock.now(conn)
        return now


async def one_rep(runtime: Runtime, rep: str) -> Row:
    """The row of a rep. Raises Problem 404."""
    rows = await _rows(runtime, q.one_rep, rep)
    if not rows:
        with refusals_as_problems():
            raise UnknownRep(rep)
    return rows[0]


async def _feeds(runtime: Runtime) -> dict[str, Feeds]:
    found: dict[str, Feeds] = {}
    for row in await _rows(runtime, q.every_feed):
        told = {name: row[name] for name in ("feed", "read_at", "failing_since", "problem", "unread")}
        found.setdefault(row["rep_id"], []).append(told)
    return found


def _away_until(row: Row, now: datetime) -> datetime | None:
    span = away_at(read_spans(row["document"].get("absences", [])), now)
    return span[1] if span is not None else None


def sees_reasons(who: Caller) -> bool:
    """Why somebody is away is for who may say that they are, and for nobody who only reads the roster."""
    return who.principal.may(Scope.ROSTER_AWAY)


async def shown(runtime: Runtime, row: Row, *, reasons: bool = True) -> dict[str, Any]:
    """A rep as the API tells of them; `reasons`: why they are away, too."""
    return _view(row, await _feeds(runtime), await _now(runtime), reasons=reasons)


def _view(row: Row, feeds: dict[str, Feeds], now: datetime, *, reasons: bool) -> dict[str, Any]:
    absences = row["absences"] if reasons else [{**each, "reason": "away"} for each in row["absences"]]
    return {
        **{name: row[name] for name in ("id", "open", *FIELDS)},
        "absences": absences,
        "time_zone": row["hours"]["tz"],
        "away_until": _away_until(row, now),
        "left_at": row["left_at"],
        "feeds": feeds.get(row["id"], []),
        "revision": row["revision"],
    }
