"""Metrics of scoring. What a batch decided is counted once it is committed."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge

from lead_events.words import QuarantineReason
from scoring.domain.leads import Publication
from scoring.domain.submissions import Fate

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

PERSON_ACTS = Counter(
    "baton_scoring_person_acts_total", "What was done about persons: exported, erased, ...", ["kind"]
)
RETENTION = Counter(
    "baton_scoring_retention_total",
    "What retention took, by what it was: submissions quarantined, refused or raw, and persons.",
    ["kind"],
)


def known_series() -> None:
    """Create every series at zero."""
    for reason in QuarantineReason:
        QUARANTINED.labels(reason)
    for kind in ("exported", "erased", "suppressed", "allowed", "expired"):
        PERSON_ACTS.labels(kind)
    for kind in ("quarantined", "refused", "raw", "persons"):
        RETENTION.labels(kind)


def count_person_act(kind: str) -> None:
    """Count what was done about a person, once it is committed."""
    PERSON_ACTS.labels(kind).inc()


def count_retention(counts: Mapping[str, int]) -> None:
    """Count what a night took."""
    for kind, taken in counts.items():
        RETENTION.labels(kind).inc(taken)


def observe(fates: Iterable[Fate], publications: Iterable[Publication], merges: int) -> None:
    """Count what one committed batch decided."""
    for fate in fates:
        if fate.reason is not None:
            QUARANTINED.labels(fate.reason).inc()
    errors = sum(each.error is not None for p in publications for each in p.event.score.contributions)
    RULE_ERRORS.inc(errors)
    MERGED.inc(merges)
