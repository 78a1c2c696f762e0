"""What the ledger measures of the running month, by goals of the agreement and kinds of promises."""

from prometheus_client import Gauge

GOAL = Gauge("baton_goal", "What marketing is to deliver this month, in the unit of the goal.", ["goal"])
PLANNED = Gauge(
    "baton_goal_planned",
    "What should be delivered by now: the goal by the working days that are over.",
    ["goal"],
)
DELIVERED = Gauge(
    "baton_goal_delivered",
    "What is delivered this month in the unit of the goal, before what is taken off.",
    ["goal"],
)
TAKEN_OFF = Gauge(
    "baton_goal_taken_off",
    "What sales gave back this month and is taken off, in the unit of the goal.",
    ["goal"],
)
KEPT_SHARE = Gauge(
    "baton_promises_kept_share",
    "Promises kept of those that fell due this month and were kept, or broken by sales.",
    ["kind"],
)
PROMISES = Gauge(
    "baton_promises_due",
    "Binding promises that fell due this month, by what became of them.",
    ["kind", "outcome"],
)
WORK = Gauge(
    "baton_leads_to_work",
    "Deliveries whose time to be worked ended this month: worked by then, or not.",
    ["outcome"],
)
OUTCOMES = ("kept", "broken_by_sales", "broken_by_others", "excused", "above_volume")
WORKED = ("worked", "not_worked")


def forget() -> None:
    """Leave nothing of what was exported: another instance does it now, or the agreement has other goals."""
    for gauge in (GOAL, PLANNED, DELIVERED, TAKEN_OFF, KEPT_SHARE, PROMISES, WORK):
        gauge.clear()
