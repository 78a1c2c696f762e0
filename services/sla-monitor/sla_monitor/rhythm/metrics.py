"""What is measured of pages. Labels: the kinds of pages."""

from prometheus_client import Counter

from sla_monitor.rhythm.schedule import PageKind

SENT = Counter("baton_pages_sent_total", "Pages handed to the sender, one a receiver.", ["page"])


def create_known_series() -> None:
    """Series that exist from the start read zero instead of being absent."""
    for kind in PageKind:
        SENT.labels(kind.value)
