"""Metrics of scoring. Labels: declared effects, quadrants, reasons; all bounded."""

from prometheus_client import Counter, Gauge

from lead_events.words import QuarantineReason

PUBLISHED = Counter("baton_scoring_published_total", "Leads published, by lane.", ["lane"])
MERGED = Counter("baton_scoring_persons_merged_total", "Persons found to be the same as an older one.")
QUARANTINED = Counter(
    "baton_scoring_quarantined_total", "Submissions put aside for a person, by reason.", ["reason"]
)
RULE_ERRORS = Counter(
    "baton_scoring_rule_errors_total", "Rules that could not be evaluated and gave 0 points."
)
RECEIPTS_UNKNOWN = Gauge(
    "baton_scoring_receipts_unknown", "Numbers of intake instances that were open when last heard of."
)
LANES = ("live", "bulk")


def known_series() -> None:
    """Create every series at zero."""
    for lane in LANES:
        PUBLISHED.labels(lane)
    for reason in QuarantineReason:
        QUARANTINED.labels(reason)
