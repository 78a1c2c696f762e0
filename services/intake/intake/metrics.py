"""Intake's metrics. Labels are closed sets: no form, source or field of a lead is a label."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from intake.domain.signatures import SCHEMES, Proof
from intake.notices.books import NoticeState
from intake.notices.troubles import DELAYS, Trouble
from lead_events.words import QuarantineReason
from service_kit.metrics import BUCKETS

ROUTES = ("kafka", "spool")
STATUSES = ("400", "401", "403", "404", "405", "408", "413", "415", "422", "429", "500", "503")
SPOOL_STATES = ("written", "drained", "pending", "refused")

ACCEPTED = Counter(
    "baton_intake_accepted_total",
    "Submissions answered 200, 202 or 303, by what made them durable.",
    ["route"],
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
SPOOL_MAX = Gauge("baton_intake_spool_max_bytes", "Size beyond which the spool takes no more: 503.")
SPOOL_DAMAGED = Counter(
    "baton_intake_spool_damaged_bytes_total",
    "Bytes of the spool that were damaged on the disk and put aside in refused/.",
)
SPOOL_OLDEST = Gauge(
    "baton_intake_spool_oldest_seconds", "Age of the record that has waited longest on disk; 0 without one."
)
IMPORTS_WAITING = Gauge("baton_intake_imports_waiting", "Files of leads that are not read to their end yet.")
IMPORT_WORKERS_DIED = Counter(
    "baton_intake_import_workers_died_total", "Processes that ended in the middle of a file; another goes on."
)
CIRCUIT_OPEN = Gauge("baton_intake_circuit_open", "1 while records go straight to the spool.")
RULEBOOK_VERSION = Gauge("baton_intake_rulebook_version", "Version in force here; 0 is the seed, -1 none.")
SENDERS = Counter(
    "baton_intake_senders_total",
    "Posts to forms that want to know their sender, by scheme and what came of the check.",
    ["scheme", "proof"],
)
FORMS_LACKING = Gauge(
    "baton_intake_forms_lacking_secret",
    "Forms in force whose secret has no usable value here, by what it is for.",
    ["use"],
)
VENDORS = ("meta", "linkedin")
UNKNOWN_VENDOR = "other"
NOTICES = Counter(
    "baton_intake_notices_total",
    "Leads that notices name, by vendor and what became of them.",
    ["vendor", "state"],
)
NOTICES_WAITING = Gauge(
    "baton_notices_waiting", "Notices that are still to be fetched, of the partitions read here.", ["topic"]
)
FETCH_SECONDS = Histogram(
    "baton_intake_fetch_seconds",
    "Asking a vendor for one lead, failures included.",
    ["vendor"],
    buckets=BUCKETS,
)
FETCH_TROUBLES = Counter(
    "baton_intake_fetch_troubles_total", "Fetches that failed, by vendor and why.", ["vendor", "trouble"]
)
TOKEN_FAILING = Gauge(
    "baton_vendor_token_failing",
    "Forms whose access token the vendor does not take, or that have none.",
    ["vendor"],
)

LIMITS = ("form", "address")
RATE_LIMITED = Counter(
    "baton_intake_rate_limited_total",
    "Posts beyond a limit, by which; repeats of what is known among them, which are answered as before.",
    ["limit"],
)
CAPTCHA = Counter(
    "baton_intake_captcha_total", "Proofs asked of the captcha's provider, by answer.", ["proven"]
)
CAPTCHA_ANSWERS = ("person", "failed", "unavailable")
WAVES = Counter(
    "baton_intake_spam_waves_total", "Waves of suspects that began and ended at a form.", ["turn"]
)
WAVES_NOW = Gauge("baton_intake_forms_under_wave", "Forms that quarantine everything now, as seen here.")
KEYS_REUSED = Counter(
    "baton_intake_keys_reused_total",
    "Submissions under an Idempotency-Key that other fields had: quarantined.",
)
SIGNALS = Counter(
    "baton_intake_signals_total",
    "Signals answered 202, and those durable of a batch answered 503, by route.",
    ["route"],
)
FORWARDED_IGNORED = Counter(
    "baton_intake_forwarded_ignored_total",
    "Requests whose proxy names the visitor while no proxy is trusted: BATON_TRUSTED_PROXIES is not set.",
)


accepted = cache(ACCEPTED.labels)
proved = cache(SENDERS.labels)
"""One series of each, found once: every post counts in both, and `labels` takes longer than counting."""


def start_at_zero() -> None:
    """Create every series, so that a rate is right from its first increase on."""
    _start_vendors()
    for limit in LIMITS:
        RATE_LIMITED.labels(limit)
    for proven in CAPTCHA_ANSWERS:
        CAPTCHA.labels(proven)
    for turn in ("began", "ended"):
        WAVES.labels(turn)
    for route in ROUTES:
        ACCEPTED.labels(route)
        SIGNALS.labels(route)
    for status in STATUSES:
        REFUSED.labels(status)
    for reason in QuarantineReason:
        QUARANTINED.labels(reason.value)
    for state in SPOOL_STATES:
        SPOOL_RECORDS.labels(state)
    RULEBOOK_VERSION.set(-1)


def _start_vendors() -> None:
    for vendor in VENDORS:
        for trouble in Trouble:
            FETCH_TROUBLES.labels(vendor, trouble.value)
        FETCH_SECONDS.labels(vendor)
        TOKEN_FAILING.labels(vendor)
    for vendor in (*VENDORS, UNKNOWN_VENDOR):
        for state in ("taken", "ignored", *NoticeState):
            NOTICES.labels(vendor, str(state))
    for topic in DELAYS:
        NOTICES_WAITING.labels(topic)
    for scheme in SCHEMES:
        for proof in Proof:
            SENDERS.labels(scheme, proof.value)
