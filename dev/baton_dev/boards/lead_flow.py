"""Lead flow: for marketing, sales and who leads both. How many, from where, how good, how fast."""

from baton_dev.boards.board import Board
from baton_dev.boards.panels import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    YELLOW,
    About,
    Panel,
    amounts,
    course,
    figure,
    ranking,
)
from baton_dev.boards.queries import Query, share, total, within

UID = "baton-lead-flow"
QUADRANTS = {"perfect": GREEN, "warm": ORANGE, "curious": PURPLE, "cold": BLUE}
ASSIGNED = "baton_accepted_to_assigned_seconds"
SPEED = "baton_speed_to_lead_seconds"
_RECEIVED, _DELIVERED = "baton_leads_received_total", "baton_leads_delivered_total"


def board() -> Board:
    """The board."""
    return Board(
        UID,
        "Lead flow",
        "How many leads come, from where, how good they are, and how fast a buyer hears from us.",
        "now-7d",
        (
            [_new_leads(), _sqls(), _sql_share(), _waiting(), _time_to_rep(), _speed_to_lead()],
            [_by_source(), _by_quadrant()],
            [_funnel(), _sql_share_of_sources(), _why_held()],
            [_speed_over_time(), _no_leads()],
        ),
    )


def _new_leads() -> Panel:
    return figure(
        About(
            "How many new leads came?",
            "Leads first heard of in the time shown. Tests, leads that reps found themselves and requests "
            "of accounts that sales knows are not among them.",
            width=4,
            height=4,
            decimals=0,
            runbooks=("BatonFormSilent", "BatonNoticesUnread"),
        ),
        Query(total(_RECEIVED)),
    )


def _sqls() -> Panel:
    return figure(
        About(
            "How many became SQLs?",
            "What marketing delivered in the time shown, whenever the lead came.",
            width=4,
            height=4,
            decimals=0,
            boards=("baton-two-sided-sla",),
        ),
        Query(total(_DELIVERED)),
    )


def _sql_share() -> Panel:
    return figure(
        About(
            "SQLs for each new lead?",
            "SQLs by new leads of the time shown: not the same leads, so it may be above 100%.",
            width=4,
            height=4,
            unit="percentunit",
            decimals=0,
        ),
        Query(share(total(_DELIVERED), total(_RECEIVED))),
    )


def _waiting() -> Panel:
    return figure(
        About(
            "How many wait for a rep now?",
            "SQLs without a rep at this moment. At night some are to be expected: below stands why.",
            width=4,
            height=4,
            decimals=0,
            steps=((None, GREEN), (1, YELLOW), (50, RED)),
            boards=("baton-reps",),
            runbooks=("BatonLeadsHeldTooLong",),
        ),
        Query("sum(reason:baton_leads_held:sum)"),
    )


def _time_to_rep() -> Panel:
    fast = ((None, GREEN), (5, YELLOW), (60, RED))
    return figure(
        About(
            "How soon has a lead a rep?",
            "95 of 100 live leads had their first rep within this, from intake's answer on.",
            width=4,
            height=4,
            unit="s",
            steps=fast,
            boards=("baton-health",),
            runbooks=("BatonHandoffSlow",),
        ),
        Query(within(0.95, ASSIGNED)),
    )


def _speed_to_lead() -> Panel:
    return figure(
        About(
            "How soon does a buyer hear from us?",
            "Speed to lead: half of the buyers were contacted within this, in wall time, nights and "
            "holidays counted.",
            width=4,
            height=4,
            unit="s",
            steps=((None, GREEN), (300, YELLOW), (3600, RED)),
        ),
        Query(within(0.5, SPEED)),
    )


def _by_source() -> Panel:
    return amounts(
        About(
            "Where do new leads come from?",
            "New leads by first source, as the rulebook calls it; `other` is a source it does not declare.",
            width=12,
            height=8,
            decimals=0,
        ),
        Query(total(_RECEIVED, "source", "$__interval"), "{{source}}"),
    )


def _by_quadrant() -> Panel:
    return amounts(
        About(
            "How good are they?",
            "New leads by quadrant: perfect and warm fit us, perfect and curious want us now.",
            width=12,
            height=8,
            decimals=0,
            colours=QUADRANTS,
        ),
        Query(total(_RECEIVED, "quadrant", "$__interval"), "{{quadrant}}"),
    )


def _funnel() -> Panel:
    acts = "baton_lead_acts_total"
    return ranking(
        About(
            "How far do leads get?",
            "What happened in the time shown, step by step; a lead may have come before it. Given back: "
            "rejected, or recycled until another day.",
            width=8,
            decimals=0,
        ),
        Query(total(_RECEIVED), "new leads"),
        Query(total(_DELIVERED), "SQLs"),
        Query(total(f"{ASSIGNED}_count"), "given to a rep"),
        Query(total(f'{acts}{{kind="accepted"}}'), "accepted"),
        Query(total(f"{SPEED}_count"), "contacted"),
        Query(total(f'{acts}{{kind="outcome"}}'), "with an outcome"),
        Query(total(f'{acts}{{kind=~"rejected|recycled"}}'), "given back"),
    )


def _sql_share_of_sources() -> Panel:
    return ranking(
        About(
            "Which sources bring SQLs?",
            "SQLs by new leads of a source, in the time shown. `baton report source NAME` has cost and "
            "revenue.",
            width=8,
            unit="percentunit",
            decimals=0,
        ),
        Query(share(total(_DELIVERED, "source"), total(_RECEIVED, "source")), "{{source}}"),
    )


def _why_held() -> Panel:
    return course(
        About(
            "Why do leads wait for a rep?",
            "Leads held, by reason: `baton held` lists them, `baton why LEAD` tells of one.",
            width=8,
            decimals=0,
            boards=("baton-reps",),
            runbooks=("BatonLeadsHeldTooLong", "BatonLeadsWaitForReps"),
        ),
        Query("reason:baton_leads_held:sum", "{{reason}}"),
    )


def _speed_over_time() -> Panel:
    return course(
        About(
            "Are we getting faster?",
            "Median and 9 of 10, over the hour before each moment. Without a rep, or a contact, in that "
            "hour there is no line.",
            width=12,
            unit="s",
        ),
        Query("baton:speed_to_lead_seconds:p50_rate1h", "contact: median"),
        Query("baton:speed_to_lead_seconds:p90_rate1h", "contact: 9 of 10"),
        Query("baton:accepted_to_assigned_seconds:p90_rate1h", "rep: 9 of 10"),
    )


def _no_leads() -> Panel:
    quarantined = total("baton_scoring_quarantined_total", "reason", "$__interval")
    return amounts(
        About(
            "What came and is no new lead?",
            "Put aside for a person to look at, by reason; requests of accounts that sales knows; leads "
            "that sales gave back as one that was there already.",
            width=12,
            decimals=0,
            runbooks=("BatonSpamWave",),
        ),
        Query(quarantined, "quarantined: {{reason}}"),
        Query(total("baton_account_requests_total", "standing", "$__interval"), "of a {{standing}}"),
        Query(total("baton_leads_duplicate_total", window="$__interval"), "duplicates"),
    )
