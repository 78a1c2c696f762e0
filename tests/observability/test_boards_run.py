"""Every query of every board, asked of a real Prometheus that scraped a real run with leads and reps."""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from baton_dev.boards.linting import filled_in
from baton_dev.boards.writing import documents
from baton_dev.observability.servers import Watchers
from baton_dev.ports import choose_port
from baton_dev.samples import fields_for, samples
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack

JOBS = {"intake": "intake", "scoring": "scoring", "router": "router", "sla_monitor": "sla-monitor"}
NEVER_ANSWERED = 2
"""So many leads that their reps let run out."""
SILENT_WHILE_NOUGHT = {"Marketing: ahead of plan, or behind?": "baton_goal_planned"}
"""Rightly without an answer on a month's first working day: nothing is to be delivered by then."""
MONTH = ("sum(kind:baton_promises_kept:ratio offset 10s)", "sum(baton_leads_to_work offset 10s)")
"""Figures that are made once a minute: there, and for as long as two points of a line are apart."""
PANELS = [(uid, panel) for uid, board in documents().items() for panel in board["panels"]]
ABOVE_ZERO = {
    "How many new leads came?",
    "How many became SQLs?",
    "SQLs for each new lead?",
    "How soon has a lead a rep?",
    "How soon does a buyer hear from us?",
    "Where do new leads come from?",
    "How good are they?",
    "How far do leads get?",
    "What came and is no new lead?",
    "Sales: how many promises are kept?",
    "Sales: is what marketing delivers worked?",
    "What became of the month's promises?",
    "Marketing: how much of the month's goals is delivered?",
    "How much time is left on running promises?",
    "Whose are the breaches?",
    "Which promises are broken, in which team?",
    "Do warnings help?",
    "How many leads have a rep now?",
    "Which pools have room?",
    "Is somebody full while others have room?",
    "Who is free for a lead now?",
    "Are turns fair?",
    "What do reps do with their leads?",
    "What do reps say of the leads?",
    "Where is time spent?",
    "Who uses the processors?",
    "Who uses the memory?",
    "Which versions run?",
    "Have all the same rulebook?",
}
"""What this run has some of: nought would mean that the query does not see it."""

NOUGHTS = "(count(baton_leads_received_total) > bool 0) + on () (count(baton_leads_delivered_total) > bool 0)"
"""2 as soon as Prometheus has seen both counters."""
SCRAPES_FIRST = 5.0
"""Seconds: what is counted between two scrapes is seen only from the one before."""


@dataclass
class Run:
    """A run that is over: nothing more comes, everything answers."""

    watchers: Watchers
    started: float
    ended: float

    def answers(self, target: dict[str, Any]) -> list[float]:
        """The finite values that a panel's query has over the run, as Grafana would send it."""
        length = f"{int(self.ended - self.started)}s"
        expr = filled_in(target["expr"], range=length, interval="15s", rate_interval="15s")
        if target["instant"]:
            return _finite(self.watchers.ask("query", query=expr, time=str(self.ended)))
        span = {"start": str(self.started), "end": str(self.ended), "step": "5"}
        return _finite(self.watchers.ask("query_range", query=expr, **span))

    def value(self, expr: str) -> float:
        """The sum of what answers a query now, 0 for nothing."""
        return _value(self.watchers, expr)


def _value(watchers: Watchers, expr: str) -> float:
    return sum(_finite(watchers.ask("query", query=expr)))


def _finite(data: dict[str, Any]) -> list[float]:
    points = [point for each in data["result"] for point in each.get("values", [each.get("value")])]
    return [float(value) for _, value in points if math.isfinite(float(value))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Sample leads, reps who answer or do not, and what the services said of it, every second."""
    home = tmp_path_factory.mktemp("boards")
    stack = Stack(home / "stack", company_round_the_clock(), fsync=False)
    stack.start()
    targets = {job: stack.services[name].base_url.removeprefix("http://") for name, job in JOBS.items()}
    watchers = Watchers(home / "watchers", targets, mail_port=choose_port())
    try:
        watchers.start()
        _until(lambda: _value(watchers, "sum(up)") == len(JOBS), "all four are scraped")
        _until(lambda: _value(watchers, NOUGHTS) == 2, "what counts leads, at nought before anybody comes")
        started = time.time()
        _until(lambda: time.time() > started + SCRAPES_FIRST, "some scrapes before anything happens")
        with closing(Installation(stack)) as baton:
            _happen(baton)
        _until(lambda: _value(watchers, "sum(baton_sla_breached_total)") >= NEVER_ANSWERED, "the breaches")
        _until(lambda: all(_value(watchers, each) > 0 for each in MONTH), "the figures of the month")
        yield Run(watchers, started, time.time())
    finally:
        watchers.stop()
        stack.stop()


def _until(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, 120, f"in Prometheus: {what}", pause=0.5)


def _happen(baton: Installation) -> None:
    """What a day has, in half a minute: all forms' people, quick reps, slow ones, and those who say no."""
    rulebook = company_round_the_clock()
    forms = rulebook["forms"]
    for sample in samples(1, forms, list(rulebook["lines"])):
        baton.post_bytes(
            sample.form, json.dumps(fields_for(sample, forms[sample.form])).encode(), "application/json"
        )
    _answered(baton, _perfect(baton))
    _declined(baton, _perfect(baton))
    _rejected(baton, _perfect(baton))
    for _ in range(NEVER_ANSWERED):
        baton.assigned(_perfect(baton))


def _perfect(baton: Installation) -> UUID:
    (lead,) = baton.leads_of(baton.post("demo-request", somebody()))
    return lead


def _answered(baton: Installation, lead: UUID) -> None:
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "accept")
    baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
    baton.act(lead, rep, "rating", {"rating": 5})
    baton.act(lead, rep, "outcome", {"result": "meeting"})


def _declined(baton: Installation, lead: UUID) -> None:
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "decline", {"reason": "elsewhere", "code": "wrong_territory"})


def _rejected(baton: Installation, lead: UUID) -> None:
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "reject", {"reason": "a student", "code": "out_of_profile"})


@pytest.mark.parametrize(
    ("uid", "panel"), [pytest.param(*each, id=f"{each[0]}: {each[1]['title']}") for each in PANELS]
)
def test_a_panel_has_an_answer(run: Run, uid: str, panel: dict[str, Any]) -> None:
    """Each of its queries answers with a number, be it nought."""
    silent = [target["expr"] for target in panel["targets"] if not run.answers(target)]
    may_be = panel["title"] in SILENT_WHILE_NOUGHT
    if may_be and run.value(SILENT_WHILE_NOUGHT[panel["title"]]) == 0:
        return
    assert silent == []
    if panel["title"] in ABOVE_ZERO:
        assert any(max(run.answers(target)) > 0 for target in panel["targets"])


@pytest.mark.parametrize(
    ("title", "counter"),
    [
        ("How many new leads came?", "baton_leads_received_total"),
        ("How many became SQLs?", "baton_leads_delivered_total"),
    ],
)
def test_the_first_lead_of_each_source_and_quadrant_is_in_the_figure(
    run: Run, title: str, counter: str
) -> None:
    """All began at nought, so the growth over the run is what there is; Prometheus estimates the edges."""
    (panel,) = (panel for _, panel in PANELS if panel["title"] == title)
    (shown,) = run.answers(panel["targets"][0])
    assert shown == pytest.approx(run.value(counter), rel=0.1)


def test_what_is_to_be_above_nought_is_on_a_board() -> None:
    assert {panel["title"] for _, panel in PANELS} >= ABOVE_ZERO
