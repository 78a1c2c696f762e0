"""What a CRM would be told of a lead, without telling it."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from router.api.assignments import score_in_words
from router.books import Books
from router.crm import ledger
from router.crm.conversation import hidden
from router.crm.rendering import auth_of, call_of
from router.crm.sender import connections_at
from router.crm.values import values_of
from router.errors import UnknownLead
from router.store import q
from rulebook.crm_order import in_order
from rulebook.crm_text import NoValue
from rulebook.models import CrmCall, CrmConnection
from service_kit.problems import Problem
from service_kit.runtime import Runtime

_NOT_YET = "(the id that the CRM gives)"


async def preview(
    runtime: Runtime, books: Books, lead_id: UUID, kind: str, name: str | None
) -> dict[str, Any]:
    """Each request of each connection on this event, secrets hidden, ids as they are known."""
    async with runtime.database.acquire() as conn:
        now = await runtime.database.clock.now(conn)
        found = await connections_at(books, conn, now)
        rows = await conn.fetch(q.one_lead, lead_id)
        if not rows:
            raise UnknownLead(lead_id)
        story = await ledger.story(conn, lead_id, rows[0]["round"], None)
        subjects = [lead_id, *([rows[0]["person_id"]] if rows[0]["person_id"] else [])]
        records = {each: await ledger.records(conn, each, subjects) for each in found}
    if name is not None and name not in found:
        raise _unknown_connection(name, list(found))
    assert story is not None  # noqa: S101 - its row was read above
    shown = []
    for each, connection in found.items():
        if name in (None, each):
            values = values_of(
                story,
                event=uuid5(NAMESPACE_URL, f"preview/{lead_id}/{kind}"),
                kind=kind,
                happened_at=now,
                words=score_in_words(story["score"]),
                records={kept: records[each].get(kept, _NOT_YET) for kept in _kept(connection)},
            )
            shown += _requests(each, connection, kind, values, records[each])
    return {"lead_id": lead_id, "event": kind, "requests": shown}


def _kept(connection: CrmConnection) -> list[str]:
    return [each.keep.name for each in connection.requests.values() if each.keep is not None]


def _requests(
    name: str, connection: CrmConnection, kind: str, values: dict[str, Any], known: dict[str, str]
) -> list[dict[str, Any]]:
    found = []
    for request in in_order(connection.requests):
        told = connection.requests[request]
        if kind in told.on or (kind.startswith("outcome") and "outcome" in told.on):
            lacking = [need for need in told.needs if values.get(need) is None]
            is_known = told.keep is not None and told.keep.name in known
            call = told.update if is_known and told.update is not None else told
            shown = {"connection": name, "request": request}
            if lacking:
                found.append({**shown, "skipped": f"the lead has no {lacking[0]}"})
            else:
                found.append(shown | _call(connection, call, values))
    return found


def _call(connection: CrmConnection, call: CrmCall, values: dict[str, Any]) -> dict[str, Any]:
    try:
        made = call_of(connection, call, values)
    except NoValue as error:
        return {"skipped": str(error)}
    return {
        "method": made.method,
        "url": made.url,
        "headers": hidden(made.headers, auth_of(connection.auth)),
        "body": orjson.loads(made.body) if made.body is not None else None,
    }


def _unknown_connection(name: str, known: list[str]) -> Problem:
    there = f"crm.yaml has {', '.join(known)}" if known else "crm.yaml names none yet"
    return Problem(404, "No such CRM", f"{name!r} is no connection; {there}")
