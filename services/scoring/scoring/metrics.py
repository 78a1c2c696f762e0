"""Metrics of scoring. What a batch decided is counted once it is committed."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge

import delivery.metrics
from lead_events.words import ProgressKind, Quadrant, QuarantineReason, SignalKind
from scoring.domain.alerts import AlertKind
from scoring.domain.alerts import Finding as FormFinding
from scoring.domain.duplicates import DuplicateState
from scoring.domain.feedback import KEPT_KINDS
from scoring.domain.handover import Telling
from scoring.domain.health import FormHealth
from scoring.domain.publications import Publication
from scoring.domain.remap import Finding
from scoring.domain.shadows import Shadows
from scoring.domain.submissions import Fate
from scoring.domain.waking import Waking

MERGED = Counter("baton_scoring_persons_merged_total", "Persons found to be the same as an older one.")
QUARANTINED = Counter(
    "baton_scoring_quarantined_total", "Submissions put aside for a person, by reason.", ["reason"]
)
DECIDED = Counter(
    "baton_scoring_quarantine_decided_total",
    "Submissions in quarantine that a person released or refused.",
    ["decision"],
)
REPLAYED = Counter(
    "baton_scoring_replayed_total", "Stored submissions mapped again, by what was found.", ["finding"]
)
RULE_ERRORS = Counter(
    "baton_scoring_rule_errors_total", "Rules that could not be evaluated for a lead and gave 0 points."
)
RECEIPTS_UNKNOWN = Gauge(
    "baton_scoring_receipts_unknown", "Numbers of intake instances that were open when last heard of."
)

SIGNALS = Counter(
    "baton_scoring_signals_total", "Signals kept, by kind; a sender's own kinds together.", ["kind"]
)
CROSSED = Counter(
    "baton_scoring_crossings_total", "Leads that time alone has moved to another quadrant or stage."
)
ACCOUNT_LEADS = Counter(
    "baton_scoring_account_leads_total",
    "Leads published again because what is known of their account changed.",
)
SHADOW = Counter(
    "baton_scoring_shadow_scores_total",
    "Leads scored in the shadow too, by the quadrant that holds and the one in the shadow.",
    ["quadrant", "shadow"],
)
SHADOW_FAILURES = Counter(
    "baton_scoring_shadow_failures_total", "Leads that could not be scored in the shadow."
)
DUPLICATES = Counter(
    "baton_scoring_duplicates_total",
    "Leads that sales gave back as another one again, by what became of the two persons.",
    ["became"],
)
RESCORED = Counter(
    "baton_scoring_rescored_total",
    "Open leads scored again under another scorecard: published, same, or set aside.",
    ["outcome"],
)
RESCORE_OUTCOMES = ("published", "same", "set_aside")
SIGNAL_KINDS = tuple(kind.value for kind in SignalKind)
PERSON_ACTS = Counter(
    "baton_scoring_person_acts_total", "What was done about persons: exported, erased, ...", ["kind"]
)
RETENTION = Counter(
    "baton_scoring_retention_total",
    "What retention took, by what it was: submissions quarantined, refused or raw, and persons.",
    ["kind"],
)
FORM_LAST = Gauge(
    "baton_scoring_form_last_submission_seconds",
    "When the last submission of a form came, seconds since 1970; forms of the rulebook in force.",
    ["form"],
)
FORM_SUBMISSIONS = Gauge(
    "baton_scoring_form_submissions", "Submissions of a form that its health counts, ever.", ["form"]
)
FORM_UNCOUNTED = Counter(
    "baton_scoring_form_uncounted_total", "Submissions that form health could not look at and left out."
)
SET_ASIDE = Counter(
    "baton_scoring_set_aside_total",
    "Rows that background work could not deal with and set aside, by the work: replay, release, ...",
    ["work"],
)
FORM_TROUBLES = Gauge(
    "baton_scoring_form_alerts",
    "Trouble of a form now, by kind; forms of the rulebook in force.",
    ["form", "kind"],
)


FEEDBACK = Counter(
    "baton_scoring_feedback_total",
    "What reps said of leads, by kind: rejected, recycled, rated, outcome.",
    ["kind"],
)
NURTURING = Gauge(
    "baton_nurturing_persons",
    "Persons in nurturing, once a line, by quadrant and by whether marketing's tool is told of them.",
    ["quadrant", "handed"],
)
NURTURING_LOOKS = Gauge(
    "baton_nurturing_looks_pending", "Changes of leads not yet looked at for who is in nurturing."
)
NURTURING_TOLD = Counter(
    "baton_nurturing_told_total", "Messages put on their way to marketing's tool, by what they say.", ["kind"]
)
WOKEN = Counter(
    "baton_nurturing_wake_ups_total", "Recycled leads whose day had come, by what became of them.", ["became"]
)
UNSUBSCRIBED = Counter(
    "baton_nurturing_unsubscribes_total", "Unsubscribes taken, repeats too, by who reported them.", ["via"]
)


def count_duplicate(became: str) -> None:
    """Count what became of one."""
    DUPLICATES.labels(became).inc()


def count_feedback(kinds: Iterable[ProgressKind]) -> None:
    """Count what one committed batch kept of reps' words."""
    for kind in kinds:
        FEEDBACK.labels(kind.value).inc()


