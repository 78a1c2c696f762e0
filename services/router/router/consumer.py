"""The one consumer of the router: states, merges and erasures from scoring, timers' results, the rulebook."""

from router.handlers.news import EFFECTS, NewsHandler
from service_kit.spec import ConsumerSpec

NAME = "router"


def consumer_spec(handler: NewsHandler) -> ConsumerSpec:
    """All topics share one consumer, so that a batch locks leads, pools and reps in one order."""
    return ConsumerSpec(
        name=NAME,
        topics=(
            "lead-scored",
            "lead-merged",
            "person-erased",
            "sla-warned",
            "sla-breached",
            "rulebook-published",
        ),
        bulk_topics=("lead-scored-bulk",),
        handler=handler,
        effects=EFFECTS,
    )
