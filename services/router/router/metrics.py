"""What the router counts. Pools are those of the rulebook; nothing of a lead is a label."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from lead_events.words import HoldReason, RoutedKind
from router.domain.book import Book, RuleError
from router.domain.decision import Decision
from router.domain.leads import Lead
from router.domain.pool_figures import PoolFigures
from router.store import q
from service_kit.auth_principal import Role
from service_kit.metrics import BUCKETS
from service_kit.postgres import Database
from service_kit.unit import Unit

NO_POOL = "none"
"""The label of what no rule named a pool for."""

DECISIONS = Counter(
    "baton_decisions_total", "Decisions by kind and pool (none: no rule named one).", ["kind", "pool"]
)
HELD = Gauge("baton_leads_held", "Leads that wait for a rep, by what they wait for.", ["reason"])
ASSIGNED_AFTER = Histogram(
    "baton_accepted_to_assigned_seconds",
    "From the moment intake received (or a person released) a lead to its first handoff.",
    buckets=BUCKETS,
)
DECIDED_AFTER = Histogram(
    "baton_accepted_to_decided_seconds",
    "From the moment intake received (or a person released) a live lead to its first decision: a rep, or "
    "the queue of those nobody can take now.",
    buckets=BUCKETS,
)
HELD_OVERDUE = Gauge(
    "baton_leads_held_overdue_seconds",
    "How long the live lead that waits longest for this has waited since somebody could have taken it; leads "
    "that wait for opening hours count from then on.",
    ["reason"],
)
TOKENS_EXPIRING = Gauge(
    "baton_access_tokens_expiring",
    "Tokens used in the last 30 days that end within 14 and have no successor of the same name, by role.",
    ["role"],
)
RULE_ERRORS = Counter(
    "baton_routing_rule_errors_total", "Routing rules that had no answer for a lead, by rule.", ["rule"]
)
ASKED_AGAIN = Counter(
    "baton_asked_again_total", "Asks of buyers whose lead a rep has, told to that rep; tests left out."
)
RATED = Counter("baton_leads_rated_total", "Ratings that reps gave, 5 is best; tests left out.", ["rating"])
DRAINED = Counter("baton_leads_drained_total", "Held leads that found a rep.")
FEEDS = Gauge(
    "baton_absence_feeds",
    "Subscribed feeds of absences: well, or failing, when what they last said still holds.",
    ["state"],
)
FEED_READS = Counter(
    "baton_absence_feed_reads_total", "Looks at feeds of absences: new, same or failed.", ["outcome"]
)
REOFFERED = Counter(
    "baton_leads_reoffered_total", "Unanswered leads taken back from reps who were away or had left."
)

UNOWNED_BREACHES = Counter(
    "baton_unowned_breaches_total", "Breaches that nobody is named to hear of: name leads of teams."
)
UNOWNED_ABSENCES = Counter(
    "baton_unowned_absences_total",
    "Reps who were away or had left with open leads that nobody is named to hear of: name leads of teams.",
)
UNOWNED_HOLDS = Counter(
    "baton_unowned_holds_total",
    "Leads that nobody may take and nobody is named to hear of: name leads of teams.",
)
MOVED = Counter("baton_leads_moved_total", "Open leads that followed a change of the plan to another pool.")
LATE_EXPECTED = Counter(
    "baton_late_answers_expected_total",
    "Leads handed out although nobody was expected to answer in time, by pool.",
    ["pool"],
)
OVERRULED = Counter(
    "baton_turns_overruled_total",
    "Leads that went past the rep whose turn it was, who could not have answered in time, by pool.",
    ["pool"],
)


MISROUTED = Counter(
    "baton_misrouted_total", "Leads that a rep declined as of the wrong territory, by pool.", ["pool"]
)

POOL_REPS = Gauge(
    "baton_pool_reps",
    "Reps who take part in a pool's turns: free for a lead, full, outside_hours or absent.",
    ["pool", "place"],
)
POOL_OPEN = Gauge("baton_pool_open_leads", "Open leads of a pool's reps, from whatever pool.", ["pool"])
POOL_UNANSWERED = Gauge(
    "baton_pool_unanswered_leads",
    "Open leads of a pool's reps whose buyer nobody has contacted yet.",
    ["pool"],
)
POOL_CAPACITY = Gauge("baton_pool_capacity_leads", "Leads that a pool's reps may hold together.", ["pool"])
POOL_FULLEST = Gauge(
    "baton_pool_fullest_rep_ratio",
    "The largest share of their capacity that a rep of the pool has.",
    ["pool"],
)
POOL_OWED = Gauge(
    "baton_pool_owed_leads",
    "What a pool's turns owe to the rep they owe the least, and the most; weighted_round_robin only.",
    ["pool", "to"],
)
_OF_POOLS = (POOL_REPS, POOL_OPEN, POOL_UNANSWERED, POOL_CAPACITY, POOL_FULLEST, POOL_OWED)


def known_book(book: Book) -> None:
    """Pools and rules of a rulebook read zero before what is counted first, which no rate would see else."""
    for pool in book.pools:
        _series_of_pool(pool)
    for plan in book.plans.values():
        for rule in plan.rules:
            RULE_ERRORS.labels(rule=rule.source.id)


def _series_of_pool(pool: str) -> None:
    for counter in (LATE_EXPECTED, OVERRULED, MISROUTED):
        counter.labels(pool=pool)
    for kind in RoutedKind:
        DECISIONS.labels(kind=kind.value, pool=pool)


def show_pool(pool: str, figures: PoolFigures) -> None:
    """Export what the reps of a pool of the rulebook have in hand."""
    for place, reps in figures.reps.items():
        POOL_REPS.labels(pool=pool, place=place.value).set(reps)
    POOL_OPEN.labels(pool=pool).set(figures.open)
    POOL_UNANSWERED.labels(pool=pool).set(figures.unanswered)
    POOL_CAPACITY.labels(pool=pool).set(figures.capacity)
    POOL_FULLEST.labels(pool=pool).set(figures.fullest)


def show_owed(pool: str, least: float, most: float) -> None:
    """Export what the turns of a pool owe, in leads."""
    POOL_OWED.labels(pool=pool, to="least").set(least)
    POOL_OWED.labels(pool=pool, to="most").set(most)


def forget_pools() -> None:
    """Another instance exports these now, or the rulebook has other pools."""
    for gauge in _OF_POOLS:
        gauge.clear()


IN_USE, SOON = timedelta(days=30), timedelta(days=14)
"""A token used within the first is in use; one that ends within the second is to be replaced now."""


def count_misrouted(unit: Unit, lead: Lead, pool: str | None) -> None:
    """A lead that its rep says is not of their territory."""
    if not lead.is_test:
        unit.after_commit(MISROUTED.labels(pool=pool or NO_POOL).inc)


def count_decision(unit: Unit, lead: Lead, kind: RoutedKind, pool: str | None) -> None:
    """Counts once the unit is committed, as all of these do; a test counts nowhere."""
    if lead.is_test:
        return
    unit.after_commit(DECISIONS.labels(kind=kind.value, pool=pool or NO_POOL).inc)


def count_rule_errors(unit: Unit, errors: Iterable[RuleError]) -> None:
    """Rules come from the rulebook, so the label is bounded by it."""
    for error in errors:
        unit.after_commit(RULE_ERRORS.labels(rule=error.rule).inc)


def count_first_decision(unit: Unit, lead: Lead) -> None:
    """Called before a lead's first decision is numbered; imports wait for their turn and are left out."""
    is_live = not lead.is_test and lead.handling is None
    if lead.routed_seq == 0 and is_live and lead.received_at is not None:
        seconds = max(0.0, (unit.now - lead.received_at).total_seconds())
        unit.after_commit(partial(DECIDED_AFTER.observe, seconds))


