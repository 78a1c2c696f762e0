"""Which lead a rep means who gives one back as a duplicate: by its id or by the person's e-mail."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from lead_events.words import ProgressKind
from router.domain.acts import Act, PastAct
from router.domain.leads import Lead
from router.errors import NoSuchDuplicate
from router.store import q
from service_kit.postgres import Connection

FIELD = "duplicate_of"


async def with_named(
    conn: Connection, lead: Lead, act: Act, past: Sequence[PastAct]
) -> tuple[Act, NoSuchDuplicate | None]:
    """The act with the id of the lead it names, and what is wrong with that name, if something is.

    An e-mail is not kept: its person may be erased one day. Said again under its key, the act means the lead
    that it meant at first.
    """
    said = act.content.get(FIELD)
    if act.kind is not ProgressKind.REJECTED or said is None:
        return act, None
    before = next((done for done in past if act.key is not None and done.key == act.key), None)
    if before is not None and "@" in said and FIELD in before.content:
        return _naming(act, before.content[FIELD]), None
    try:
        found = await _find(conn, lead, str(said).strip())
    except NoSuchDuplicate as error:
        return act, error
    return _naming(act, str(found)), None


def _naming(act: Act, lead: str) -> Act:
    return replace(act, content=act.content | {FIELD: lead})


async def _find(conn: Connection, lead: Lead, said: str) -> UUID:
    """Raises NoSuchDuplicate. Of an e-mail's leads: of the same line before others, open ones before ended
    ones, the newest."""
    if "@" in said:
        row = await conn.fetchrow(q.lead_of_email, said, lead.id, lead.is_test, lead.line)
        if row is None:
            raise NoSuchDuplicate("no other lead of this e-mail is known here")
        return UUID(str(row["id"]))
    try:
        named = UUID(said)
    except ValueError:
        raise NoSuchDuplicate(f"{said!r} is neither a lead's id nor an e-mail") from None
    if named == lead.id:
        raise NoSuchDuplicate("it names this lead itself")
    row = await conn.fetchrow(q.lead_named, named)
    if row is None:
        raise NoSuchDuplicate(f"no lead {named} is known here")
    if row["is_test"] != lead.is_test:
        raise NoSuchDuplicate("one of the two is a test lead, and tests are nobody")
    return named
