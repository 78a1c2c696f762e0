"""Metrics of scoring. What a batch decided is counted once it is committed."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from lead_events.words import QuarantineReason
from scoring.domain.desk import Fate
from scoring.domain.leads import Publication

MERGED = Counter("baton_scoring_persons_merged_total", "Persons found to be the same as an older one.")
QUARANTINED = Counter(
    "baton_scoring_quarantined_total", "Submissions put aside for a person, by reason.", ["reason"]
)
RULE_ERRORS = Counter(
    "baton_scoring_rule_errors_total", "Rules that could not be evaluated for a lead and gave 0 points."
)
RECEIPTS_UNKNOWN = Gauge(
    "baton_scoring_receipts_unknown", "Numbers of intake instances that were open when last heard of."
)


def known_series() -> None:
    """Create every series at zero."""
    for reason in QuarantineReason:
        QUARANTINED.labels(reason)


def observe(fates: Iterable[Fate], publications: Iterable[Publication], merges: int) -> None:
    """Count what one committed batch decided."""
    for fate in fates:
        if fate.reason is not None:
            QUARANTINED.labels(fate.reason).inc()
    errors = sum(each.error is not None for p in publications for each in p.event.score.contributions)
    RULE_ERRORS.inc(errors)
    MERGED.inc(merges)
