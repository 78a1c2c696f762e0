"""Intake's metrics. Labels are closed sets: no form, source or field of a lead is a label."""

from prometheus_client import Counter, Gauge, Histogram

from intake.domain.signatures import SCHEMES, Proof
from lead_events.words import QuarantineReason
from service_kit.metrics import BUCKETS

ROUTES = ("kafka", "spool")
STATUSES = ("400", "401", "403", "404", "405", "408", "413", "415", "422", "503")
SPOOL_STATES = ("written", "drained", "pending", "refused")

ACCEPTED = Counter(
    "baton_intake_accepted_total", "Submissions answered 202 or 303, by what made them durable.", ["route"]
)
COALESCED = Counter(
    "baton_intake_coalesced_total", "Posts answered with a twin that was in flight: no record of their own."
)
REFUSED = Counter("baton_intake_refused_total", "Posts refused, by HTTP status.", ["status"])
QUARANTINED = Counter(
    "baton_intake_quarantined_total", "Submissions accepted into quarantine, by reason.", ["reason"]
)
PUBLISH_SECONDS = Histogram(
    "baton_intake_publish_seconds",
    "From a record's publication to its last acknowledgement or our deadline.",
    buckets=BUCKETS,
)
SPOOL_RECORDS = Gauge(
    "baton_intake_spool_records", "Records of the spool by state; written is the sum of the rest.", ["state"]
)
SPOOL_BYTES = Gauge("baton_intake_spool_bytes", "Size of the spool's segments.")
SPOOL_OLDEST = Gauge(
    "baton_intake_spool_oldest_seconds", "Age of the record that has waited longest on disk; 0 without one."
)
CIRCUIT_OPEN = Gauge("baton_intake_circuit_open", "1 while records go straight to the spool.")
RULEBOOK_VERSION = Gauge("baton_intake_rulebook_version", "Version in force here; 0 is the seed, -1 none.")
RULEBOOKS_INVALID = Counter(
    "baton_intake_rulebooks_invalid_total", "Published versions that could not be used here."
)
SENDERS = Counter(
    "baton_intake_senders_total",
    "Posts to forms that want to know their sender, by scheme and what came of the check.",
    ["scheme", "proof"],
)


def start_at_zero() -> None:
    """Create every series, so that a rate is right from its first increase on."""
    for scheme in SCHEMES:
        for proof in Proof:
            SENDERS.labels(scheme, proof.value)
    for route in ROUTES:
        ACCEPTED.labels(route)
    for status in STATUSES:
        REFUSED.labels(status)
    for reason in QuarantineReason:
        QUARANTINED.labels(reason.value)
    for state in SPOOL_STATES:
        SPOOL_RECORDS.labels(state)
    RULEBOOK_VERSION.set(-1)
