"""How far a consumer is behind, exported for the partitions that it knows it of."""

from collections.abc import Collection

from service_kit import metrics
from service_kit.records import TopicPartition


class LagShown:
    """`baton_consumer_lag_records` of one consumer."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._shown: set[TopicPartition] = set()

    def show(self, place: TopicPartition, behind: int) -> None:
        """So many records wait there now."""
        metrics.LAG.labels(self._consumer, place.topic, str(place.partition)).set(behind)
        self._shown.add(place)

    def keep_only(self, places: Collection[TopicPartition]) -> None:
        """Export no figure of others: they are another's, or of before Kafka went away."""
        for place in self._shown.difference(places):
            metrics.LAG.remove(self._consumer, place.topic, str(place.partition))
        self._shown.intersection_update(places)
