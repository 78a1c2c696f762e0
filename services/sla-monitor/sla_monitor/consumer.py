"""The edge to Kafka: what is read, and who handles it."""

from collections.abc import Sequence

from service_kit.batch import Batch
from service_kit.runtime import Runtime
from service_kit.spec import ConsumerSpec, Progress
from sla_monitor import store
from sla_monitor.handlers.news import EFFECTS, take_news
from sla_monitor.memory import Memory

TOPICS = (*store.GATES, "lead-merged", "person-erased", "rep-availability-changed", "rulebook-published")
BULK_TOPICS = ("lead-scored", "lead-scored-bulk")
"""Scores explain a promise and decide none: after an outage they never stand in front of the acts."""


def consumer_spec(runtime: Runtime, memory: Memory) -> ConsumerSpec:
    """One consumer for everything, so that a batch of one lead's news is one transaction."""

    async def handle(batch: Batch) -> None:
        await take_news(batch, memory)

    async def note_progress(told: Sequence[Progress]) -> None:
        """Only topics that can carry an act hold a timer back."""
        gates = [progress for progress in told if progress.topic in store.GATES]
        if gates:
            async with runtime.database.transaction() as conn:
                await store.write_progress(conn, gates, await runtime.database.clock.now(conn))

    return ConsumerSpec(
        name="sla-monitor",
        topics=TOPICS,
        bulk_topics=BULK_TOPICS,
        handler=handle,
        effects=EFFECTS,
        on_positions=note_progress,
    )
