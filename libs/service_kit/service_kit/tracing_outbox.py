"""Outgoing events get the span that caused them into their headers, before the outbox keeps them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.records import Outgoing
from service_kit.tracing_kept import traces_of
from service_kit.tracing_spans import Tracing, is_uuid


class Caused(NamedTuple):
    """An event at its `place` among the outgoing. `origin`: the traceparent of the record that caused it."""

    place: int
    subject: str
    origin: str | None


async def traced(
    conn: Connection, tracing: Tracing, outgoing: Sequence[Outgoing], caused: Sequence[Caused]
) -> list[Outgoing]:
    """The records, each under a record of its batch, else the request that asked for it (with a link to the
    trace of what it is about), else whatever dealt with that last; unchanged where there is none.
    """
    lacking = [UUID(each.subject) for each in caused if each.origin is None and is_uuid(each.subject)]
    kept = await traces_of(conn, lacking)
    records, here = list(outgoing), tracing.here()
    for place, subject, origin in caused:
        before = kept.get(UUID(subject)) if origin is None and is_uuid(subject) else None
        if origin is None and here is not None:
            records[place] = tracing.create(records[place], here, link=before)
        else:
            records[place] = tracing.create(records[place], origin or before)
    return records
