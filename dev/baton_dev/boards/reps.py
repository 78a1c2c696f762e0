"""Reps: for team leads and managers. Who has room, whether turns are fair, how leads are answered.

By pool and team, never by name: who may see a rep's own figures is a matter of roles (docs/access.md).
"""

from baton_dev.boards.board import Board
from baton_dev.boards.panels import GREEN, RED, YELLOW, About, Panel, amounts, course, figure, ranking
from baton_dev.boards.queries import Query, total, within

UID = "baton-reps"
_ACCEPT, _RESPONSE = "baton_accept_working_seconds", "baton_first_response_working_seconds"
_FILLING = ((None, GREEN), (0.8, YELLOW), (1, RED))


def board() -> Board:
    """The board."""
    return Board(
        UID,
        "Reps",
        "Load, fairness and response of the pools; `baton rep list` has single reps, for who may see them.",
        "now-24h",
        (
            [_assigned(), _held(), _pools_without(), _acceptance(), _answer()],
            [_room(), _fullest(), _free()],
            [_fairness(), _overruled(), _moved()],
            [_times(), _acts(), _ratings()],
        ),
    )


def _assigned() -> Panel:
    return figure(
        About(
            "How many leads have a rep now?",
            "Leads in the hands of reps, tests too.",
            width=5,
            height=4,
            decimals=0,
        ),
        Query('sum(baton_sla_leads{state="assigned"})'),
    )


def _held() -> Panel:
    return figure(
        About(
            "How many wait for one?",
            "SQLs without a rep at this moment.",
            width=5,
            height=4,
            decimals=0,
            steps=((None, GREEN), (1, YELLOW), (50, RED)),
            boards=("baton-lead-flow",),
            runbooks=("BatonLeadsWaitForReps",),
        ),
        Query("sum(reason:baton_leads_held:sum)"),
    )


def _pools_without() -> Panel:
    return figure(
        About(
            "In how many pools is nobody free?",
            "Pools all of whose reps are full, absent or outside their hours now. At night that is all of "
            "them.",
            width=4,
            height=4,
            decimals=0,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Query('count(max by (pool) (baton_pool_reps{place="free"}) == 0) or vector(0)'),
    )


def _acceptance() -> Panel:
    return figure(
        About(
            "How soon do reps accept?",
            "Half of the acceptances came within this, in the rep's working time.",
            width=5,
            height=4,
            unit="s",
        ),
        Query(within(0.5, _ACCEPT)),
    )


def _answer() -> Panel:
    return figure(
        About(
            "How soon do reps answer?",
            "Half of the first responses came within this, in the rep's working time.",
            width=5,
            height=4,
            unit="s",
        ),
        Query(within(0.5, _RESPONSE)),
    )


def _room() -> Panel:
    opened, held = "max by (pool) (baton_pool_open_leads)", "max by (pool) (baton_pool_capacity_leads)"
    return ranking(
        About(
            "Which pools have room?",
            "Leads in hand of what the pool's reps may hold together. A rep of two pools counts in both.",
            width=8,
            unit="percentunit",
            decimals=0,
            steps=_FILLING,
        ),
        Query(f"{opened} / ({held} > 0)", "{{pool}}"),
        top=1,
    )


def _fullest() -> Panel:
    return ranking(
        About(
            "Is somebody full while others have room?",
            "The fullest rep of each pool: leads in hand of what they may hold. Over 100% by hand only.",
            width=8,
            unit="percentunit",
            decimals=0,
            steps=_FILLING,
        ),
        Query("max by (pool) (baton_pool_fullest_rep_ratio)", "{{pool}}"),
        top=1,
    )


def _free() -> Panel:
    return ranking(
        About(
            "Who is free for a lead now?",
            "Reps at work with room, by pool. None: leads of that pool wait, or go where its rule says.",
            width=8,
            decimals=0,
            steps=((None, RED), (1, YELLOW), (2, GREEN)),
            runbooks=("BatonUnownedHolds",),
        ),
        Query('max by (pool) (baton_pool_reps{place="free"})', "{{pool}}"),
    )


def _fairness() -> Panel:
    return ranking(
        About(
            "Are turns fair?",
            "By how many leads the rep furthest from their share is off it, in pools that go by turns. "
            "Under one is what weighted round robin promises; up to five are owed where deadlines go first "
            "or reps catch up. docs/fairness.md says more, `baton why LEAD` shows one decision.",
            width=8,
            decimals=1,
            steps=((None, GREEN), (1.01, YELLOW), (5.01, RED)),
        ),
        Query("max by (pool) (abs(baton_pool_owed_leads))", "{{pool}}"),
    )


def _overruled() -> Panel:
    return amounts(
        About(
            "How often does a turn give way?",
            "Passed over: the lead went past the rep whose turn it was, who could not have answered in "
            "time. Late: nobody could.",
            width=8,
            decimals=0,
        ),
        Query(total("baton_turns_overruled_total", "pool", "$__interval"), "{{pool}}: passed over"),
        Query(total("baton_late_answers_expected_total", "pool", "$__interval"), "{{pool}}: late"),
    )


def _moved() -> Panel:
    return amounts(
        About(
            "Which leads changed hands?",
            "Unanswered leads of reps who were away or had left; leads that moved with a change of the "
            "plan; leads declined as of the wrong territory, by pool.",
            width=8,
            decimals=0,
            runbooks=("BatonUnownedAbsences",),
        ),
        Query(total("baton_leads_reoffered_total", window="$__interval"), "rep away"),
        Query(total("baton_leads_moved_total", window="$__interval"), "plan changed"),
        Query(total("baton_misrouted_total", "pool", "$__interval"), "{{pool}}: wrong territory"),
    )


def _times() -> Panel:
    return course(
        About(
            "How long do reps take, by their own clock?",
            "9 of 10, in the rep's working time from the handoff on, over the hour before each moment.",
            width=8,
            unit="s",
            boards=("baton-two-sided-sla",),
        ),
        Query("baton:accept_working_seconds:p90_rate1h", "accepted"),
        Query("baton:first_response_working_seconds:p90_rate1h", "first response"),
    )


def _acts() -> Panel:
    return amounts(
        About(
            "What do reps do with their leads?",
            "Acts of reps and of CRMs on their behalf.",
            width=8,
            decimals=0,
        ),
        Query(total("baton_lead_acts_total", "kind", "$__interval"), "{{kind}}"),
    )


def _ratings() -> Panel:
    return ranking(
        About(
            "What do reps say of the leads?",
            "Ratings in the time shown, 5 is best. docs/scorecard.md: how to learn a scorecard from them.",
            width=8,
            decimals=0,
        ),
        Query(total("baton_leads_rated_total", "rating"), "{{rating}}"),
    )
