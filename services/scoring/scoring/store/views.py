"""What the API reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from rulebook.normalise import email_key
from scoring.domain.people import EMAIL, ROLE
from scoring.domain.profile import Known
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/views.sql")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that runs from newest to oldest: after the row of this time and id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads are asked for; None asks for all. `id_prefix`: 4 to 32 hexadecimal digits, no dashes.

    Of `email` and `id_prefix` one at most is given.
    """

    quadrant: str | None = None
    line: str | None = None
    email: str | None = None
    id_prefix: str | None = None


async def leads(conn: Connection, wanted: Wanted, *, after: Place | None, limit: int) -> list[dict[str, Any]]:
    """Leads, newest first; closed and merged ones too."""
    at, identity = (after.at, after.id) if after else (None, None)
    common = at, identity, wanted.quadrant, wanted.line, limit
    if wanted.email is not None:
        rows = await conn.fetch(_q.leads_of_email, *common, [EMAIL, ROLE], email_key(wanted.email))
    elif wanted.id_prefix is not None:
        first, last = UUID(wanted.id_prefix.ljust(32, "0")), UUID(wanted.id_prefix.ljust(32, "f"))
        rows = await conn.fetch(_q.leads_by_id_prefix, *common, first, last)
    else:
        rows = await conn.fetch(_q.list_leads, *common)
    return [_lead(row) for row in rows]


async def lead(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """One lead with the other open leads of its person and its submissions."""
    row = await conn.fetchrow(_q.one_lead, identity)
    if row is None:
        return None
    others = await conn.fetch(_q.other_open_leads, identity)
    submissions = await conn.fetch(_q.submissions_of_lead, identity)
    return {
        **_lead(row),
        "other_leads": [{"lead_id": other["id"], "line": other["line"]} for other in others],
        "submission_list": [dict(each) for each in submissions],
    }


async def score(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """The score of a lead that holds, with its contributions."""
    row = await conn.fetchrow(_q.score_of_lead, identity)
    return None if row is None else dict(row)


async def submission(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """One submission as it came, and what became of it."""
    row = await conn.fetchrow(_q.one_submission, identity)
    if row is None:
        return None
    found = dict(row)
    found["submission_id"] = found.pop("id")
    return {name: value for name, value in found.items() if value is not None}


async def submissions_by_prefix(conn: Connection, prefix: str, limit: int) -> list[dict[str, Any]]:
    """Submissions whose id begins so: 4 to 32 hexadecimal digits, no dashes."""
    first, last = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    return [dict(row) for row in await conn.fetch(_q.submissions_by_prefix, first, last, limit)]


def _lead(row: asyncpg.Record) -> dict[str, Any]:
    found = dict(row)
    origins = [origin[:3] for origin in found.pop("origins")]
    form, source, campaign = origins[0]
    profile = Known(found.pop("profile"), {}).as_mapping()
    found["lead_id"] = found.pop("id")
    return {
        **found,
        "form_id": form,
        "source": source,
        "campaign": campaign,
        "origins": origins,
        "profile": profile,
    }
