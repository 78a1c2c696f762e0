"""The one consumer of the router: states, merges and erasures from scoring, timers' results, the rulebook."""

from router.handlers.news import EFFECTS, NewsHandler
from service_kit.spec import ConsumerSpec

NAME = "router"
TOPICS = (
    "lead-scored",
    "lead-merged",
    "person-erased",
    "sla-warned",
    "sla-breached",
    "sla-reminded",
    "sla-withdrawn",
    "rulebook-published",
)
BULK_TOPICS = ("lead-scored-bulk",)


def consumer_spec(handler: NewsHandler) -> ConsumerSpec:
    """All topics share one consumer, so that a batch locks leads, pools and reps in one order."""
    return ConsumerSpec(
        name=NAME,
        topics=TOPICS,
        bulk_topics=BULK_TOPICS,
        handler=handler,
        effects=EFFECTS,
    )
