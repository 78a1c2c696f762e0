"""After a restore: erasures, versions and numbers that the store lacks are taken from scoring's own topics.

Who was erased is erased again before a submission is read, a request answered or a record published.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from lead_events import LeadScored, PersonErased, RulebookPublished
from rulebook.store import VersionContradicted, insert_version
from scoring.domain.book import LeadBook
from scoring.domain.erasure import ErasureKeys
from scoring.persons import Order, erase_subject
from scoring.store import persons
from service_kit.batch import Batch, Event, Received
from service_kit.errors import Transient
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from service_kit.read_back import Stage
from service_kit.spec import ConsumerSpec

_q = load_queries("scoring", "queries/read_back.sql")

NAME = "scoring-own"
TOPICS = ("rulebook-published", "person-erased", "lead-scored", "lead-scored-bulk")
KNOWN, ERASED, VERSION, NUMBER = "known", "erased_again", "version_read_back", "number_read_back"
RAISED_AT_ONCE = 1000
_ORDER = Order("restore", "erased before the store was restored to an earlier moment")


def stages(forgotten: "Forgotten") -> list[Stage]:
    """What scoring reads of its own before it does anything."""
    spec = ConsumerSpec(NAME, TOPICS, forgotten.take, frozenset({KNOWN, ERASED, VERSION, NUMBER}))
    return [Stage(spec, TOPICS, is_own=True)]


class Forgotten:
    """Takes in batches of own events; what the store knows changes nothing."""

    def __init__(self, keys: ErasureKeys) -> None:
        self._keys = keys

    async def take(self, batch: Batch) -> None:
        """Take in one batch, erasures first: nobody else locks before them."""
        erased = [event for event in batch.events if isinstance(event.data, PersonErased)]
        if erased:
            await persons.lock_erasures(batch.conn)
        for event in erased:
            batch.effect(event, await self._erase(batch, cast("Received[PersonErased]", event)))
        for event in batch.events:
            if isinstance(event.data, RulebookPublished):
                await _keep_version(batch, event, event.data)
        await _keep_numbers(batch, [event for event in batch.events if isinstance(event.data, LeadScored)])

    async def _erase(self, batch: Batch, event: Received[PersonErased]) -> str:
        """Erase the person once more, unless the store knows. What ended by age alone ends by age again."""
        hashes, at = event.data.identity_hashes, event.data.at
        if not hashes:
            return KNOWN
        _, known = await persons.tombstones(batch.conn, hashes)
        if all(each in known and known[each] >= at for each in hashes):
            return KNOWN
        if not self._keys:
            raise Transient(
                "a person was erased under a BATON_ERASURE_KEY that this service does not have: set it again"
            )
        subject = await persons.lock_subject(batch.conn, event.data.person_id)
        await erase_subject(batch, subject, _ORDER, act=event.id)
        await persons.insert_tombstones(batch.conn, hashes, event.id, at, self._keys.checks()[0])
        return ERASED


async def _keep_version(batch: Batch, event: Event, published: RulebookPublished) -> None:
    try:
        is_new = await insert_version(batch.conn, published)
    except VersionContradicted as error:
        batch.reject(event, str(error))
    else:
        batch.effect(event, VERSION if is_new else KNOWN)


async def _keep_numbers(batch: Batch, scored: Sequence[Event]) -> None:
    """A state numbered below one that others know would change nothing there."""
    told = [cast("LeadScored", event.data) for event in scored]
    await batch.conn.execute(_q.keep_numbers, [each.lead_id for each in told], [each.seq for each in told])
    await _raised(batch.conn)  # of leads that are there before anything else counts
    for event in scored:
        batch.effect(event, NUMBER)


async def number_on(conn: Connection, book: LeadBook) -> None:
    """Leads that this batch opened count on from what others were told of them before the restore."""
    told = Counter(each.event.lead_id for each in book.publications)
    opened = [lead for lead, number in told.items() if book.changed[lead].seq == number]
    rows = await conn.fetch(_q.numbers_of, opened) if opened else []
    if not rows:
        return
    before = {row["lead_id"]: row["seq"] for row in rows}
    for identity, number in before.items():
        book.changed[identity].seq += number
    for place, each in enumerate(book.publications):
        if (number := before.get(each.event.lead_id)) is not None:
            event = each.event.model_copy(update={"seq": each.event.seq + number})
            book.publications[place] = replace(each, event=event)


async def raise_numbers(database: Database) -> None:
    """Let leads count on from the numbers read back. Those opened again only later do so as they open."""
    while await _raise(database) == RAISED_AT_ONCE:
        pass


async def _raise(database: Database) -> int:
    async with database.transaction() as conn:
        return await _raised(conn)


async def _raised(conn: Connection) -> int:
    done: str = await conn.execute(_q.raise_numbers, RAISED_AT_ONCE)
    return int(done.rpartition(" ")[2])
