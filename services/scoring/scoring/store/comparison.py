"""Reads stored leads with all that a score is made of, unlocked: for scorecards compared on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scorecard.score import Signal
from scoring.domain.comparison import Outcome
from scoring.domain.leads import Lead
from scoring.domain.people import People, Person
from scoring.domain.publications import Cards
from scoring.store import accounts, interest
from scoring.store.load import lead_of, person_of
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/comparison.sql")


@dataclass(frozen=True, slots=True)
class Stored:
    """A lead as a score is made of it, as of `moment`: now, or of an ended one when sales first had it."""

    lead: Lead
    person: Person
    signals: Sequence[Signal]
    moment: datetime
    outcome: Outcome


async def count(conn: Connection, line: str, most: int) -> int:
    """How many leads there are to compare on, at most so many."""
    found: int = await conn.fetchval(_q.count_leads_to_compare, line, most)
    return found


async def read(
    conn: Connection, line: str, cards: Sequence[Cards], now: datetime, *, after: Place | None, limit: int
) -> list[Stored]:
    """Open leads of a line and those that ended, the newest first. What their persons did later than
    `moment` is left out."""
    at, identity = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(_q.leads_to_compare, line, at, identity, limit)
    if not rows:
        return []
    found = await conn.fetch(_q.persons_with_survivors, [row["person_id"] for row in rows])
    persons = [person_of(row) for row in found]
    people = People([], persons)
    moments = [row["handed_at"] or row["closed_at"] or now if row["closed_at"] else now for row in rows]
    signals = await interest.load(conn, persons, (), cards, min(moments))
    whose = await accounts.load(conn, persons)
    read = []
    for row, moment in zip(rows, moments, strict=True):
        lead = lead_of(row)
        person = people.root(lead.person_id)
        lead.account = whose.told(person.known, lead.line)
        done = [each for each in signals.of(person.id, line) if each.at <= moment]
        read.append(Stored(lead, person, done, moment, _outcome(row["close_reason"])))
    return read


def _outcome(reason: str | None) -> Outcome:
    if reason is None:
        return Outcome.OPEN
    return Outcome.WON if reason == "won" else Outcome.NOT_WON
