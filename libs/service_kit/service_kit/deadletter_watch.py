"""How many dead letters wait, and for how long the oldest has: told before their retention takes them."""

from collections.abc import Collection, Mapping, Sequence

from lead_events.catalog import dead_letter_name
from service_kit import metrics
from service_kit.broker import ConsumerClient
from service_kit.deadletter_client import ask
from service_kit.queries import load_queries
from service_kit.records import TopicPartition
from service_kit.runtime import Runtime
from service_kit.spec import ConsumerSpec

_q = load_queries("service_kit")


class DeadLetterWatch:
    """Exports `baton_dead_letters_waiting` and `_oldest_seconds`, by the one instance whose turn it is.

    It reads one record a partition, however many wait: the first that nobody has sent back.
    """

    def __init__(self, runtime: Runtime, specs: Sequence[ConsumerSpec]) -> None:
        self._runtime = runtime
        self._series = {
            dead_letter_name(topic, spec.name): (spec.name, topic)
            for spec in specs
            for topic in (*spec.topics, *spec.bulk_topics)
        }

    async def work(self) -> None:
        """One round. Raises BrokerUnavailable, or what the store raises."""
        waiting, oldest = await ask(self._runtime, list(self._series), self._look)
        for name, labels in self._series.items():
            metrics.DEAD_LETTERS_WAITING.labels(*labels).set(waiting.get(name, 0))
            metrics.DEAD_LETTERS_OLDEST.labels(*labels).set(oldest.get(name, 0.0))

    def forget(self) -> None:
        """Another instance's turn."""
        metrics.DEAD_LETTERS_WAITING.clear()
        metrics.DEAD_LETTERS_OLDEST.clear()

    async def _look(self, client: ConsumerClient) -> tuple[dict[str, int], dict[str, float]]:
        places = client.assignment().partitions
        begins, ends = await client.beginning_offsets(places), await client.end_offsets(places)
        waiting: dict[str, int] = {}
        first: dict[TopicPartition, int] = {}
        for place in places:
            sent_back = await self._sent_back(place, begins[place])
            left = ends[place] - begins[place] - len(sent_back)
            if left > 0:
                waiting[place.topic] = waiting.get(place.topic, 0) + left
                first[place] = first_but(begins[place], sent_back)
        return waiting, await self._ages(client, first)

    async def _sent_back(self, place: TopicPartition, begin: int) -> set[int]:
        async with self._runtime.database.acquire() as conn:
            rows = await conn.fetch(_q.replayed_offsets, place.topic, place.partition, begin)
        return {row["first_offset"] for row in rows}

    async def _ages(self, client: ConsumerClient, first: Mapping[TopicPartition, int]) -> dict[str, float]:
        ages: dict[str, float] = {}
        client.seek(first)
        for place in first:
            for record in await client.take([place], max_records=1, timeout=3.0):
                age = (self._runtime.clock.now() - record.broker_time).total_seconds()
                ages[place.topic] = max(ages.get(place.topic, 0.0), age)
        return ages


def first_but(begin: int, taken: Collection[int]) -> int:
    """The first offset from `begin` on that is not among `taken`."""
    while begin in taken:
        begin += 1
    return begin
