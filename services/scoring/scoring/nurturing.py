"""Nurturing kept up: who is there by whatever changed, and what marketing's tool is told of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from delivery.message import Target
from delivery.store import enqueue
from rulebook.models import Nurturing
from rulebook.store import RulebookCache
from rulebook.versions import Versioned
from scoring import metrics
from scoring.domain.handover import Move, Row, contact_hash, message_of, moved
from scoring.domain.nurturing import Left, Place, placed
from scoring.nurturing_list import NurturingFile
from scoring.store import nurturing, persons
from scoring.store.nurturing import PersonLine
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from service_kit.unit import Unit

LOOK_EVERY = timedelta(seconds=2)
CHUNK = 200
"""Leads looked at in one transaction."""
TOLD_FOR = timedelta(days=3)
"""A message that did not arrive within this is not tried any more: a weekend's outage is bridged."""
KEPT_AFTER_LEAVING = timedelta(days=30)
NOBODY_TOLD = Nurturing()
Profiles = Mapping[UUID, dict[str, Any]]


class Nurtured:
    """All that one instance does about nurturing, in one part: each holds a connection for its lock."""

    def __init__(self, *works: "NurturingBook | NurturingFile") -> None:
        self._works = works

    async def work(self) -> None:
        """One round of each."""
        for each in self._works:
            await each.work()


class NurturingBook:
    """Looks at whoever changed, by one instance at a time; begun again after a crash, it ends the same."""

    def __init__(self, runtime: Runtime, *, chunk: int = CHUNK) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._chunk = chunk

    async def work(self) -> None:
        """One round: look at all that is to be looked at, then count."""
        while await self._runtime.in_transaction(self._look) == self._chunk:
            pass
        async with self._runtime.database.transaction() as conn:
            now: datetime = await self._runtime.database.clock.now(conn)
            await nurturing.forget_left(conn, now - KEPT_AFTER_LEAVING)
            counts, waiting = await nurturing.counts(conn), await nurturing.count_looks(conn)
        metrics.show_nurturing(counts, waiting)

    async def _look(self, unit: Unit) -> int:
        conn = unit.conn
        history = await self._rulebooks.history(conn)
        if not len(history):
            return 0
        await persons.hold_erasures(conn)  # nobody is erased between reading who they are and telling it
        policy = await _policy(conn, history.at(unit.now), unit.now)
        taken = await nurturing.take_looks(conn, self._chunk)
        if taken:
            moves, profiles = await _judge(conn, list(dict.fromkeys(taken)), policy, unit.now)
            await nurturing.save(conn, [each.row for each in moves])
            told = await _tell(conn, moves, profiles, policy, unit.now)
            unit.after_commit(partial(metrics.count_told, told))
        return len(taken)


async def _policy(conn: Connection, versioned: Versioned, now: datetime) -> Nurturing:
    """What holds now. Where it has changed, everybody is looked at again. Another address knows nobody yet;
    one that was not named for a while is told what it has missed."""
    policy = versioned.rulebook.nurturing or NOBODY_TOLD
    document: dict[str, Any] = policy.model_dump(mode="json")
    before, told = await nurturing.last_policy(conn)
    if before == document:
        return policy
    if policy.webhook is not None and told not in (None, document["webhook"]["url"]):
        await nurturing.tell_anew(conn)
    await nurturing.ask_looks_at_all(conn)
    await nurturing.save_policy(conn, document, versioned.version, now)
    return policy


async def _judge(
    conn: Connection, leads: Sequence[UUID], policy: Nurturing, now: datetime
) -> tuple[list[Move], Profiles]:
    """What becomes of whoever these leads are of, and of whoever was in nurturing by them; and who they are.
    Of an erased person there is no profile."""
    found = await nurturing.candidates(conn, leads)
    refused = await nurturing.unsubscribed(conn, {person for person, _ in found})
    before = await nurturing.rows(conn, leads, list(found))
    judged: dict[PersonLine, Place | Left] = {
        key: placed(each, policy, is_unsubscribed=key[0] in refused) for key, each in found.items()
    }
    for key, (_, ended) in before.items():
        if key not in judged:
            judged[key] = ended or Left.CLOSED
    tells = policy.webhook is not None
    profiles = await nurturing.profiles(conn, {person for person, _ in judged})
    hashes = {person: contact_hash(profile) for person, profile in profiles.items()}
    moves = (
        moved(_before(before, key), *key, verdict, now, tells=tells, contact=hashes.get(key[0]))
        for key, verdict in judged.items()
    )
    return [move for move in moves if move is not None], profiles


def _before(rows: dict[PersonLine, tuple[Row, Left | None]], key: PersonLine) -> Row | None:
    return rows[key][0] if key in rows else None


async def _tell(
    conn: Connection, moves: Sequence[Move], profiles: Profiles, policy: Nurturing, now: datetime
) -> list[str]:
    """Put the messages on their way; what they say, for counting."""
    webhook = policy.webhook
    telling = [move for move in moves if move.telling is not None]
    if webhook is None or not telling:
        return []
    target = Target.webhook(webhook.url, webhook.secret)
    messages = [message_of(move, profiles.get(move.row.person_id), target, now) for move in telling]
    await enqueue(conn, messages, now=now, for_=TOLD_FOR)
    return [message.kind for message in messages]