def count_assignment(unit: Unit, lead: Lead, decision: Decision) -> None:
    """The company's speed in front of sales, of first handoffs of live leads; what promises did to turns."""
    if not lead.is_test and decision.is_late:
        unit.after_commit(LATE_EXPECTED.labels(pool=decision.pool.id).inc)
    if not lead.is_test and decision.overruled is not None:
        unit.after_commit(OVERRULED.labels(pool=decision.pool.id).inc)
    is_live = not lead.is_test and lead.handling is None
    if lead.round == 1 and is_live and lead.received_at is not None:
        seconds = max(0.0, (unit.now - lead.received_at).total_seconds())
        unit.after_commit(partial(ASSIGNED_AFTER.observe, seconds))


def count_asked_again(unit: Unit, lead: Lead) -> None:
    """One more ask on a lead that has a rep."""
    if not lead.is_test:
        unit.after_commit(ASKED_AGAIN.inc)


def count_rating(unit: Unit, lead: Lead, rating: int) -> None:
    """One more rating, 1 to 5."""
    if not lead.is_test:
        unit.after_commit(RATED.labels(rating=str(rating)).inc)


def known_series() -> None:
    """Series that exist from the start, at zero."""
    for outcome in ("new", "same", "failed"):
        FEED_READS.labels(outcome=outcome)
    for rating in range(1, 6):
        RATED.labels(rating=str(rating))
    _series_of_pool(NO_POOL)


def export_held(database: Database) -> Callable[[], Awaitable[None]]:
    """Work for a Periodic: how many leads wait for what, and how long the longest could have gone."""

    async def export() -> None:
        async with database.acquire() as conn:
            rows = await conn.fetch(q.held_by_reason, await database.clock.now(conn))
        found = {row["hold_reason"]: row for row in rows}
        for reason in HoldReason:
            row = found.get(reason.value)
            HELD.labels(reason=reason.value).set(row["leads"] if row else 0)
            overdue = row["overdue"] if row else None
            HELD_OVERDUE.labels(reason=reason.value).set(max(0.0, (overdue or timedelta()).total_seconds()))

    return export


def forget_held() -> None:
    """Another instance exports the gauges now."""
    HELD.clear()
    HELD_OVERDUE.clear()


def export_tokens(database: Database) -> Callable[[], Awaitable[None]]:
    """Work for a Periodic: how many tokens in use end soon."""

    async def export() -> None:
        async with database.acquire() as conn:
            rows = await conn.fetch(q.tokens_expiring, await database.clock.now(conn), IN_USE, SOON)
        found = {row["role"]: row["tokens"] for row in rows}
        for role in Role:
            TOKENS_EXPIRING.labels(role=role.value).set(found.get(role.value, 0))

    return export
