"""What sla-monitor measures. Labels: declared sources or `other`, teams of the roster, closed vocabularies.

Test leads are in no figure but the two that compare stores: leads by state, and facts missing.
"""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from lead_events.words import (
    AccountStanding,
    ChargedTo,
    HoldReason,
    ProgressKind,
    Quadrant,
    RoutedKind,
    TimerKind,
)
from service_kit.metrics import BUCKETS
from sla_monitor.domain.firing import BREACH, REMINDER, WARNING
from sla_monitor.domain.story import Why
from sla_monitor.domain.timers import SETTLED, Timer

KINDS = tuple(TimerKind)
TIME_LEFT = ("over", "under_5m", "under_1h", "under_1d", "longer", "never", "paused")
TRIAL, BINDING = "true", "false"
"""Values of the label `trial`: promises of agreements that are only tried stand apart."""
TEAMS_AT_MOST = 200
OTHER = "other"
"""The label of teams and sources beyond those known."""
_LONG_BUCKETS = (*BUCKETS, 900, 3600, 14_400, 86_400)

RECEIVED = Counter(
    "baton_leads_received_total",
    "New leads first heard of from scoring; requests of accounts that sales knows are none.",
    ["source", "quadrant"],
)
DELIVERED = Counter(
    "baton_leads_delivered_total",
    "Leads that became SQLs: what marketing delivers, by first source and by the quadrant of that moment.",
    ["source", "quadrant"],
)
SEGMENT_ERRORS = Counter(
    "baton_segment_errors_total",
    "Segments that could not be decided for a delivered lead: in those it is not counted.",
)
OF_ACCOUNTS = Counter(
    "baton_account_requests_total",
    "Requests of accounts that sales knows, by what they are to us: no new marketing leads.",
    ["standing"],
)
OWN = Counter("baton_own_leads_total", "Leads that reps found themselves: none of marketing's.")
DUPLICATES = Counter(
    "baton_leads_duplicate_total",
    "Leads that sales gave back as another one again: to be taken off those received from the source.",
    ["source"],
)
ROUTED = Counter("baton_leads_routed_total", "Decisions of the router.", ["kind"])
HELD = Counter("baton_holds_total", "Decisions of the router to hold a lead, by reason.", ["reason"])
ACTS = Counter("baton_lead_acts_total", "Acts of reps, among them rejected and recycled.", ["kind"])
SPEED = Histogram(
    "baton_speed_to_lead_seconds",
    "Wall time from the buyer's act to the first contact: the company's figure.",
    buckets=_LONG_BUCKETS,
)
RESPONSE = Histogram(
    "baton_first_response_working_seconds",
    "The rep's working time from handoff to contact: the rep's promise.",
    buckets=_LONG_BUCKETS,
)
RESPONSE_WALL = Histogram(
    "baton_first_response_wall_seconds",
    "Wall time from handoff to contact.",
    buckets=_LONG_BUCKETS,
)
ACCEPTANCE = Histogram(
    "baton_accept_working_seconds",
    "The rep's working time from handoff to acceptance.",
    buckets=_LONG_BUCKETS,
)
ENDED = Counter(
    "baton_sla_ended_total",
    "Promises ended by an act in time or by the round's end.",
    ["kind", "state", "trial"],
)
WARNED = Counter("baton_sla_warned_total", "Warnings said.", ["kind", "team", "trial"])
BREACHED = Counter("baton_sla_breached_total", "Breaches said.", ["kind", "team", "charged_to", "trial"])
REMINDED = Counter(
    "baton_sla_reminded_total", "Reminders said of broken promises without an act.", ["kind", "team", "trial"]
)
UNREAD = Counter("baton_sla_breached_unread_total", "Breaches said although reading stood still.", ["kind"])
WITHDRAWN = Counter(
    "baton_sla_withdrawn_total",
    "Breaches taken back: an act had been in time, or the promise stood still.",
    ["kind", "team", "trial"],
)
SKIPPED = Counter(
    "baton_sla_warnings_skipped_total",
    "Warnings not said because the promise was broken already, and reminders because a later one was due.",
    ["kind"],
)
MOVED = Counter(
    "baton_sla_due_times_moved_total",
    "Due times moved by a change of a rep's hours, a pause or a resume.",
    ["why"],
)
LATENESS = Histogram(
    "baton_sla_lateness_seconds",
    "From a timer's moment to what was said about it.",
    ["level"],
    buckets=BUCKETS,
)

OPEN = Gauge("baton_sla_open_timers", "Running promises by wall time left.", ["kind", "time_left", "trial"])
PROGRESS_AGE = Gauge(
    "baton_sla_reading_age_seconds",
    "How far behind the slowest partition that can carry an act is.",
    ["topic"],
)
MISSING = Gauge(
    "baton_sla_missing_facts", "Facts that the router's numbers promise and that have not arrived."
)
LEADS = Gauge("baton_sla_leads", "Leads by state.", ["state"])

_teams: set[str] = set()


def team_label(team: str) -> str:
    """The team, or `other` beyond the first 200: a label stays bounded whatever events say."""
    if team in _teams or len(_teams) < TEAMS_AT_MOST:
        _teams.add(team)
        return team
    return OTHER


def trial(timer: Timer) -> str:
    """Whether its agreement is only tried, as a label."""
    return TRIAL if timer.is_trial else BINDING


def of_timer(timer: Timer) -> tuple[str, str, str]:
    """The labels kind, team, trial."""
    return timer.kind.value, team_label(timer.handoff.team), trial(timer)


def create_series_of_sources(sources: Iterable[str]) -> None:
    """Sources that the rulebook declares read zero before their first lead, which no rate would see else."""
    for source in sources:
        DUPLICATES.labels(source)
        for quadrant in Quadrant:
            RECEIVED.labels(source, quadrant.value)
            DELIVERED.labels(source, quadrant.value)


def create_series_of_teams(teams: Iterable[str]) -> None:
    """Teams read zero before the first word about a promise that binds: those of the rulebook, and those that
    get a handoff.
    """
    for team in teams:
        if team not in _teams:
            _create_series_of_team(team_label(team), BINDING)


def _create_series_of_team(team: str, tried: str) -> None:
    for kind in KINDS:
        for counter in (WARNED, REMINDED, WITHDRAWN):
            counter.labels(kind.value, team, tried)
        for charged_to in ChargedTo:
            BREACHED.labels(kind.value, team, charged_to.value, tried)


def create_known_series() -> None:
    """Series that exist from the start read zero instead of being absent."""
    create_series_of_sources([OTHER])
    for standing in AccountStanding:
        if standing is not AccountStanding.NONE:
            OF_ACCOUNTS.labels(standing.value)
    for routed in RoutedKind:
        ROUTED.labels(routed.value)
    for reason in HoldReason:
        HELD.labels(reason.value)
    for act in ProgressKind:
        ACTS.labels(act.value)
    for why in Why:
        MOVED.labels(why.value)
    for level in (WARNING, BREACH, REMINDER):
        LATENESS.labels(level)
    for kind in KINDS:
        _create_series_of(kind.value)
    for tried in (TRIAL, BINDING):
        _create_series_of_team(OTHER, tried)


def _create_series_of(kind: str) -> None:
    UNREAD.labels(kind)
    SKIPPED.labels(kind)
    for tried in (TRIAL, BINDING):
        for state in SETTLED:
            ENDED.labels(kind, state.value, tried)


def forget_gauges() -> None:
    """Another instance exports them now."""
    for gauge in (OPEN, PROGRESS_AGE, LEADS):
        gauge.clear()
    MISSING.set(0)
