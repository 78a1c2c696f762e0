"""Metrics of messages on their way out. Labels: channels and outcomes, both bounded."""

from prometheus_client import Counter, Gauge, Histogram

from delivery.message import Channel, Outcome
from service_kit.metrics import BUCKETS

ATTEMPTS = Counter(
    "baton_delivery_attempts_total",
    "Attempts to deliver a message, by how they ended.",
    ["channel", "outcome"],
)
SECONDS = Histogram(
    "baton_delivery_attempt_seconds", "How long one attempt took.", ["channel"], buckets=BUCKETS
)
GIVEN_UP = Counter("baton_delivery_given_up_total", "Messages that nobody tries any more.", ["channel"])
LEFT_ALONE = Gauge(
    "baton_delivery_receivers_left_alone",
    "Receivers that failed again and again and are left alone for a while.",
)
PENDING = Gauge("baton_delivery_pending", "Messages on their way, as last counted by this process.")


def known_series() -> None:
    """Create every series at zero."""
    for channel in Channel:
        GIVEN_UP.labels(channel)
        SECONDS.labels(channel)
        for outcome in Outcome:
            if outcome is not Outcome.OUT_OF_TIME:
                ATTEMPTS.labels(channel, outcome)
