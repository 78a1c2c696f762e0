"""An operator changes a team: its name, who leads it, and how the lead is told."""

from collections.abc import Callable, Mapping
from typing import Any

from router.errors import RosterInvalid
from router.store import q
from service_kit.unit import Unit


def put_team(team: str, content: Mapping[str, Any], by: str) -> Callable[[Unit], Any]:
    """The transaction that makes or changes a team; audited. Raises RosterInvalid for an unknown lead."""

    async def run(unit: Unit) -> dict[str, Any]:
        lead = content["lead"]
        if lead is not None:
            await _check_lead(unit, lead)
        after = {"id": team, **content}
        rows = await unit.conn.fetch(q.lock_team, team)
        before = dict(rows[0]) if rows else {}
        if before != after:
            await unit.conn.execute(q.put_team, team, after["name"], lead, after["notify"])
            changed = [name for name in after if after[name] != before.get(name)]
            for name in sorted({"name", "lead"} & set(changed)):
                unit.note(name, before.get(name), after[name])
            told = {name: before[name] for name in changed if name in before}
            await unit.conn.execute(
                q.insert_team_change, team, unit.now, by, told, {name: after[name] for name in changed}
            )
        return after

    return run


async def leave_teams(unit: Unit, rep: str, by: str) -> None:
    """Who has left leads nobody: what needs a team lead goes where the plan's fallback says."""
    for row in await unit.conn.fetch(q.leave_teams, rep):
        await unit.conn.execute(q.insert_team_change, row["id"], unit.now, by, {"lead": rep}, {"lead": None})


async def _check_lead(unit: Unit, lead: str) -> None:
    rows = await unit.conn.fetch(q.one_rep, lead)
    if not rows:
        raise RosterInvalid("lead", f"no rep {lead!r} is in the roster; GET /v1/reps lists them")
    if rows[0]["left_at"] is not None:
        raise RosterInvalid("lead", f"{lead} has left; choose another of GET /v1/reps")