def show_nurturing(counts: Mapping[tuple[str, bool], int], looks: int) -> None:
    """Export who is in nurturing."""
    for quadrant in Quadrant:
        for handed in (True, False):
            label = "yes" if handed else "no"
            NURTURING.labels(quadrant.value, label).set(counts.get((quadrant.value, handed), 0))
    NURTURING_LOOKS.set(looks)


def forget_nurturing() -> None:
    """Another instance exports these now."""
    NURTURING.clear()
    NURTURING_LOOKS.set(0)


def count_told(kinds: Iterable[str]) -> None:
    """Count the messages that one committed round put on their way."""
    for kind in kinds:
        NURTURING_TOLD.labels(kind).inc()


def count_woken(became: Mapping[str, int]) -> None:
    """Count what became of leads whose day had come."""
    for what, leads in became.items():
        WOKEN.labels(what).inc(leads)


def count_unsubscribes(via: str, taken: int) -> None:
    """Count what one request reported."""
    UNSUBSCRIBED.labels(via).inc(taken)


def show_health(forms: Iterable[str], health: Mapping[str, FormHealth], found: Iterable[FormFinding]) -> None:
    """Export how the forms of the rulebook in force are."""
    forget_health()
    for form in forms:
        for kind in AlertKind:
            FORM_TROUBLES.labels(form, kind)
        if form in health:
            FORM_LAST.labels(form).set(health[form].last_at.timestamp())
            FORM_SUBMISSIONS.labels(form).set(health[form].submissions)
    for finding in found:
        FORM_TROUBLES.labels(finding.form_id, finding.kind).inc()


def forget_health() -> None:
    """Export nothing of forms: another instance does, or a new round begins."""
    for gauge in (FORM_LAST, FORM_SUBMISSIONS, FORM_TROUBLES):
        gauge.clear()


def known_series() -> None:
    """Create every series at zero."""
    for kind in SIGNAL_KINDS:
        SIGNALS.labels(kind)
    _series_of_scorecards()
    delivery.metrics.known_series()
    _series_of_nurturing()
    for reason in QuarantineReason:
        QUARANTINED.labels(reason)
    for finding in Finding:
        REPLAYED.labels(finding.value)
    for work in ("replay", "release", "retention", "crossing", "account"):
        SET_ASIDE.labels(work)
    for decision in ("release", "refuse"):
        DECIDED.labels(decision)
    for became in DuplicateState:
        DUPLICATES.labels(became.value)
    for kind in ("exported", "erased", "suppressed", "allowed", "expired", "parted"):
        PERSON_ACTS.labels(kind)
    for kind in ("quarantined", "refused", "raw", "persons", "signals"):
        RETENTION.labels(kind)


def _series_of_nurturing() -> None:
    for feedback in sorted(KEPT_KINDS):
        FEEDBACK.labels(feedback.value)
    for telling in Telling:
        NURTURING_TOLD.labels(telling.value)
    for waking in Waking:
        WOKEN.labels(waking.value)
    for via in ("tool", "operator"):
        UNSUBSCRIBED.labels(via)


def _series_of_scorecards() -> None:
    for quadrant in Quadrant:
        for shadow in Quadrant:
            SHADOW.labels(quadrant.value, shadow.value)
    for outcome in RESCORE_OUTCOMES:
        RESCORED.labels(outcome)


def count_crossings(moved: int, broken: int) -> None:
    """Count the leads that one committed transaction has moved because their time had come, or could not."""
    CROSSED.inc(moved)
    SET_ASIDE.labels("crossing").inc(broken)


def observe_shadows(shadows: Shadows) -> None:
    """Count what one committed transaction scored in the shadow."""
    for quadrant, shadow in shadows.pairs():
        SHADOW.labels(quadrant.value, shadow.value).inc()
    SHADOW_FAILURES.inc(len(shadows.failures))


def count_rescored(outcomes: Mapping[str, int]) -> None:
    """Count what one committed chunk of a rescoring came to."""
    for outcome, leads in outcomes.items():
        RESCORED.labels(outcome).inc(leads)


def count_person_act(kind: str) -> None:
    """Count what was done about a person, once it is committed."""
    PERSON_ACTS.labels(kind).inc()


def count_retention(counts: Mapping[str, int]) -> None:
    """Count what a night took."""
    for kind, taken in counts.items():
        RETENTION.labels(kind).inc(taken)


def observe_signals(kinds: Iterable[str]) -> None:
    """Count the signals that one committed batch kept."""
    for kind in kinds:
        SIGNALS.labels(kind if kind in SIGNAL_KINDS else "custom").inc()


def observe(fates: Iterable[Fate], publications: Iterable[Publication], merges: int) -> None:
    """Count what one committed batch decided."""
    for fate in fates:
        if fate.reason is not None:
            QUARANTINED.labels(fate.reason).inc()
    errors = sum(each.error is not None for p in publications for each in p.event.score.contributions)
    RULE_ERRORS.inc(errors)
    MERGED.inc(merges)


def observe_replayed(found: Mapping[str, int]) -> None:
    """Count what one committed chunk of a replay found."""
    for finding, submissions in found.items():
        REPLAYED.labels(finding).inc(submissions)
        if finding == Finding.BROKEN:
            SET_ASIDE.labels("replay").inc(submissions)
