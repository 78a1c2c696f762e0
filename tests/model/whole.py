"""The whole report once more, by the model: every number of the JSON, at the place where it stands there."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from rulebook.models import Agreement
from tests.model.delivered import Delivery, deliveries
from tests.model.history import History
from tests.model.month import Scene
from tests.model.numbers import numbers_of
from tests.model.of_leads import funnel, paces, reasons, sources_of
from tests.model.of_sales import Sales, goal_rows
from tests.model.rounds import rounds_of

FELT_LATER = ("withdrawn",)
"""Where news was late, this hangs on what was known when something was said."""
NOT_STORED = ("objections", "upheld", "undecided")
"""Of disputes: an export has the verdicts only."""


def whole_report(history: History, year: int, month: int, now: datetime) -> dict[str, Any]:
    """The figures of a month that is not closed, in the form of the report."""
    scene = Scene.of(history, year, month, now)
    sales = Sales(scene)
    return {
        "marketing": {
            "goals": goal_rows(scene, scene.agreement, deliveries(history).values()),
            "pace": paces(scene),
        },
        "sales": {
            "promises": sales.promise_rows(sales.binding),
            "works": sales.works(),
            "days": sales.response_days(),
        },
        "funnel": funnel(scene),
        "sources": sources_of(scene),
        "speed": sales.speed(),
        "reasons": reasons(scene),
        "reps": sales.reps(),
        "disputes": {"counts": sales.disputes(), "worst": sales.worst()},
        "trials": list(_trials(scene, sales)),
    }


def _trials(scene: Scene, sales: Sales) -> Iterator[dict[str, Any]]:
    every = {"agreement": scene.rulebook.agreement, **scene.rulebook.agreements}
    last = (scene.end - timedelta(microseconds=1)).date()
    for name, agreement in every.items():
        first_day, last_day = agreement.first_day or scene.start.date(), agreement.last_day or last
        if agreement.state == "trial" and first_day <= last and last_day >= scene.start.date():
            chosen = [d for d in deliveries(scene.history).values() if _is_tried(scene, agreement, d)]
            rows = [kept for kept in sales.promises if kept.is_trial and kept.agreement_id == name]
            goals = goal_rows(scene, agreement, chosen)
            yield {"id": name, "goals": goals, "promises": sales.promise_rows(rows)}


def _is_tried(scene: Scene, agreement: Agreement, each: Delivery) -> bool:
    rounds, day = rounds_of(scene.history, each.lead), scene.day(each.at)
    if agreement.trial_teams and (not rounds or rounds[-1].rep.team not in agreement.trial_teams):
        return False
    return (agreement.first_day or day) <= day <= (agreement.last_day or day)


def numbers_apart(
    history: History, report: Mapping[str, Any], now: datetime, *, is_prompt: bool
) -> list[str]:
    """Numbers of a report that the model has otherwise or not at all, in words."""
    year, month = map(int, report["head"]["month"].split("-"))
    mine, theirs = numbers_of(whole_report(history, year, month, now)), numbers_of(report)
    found = []
    for name in sorted(mine.keys() | theirs.keys()):
        if name.endswith(NOT_STORED) or (not is_prompt and any(part in name for part in FELT_LATER)):
            continue
        one, other = mine.get(name), theirs.get(name)
        if other is None and not one:
            continue
        if one is None or other is None or abs(one - other) > 1e-6 * max(1.0, abs(one)):
            found.append(f"{name}: {one} by the model, {other} in the report")
    return found
