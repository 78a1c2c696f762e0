"""Reads ended leads with what was known of each before sales had it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lead_events import LeadSubmitted
from scoring.domain.interest import VISITOR
from scoring.domain.training import Ended, History
from scoring.store import feedback, interest
from scoring.store.save import columns
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/training.sql")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which leads: of a line or all, opened since a moment, and whether open ones with an outcome too."""

    line: str | None = None
    since: datetime | None = None
    with_open: bool = False


async def ended(conn: Connection, asked: Asked, *, after: Place | None, limit: int) -> list[Ended]:
    """Leads in the order they were opened."""
    at, identity = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(_q.ended_leads, asked.line, asked.with_open, asked.since, at, identity, limit)
    return [
        Ended(
            id=row["id"],
            line=row["line"],
            opened_at=row["opened_at"],
            origin=(row["origin"][0], row["origin"][1], row["origin"][2]),
            handed_at=row["handed_at"],
            closed_at=row["closed_at"],
            closed_reason=row["close_reason"],
        )
        for row in rows
    ]


async def histories(conn: Connection, leads: Sequence[Ended]) -> list[History]:
    """The same leads with their histories. One whose person was erased meanwhile has no submissions left."""
    submissions: dict[UUID, list[LeadSubmitted]] = defaultdict(list)
    own: dict[UUID, set[UUID]] = defaultdict(set)
    asked = columns(((each.id, each.known_until) for each in leads), 2)
    for row in await conn.fetch(_q.submissions_before, *asked):
        submission = LeadSubmitted.model_validate(row["event"])
        submissions[row["lead"]].append(submission)
        if row["is_own"]:
            own[row["lead"]].add(submission.submission_id)
    signals = await _signals(conn, leads)
    said = await feedback.of_leads(conn, [each.id for each in leads])
    return [
        History(
            lead=each,
            submissions=submissions[each.id],
            own=frozenset(own[each.id]),
            signals=signals.get(each.id, {}),
            said=said.get(each.id, ()),
        )
        for each in leads
    ]


async def _signals(conn: Connection, leads: Sequence[Ended]) -> dict[UUID, dict[str, int]]:
    """By lead and kind. Whoever shares a browser is not known by it."""
    rows = await conn.fetch(_q.names_of_leads, [each.id for each in leads])
    names = [(row["lead"], row["kind"], row["value"]) for row in rows]
    owners = await interest.owners(conn, {value for _, kind, value in names if kind == VISITOR})
    by_id = {each.id: each for each in leads}
    asked = [
        (lead, f"{kind}:{value}", by_id[lead].known_until, by_id[lead].line)
        for lead, kind, value in names
        if kind != VISITOR or len(owners.get(value, ())) < 2
    ]
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await conn.fetch(_q.signals_before, *columns(asked, 4)) if asked else []:
        found[row["lead"]][row["kind"]] = row["signals"]
    return found
