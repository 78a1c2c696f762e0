"""Two-sided SLA: what marketing and sales agreed, and whether each keeps it. The month that runs."""

from baton_dev.boards.board import Board
from baton_dev.boards.panels import (
    BLUE,
    GREEN,
    GREY,
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
from baton_dev.boards.queries import Query, total

UID = "baton-two-sided-sla"
_BINDING = 'trial="false"'
_BREACHED = f"baton_sla_breached_total{{{_BINDING}}}"
_SIDES = {"rep": ORANGE, "sales_team": YELLOW, "marketing": PURPLE, "system": RED, "nobody": GREY}
_TIME_LEFT = {
    "over": "over, nothing said yet",
    "under_5m": "under 5 minutes",
    "under_1h": "under an hour",
    "under_1d": "under a day",
    "longer": "longer",
    "paused": "paused",
    "never": "rep never works again",
}
_KEPT = ((None, RED), (0.8, YELLOW), (0.95, GREEN))


def board() -> Board:
    """The board."""
    return Board(
        UID,
        "Two-sided SLA",
        "Whether marketing delivers and sales answers as agreed this month; `baton report` has all of it.",
        "now-7d",
        (
            [_goals(), _pace(), _kept()],
            [_against_plan(), _promises(), _worked()],
            [_time_left(), _whose_breaches(), _teams()],
            [_warnings(), _response()],
        ),
    )


def _goals() -> Panel:
    return ranking(
        About(
            "Marketing: how much of the month's goals is delivered?",
            "Delivered less what sales gave back, of each goal of the agreement in force.",
            width=8,
            unit="percentunit",
            decimals=0,
            steps=((None, BLUE), (1, GREEN)),
        ),
        Query("goal:baton_attainment:ratio", "{{goal}}"),
        top=1,
    )


def _pace() -> Panel:
    return figure(
        About(
            "Marketing: ahead of plan, or behind?",
            "Delivered so far, less what was given back, of what the plan wants by now: 100% is on plan. It "
            "spreads a goal evenly over the working days that are over.",
            width=8,
            unit="percentunit",
            decimals=0,
            steps=((None, RED), (0.8, YELLOW), (1, GREEN)),
            runbooks=("BatonMarketingBehind",),
        ),
        Query("goal:baton_pace:ratio", "{{goal}}"),
    )


def _kept() -> Panel:
    return ranking(
        About(
            "Sales: how many promises are kept?",
            "Of binding promises that fell due this month and were kept, or broken by sales. What was above "
            "the agreed volume, excused or broken by others is in neither.",
            width=8,
            unit="percentunit",
            decimals=0,
            steps=_KEPT,
            boards=("baton-reps",),
        ),
        Query("kind:baton_promises_kept:ratio", "{{kind}}"),
        top=1,
    )


def _against_plan() -> Panel:
    return course(
        About(
            "Marketing: does the gap to the plan close?",
            "Delivered less what was given back, and the plan, in the unit of each goal.",
            width=12,
        ),
        Query("goal:baton_delivered_net:max", "{{goal}}: delivered"),
        Query("max by (goal) (baton_goal_planned)", "{{goal}}: plan"),
    )


def _promises() -> Panel:
    return ranking(
        About(
            "What became of the month's promises?",
            "Binding promises that fell due this month. An objection that was upheld counts as excused.",
            width=7,
            decimals=0,
            colours={"kept": GREEN, "broken_by_sales": RED, "broken_by_others": ORANGE},
        ),
        Query("sum by (outcome) (max by (kind, outcome) (baton_promises_due))", "{{outcome}}"),
    )


def _worked() -> Panel:
    return figure(
        About(
            "Sales: is what marketing delivers worked?",
            "Of deliveries whose time to be worked ended this month: accepted, answered, and brought to a "
            "conversation, an outcome or all agreed tries.",
            width=5,
            unit="percentunit",
            decimals=0,
            steps=_KEPT,
        ),
        Query("baton:leads_worked:ratio"),
    )


def _time_left() -> Panel:
    return ranking(
        About(
            "How much time is left on running promises?",
            "Binding promises now, by wall time until they are broken. `baton timers` names the leads.",
            width=8,
            decimals=0,
            colours={_TIME_LEFT["over"]: RED, _TIME_LEFT["under_5m"]: ORANGE},
            runbooks=("BatonTimersLate",),
        ),
        *(
            Query(f'time_left:baton_open_timers:sum{{time_left="{bucket}"}}', words)
            for bucket, words in _TIME_LEFT.items()
        ),
    )


def _whose_breaches() -> Panel:
    return amounts(
        About(
            "Whose are the breaches?",
            "Binding promises broken, by who answers for them: whose minutes they were. `system` is us.",
            width=8,
            decimals=0,
            colours=_SIDES,
            runbooks=("BatonBreachesRising", "BatonUnownedBreaches"),
        ),
        Query(total(_BREACHED, "charged_to", "$__interval"), "{{charged_to}}"),
    )


def _teams() -> Panel:
    return ranking(
        About(
            "Which promises are broken, in which team?",
            "Binding promises broken in the time shown.",
            width=8,
            decimals=0,
            steps=((None, GREEN), (1, YELLOW), (10, RED)),
            boards=("baton-reps",),
        ),
        Query(f"topk(10, {total(_BREACHED, 'team, kind')})", "{{team}}: {{kind}}"),
    )


def _warnings() -> Panel:
    of_binding = f"{{{_BINDING}}}"
    return amounts(
        About(
            "Do warnings help?",
            "A warning comes when a promise has used the agreed share of its time. Withdrawn: an act had "
            "been in time, or the promise stood still.",
            width=12,
            decimals=0,
            colours={"warnings": YELLOW, "breaches": RED, "withdrawn": GREEN, "reminders": PURPLE},
        ),
        *(
            Query(total(f"baton_sla_{name}_total{of_binding}", window="$__interval"), words)
            for name, words in (
                ("warned", "warnings"),
                ("breached", "breaches"),
                ("withdrawn", "withdrawn"),
                ("reminded", "reminders"),
            )
        ),
    )


def _response() -> Panel:
    return course(
        About(
            "How fast do reps answer, by their own clock?",
            "Working time of the rep from handoff to first contact, over the hour before each moment: what "
            "the promise is about.",
            width=12,
            unit="s",
        ),
        Query("baton:first_response_working_seconds:p50_rate1h", "median"),
        Query("baton:first_response_working_seconds:p90_rate1h", "9 of 10"),
    )
