"""A lead as it stands, read without a lock: what a score as of now is made of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scoring.domain.interest import Signals
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import Person
from scoring.domain.publications import Cards
from scoring.store import accounts, interest
from scoring.store.load import lead_of, person_of
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/views.sql")


@dataclass(frozen=True, slots=True)
class Standing:
    """An open lead, its person, and what that one did beside sending forms."""

    lead: Lead
    person: Person
    signals: Signals


async def of_lead(conn: Connection, identity: UUID, cards: Cards, now: datetime) -> Standing | None:
    """None for a lead that is not open, or not known."""
    row = await conn.fetchrow(_q.whole_lead, identity)
    if row is None or row["state"] != LeadState.OPEN:
        return None
    lead = lead_of(row)
    known = await conn.fetchrow(_q.whole_person, lead.person_id)
    if known is None:
        return None
    person = person_of(known)
    lead.account = (await accounts.load(conn, [person])).told(person.known, lead.line)
    return Standing(lead, person, await interest.load(conn, [person], (), [cards], now))
