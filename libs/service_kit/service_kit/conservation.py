"""Each hop proves itself: records read = effects by kind + repeats + dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lead_events.catalog import UnknownTopic, topic
from service_kit import metrics
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from service_kit.settle import DEAD_LETTERS, EFFECT, READ, REPEATS
from service_kit.spec import ConsumerSpec

_q = load_queries("service_kit")


@dataclass(slots=True)
class Hop:
    """What became of everything one consumer has read of one topic."""

    hop: str
    topic: str
    read: int = 0
    effects: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    dead_letters: int = 0

    @property
    def unaccounted(self) -> int:
        """Records read less those whose fate is known; 0 unless one is lost or counted twice."""
        return self.read - sum(self.effects.values()) - self.repeats - self.dead_letters

    def as_json(self) -> dict[str, Any]:
        """As the conservation answer shows it."""
        return {
            "hop": self.hop,
            "topic": self.topic,
            "read": self.read,
            "effects": self.effects,
            "repeats": self.repeats,
            "dead_letters": self.dead_letters,
            "unaccounted": self.unaccounted,
        }


def hop_name(topic_name: str, consumer: str) -> str:
    """`intake-scoring`: the producer of a topic, and who reads it."""
    try:
        return f"{topic(topic_name).producers[0]}-{consumer}"
    except UnknownTopic:
        return f"{topic_name}-{consumer}"


async def read_hops(conn: Connection) -> list[Hop]:
    """The hops of a store's consumers, one for each consumer and topic."""
    hops: dict[tuple[str, str], Hop] = {}
    for row in await conn.fetch(_q.hop_counts):
        key = (row["consumer"], row["topic"])
        hop = hops.setdefault(key, Hop(hop_name(row["topic"], row["consumer"]), row["topic"]))
        kind, records = row["kind"], row["records"]
        if kind == READ:
            hop.read = records
        elif kind == REPEATS:
            hop.repeats = records
        elif kind == DEAD_LETTERS:
            hop.dead_letters = records
        else:
            hop.effects[kind.removeprefix(EFFECT)] = records
    return list(hops.values())


async def conservation(conn: Connection, more: Sequence[Hop] = ()) -> dict[str, Any]:
    """The answer of `GET /v1/conservation`; `more` are hops a service counts by itself."""
    hops = [*await read_hops(conn), *more]
    return {"hops": [hop.as_json() for hop in hops], "unaccounted": sum(hop.unaccounted for hop in hops)}


class StoreGauges:
    """Exports `baton_leads_unaccounted{hop}` and the outbox's gauges, by the one instance whose turn it is.

    The hops of `specs` read 0 before their first record.
    """

    def __init__(self, database: Database, specs: Sequence[ConsumerSpec]) -> None:
        self._database = database
        self._hops = {hop_name(t, spec.name) for spec in specs for t in (*spec.topics, *spec.bulk_topics)}

    async def work(self) -> None:
        """One round."""
        async with self._database.acquire() as conn:
            hops = await read_hops(conn)
            now = await self._database.clock.now(conn)
            state = await conn.fetchrow(_q.outbox_state, now)
        sums = dict.fromkeys(self._hops, 0)
        for hop in hops:
            sums[hop.hop] = sums.get(hop.hop, 0) + hop.unaccounted
        for name, value in sums.items():
            metrics.UNACCOUNTED.labels(name).set(value)
        self._hops |= sums.keys()
        if state is not None:
            metrics.OUTBOX_RECORDS.labels(self._database.schema).set(state["records"])
            metrics.OUTBOX_EXPIRED.labels(self._database.schema).set(state["expired"])

    def forget(self) -> None:
        """Another instance's turn: this one exports none of them any more, so that sums stay true.

        What a service counts by itself under other hops stays.
        """
        for name in self._hops:
            metrics.UNACCOUNTED.remove_by_labels({"hop": name})
        for gauge in (metrics.OUTBOX_RECORDS, metrics.OUTBOX_EXPIRED):
            gauge.remove_by_labels({"schema": self._database.schema})
