"""Metrics of CRMs. Labels: outcomes and states, both bounded."""

from prometheus_client import Counter, Gauge

from delivery.message import Outcome
from router.crm.heard import EventState

ATTEMPTS = Counter("baton_crm_attempts_total", "Attempts to tell a CRM, by how they ended.", ["outcome"])
PENDING = Gauge("baton_crm_pending", "Requests to CRMs on their way, as last counted by this process.")
EVENTS = Counter("baton_crm_events_total", "What CRMs said, by what became of it.", ["state"])
REFUSED = Counter("baton_crm_events_refused_total", "Posts of CRMs whose signature was not good.")


def known_series() -> None:
    """Create every series at zero."""
    for outcome in (*Outcome, "skipped"):
        ATTEMPTS.labels(outcome)
    for state in EventState:
        EVENTS.labels(state)
