"""What is learned of the past, tried with more or fewer reps, and shown."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lead_events.words import Quadrant
from router.domain.needs import NO_NEEDS
from router.whatif.deciding import Company
from router.whatif.engine import Simulation
from router.whatif.figures import Due, Figures
from router.whatif.fitting import Moments, Observed, fit, read_behaviour, write_behaviour
from router.whatif.intervals import interval, student
from router.whatif.model import Spread
from router.whatif.page import page
from router.whatif.staffing import Flow, Staffing
from tests.unit.router.whatif_worlds import MONDAY_9, PROMPT, arrival, make_book, simulate, staff

MINUTE = timedelta(minutes=1)


def test_a_spread_is_learned_from_many_lengths_whatever_was_assumed() -> None:
    chance, moments = random.Random(3), Moments()
    true = Spread(timedelta(minutes=20), 0.5)
    for _ in range(5_000):
        moments.add(true.at(chance.gauss(0, 1)))
    found = moments.spread(Spread(timedelta(hours=3), 1.5))
    assert found.median / true.median == pytest.approx(1, abs=0.03)
    assert found.sigma == pytest.approx(0.5, abs=0.06)


def test_of_who_has_done_nothing_yet_everybodys_ways_are_assumed() -> None:
    seen = Observed(rounds=200, declined=100)
    for _ in range(200):
        seen.accepts.add(2 * MINUTE)
    found = fit({"ana": seen, "bea": Observed()})
    assert found["bea"].declines == pytest.approx(found[""].declines)
    assert found["bea"].accepts.median < timedelta(minutes=2.1)
    assert found["ana"].declines == pytest.approx(0.5, abs=0.03)


def test_behaviour_comes_back_from_json_as_it_went() -> None:
    assert read_behaviour(write_behaviour(PROMPT)) == PROMPT


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (9, 2.262), (29, 2.045), (1000, 1.962)]
)
def test_intervals_use_students_distribution(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.005)


def test_an_interval_lies_about_its_mean() -> None:
    found = interval([1.0, 2.0, 3.0])
    assert (found.mean, round(found.low, 3), round(found.high, 3)) == (2.0, -0.484, 4.484)
    assert interval([4.0]).low == 4.0


def busy_flow(leads_an_hour: int) -> Flow:
    """So many perfect leads in every hour of the working week."""
    flow = Flow(UTC, weeks=1)
    for day in range(5):
        for hour in range(9, 16):
            for _ in range(leads_an_hour):
                at = MONDAY_9.replace(hour=0) + timedelta(days=day, hours=hour)
                flow.add(at, ("main", Quadrant.PERFECT, NO_NEEDS, 100))
    return flow


def staffing(leads_an_hour: int, seeds: int = 3) -> Staffing:
    busy = replace(PROMPT, answers=Spread(timedelta(minutes=20), 0.3), closes=Spread(timedelta(hours=1), 0))
    return Staffing(
        make_book(), "north", busy_flow(leads_an_hour), [staff("ana", busy)], MONDAY_9, seeds=seeds
    )


def test_more_leads_need_more_reps_and_more_reps_are_late_less_often() -> None:
    few, many = staffing(3), staffing(9)
    needed = few.needed(0.05), many.needed(0.05)
    assert needed[0] is not None
    assert needed[1] is not None
    assert 1 < needed[0] < needed[1], "three an hour keep one rep busy all day"
    assert few.look(1).late.mean > few.look(needed[0]).late.mean
    assert few.look(needed[0]).late.high <= 0.05 < few.look(needed[0] - 1).late.high


def test_no_more_reps_are_tried_than_leads_could_keep_busy() -> None:
    flow = Flow(UTC, weeks=7)
    flow.add(MONDAY_9, ("main", Quadrant.PERFECT, NO_NEEDS, 100))
    slow = replace(PROMPT, answers=Spread(timedelta(days=3), 0), closes=Spread(timedelta(hours=1), 0))
    found = Staffing(make_book(), "north", flow, [staff("ana", slow)], MONDAY_9, seeds=3)
    assert found.needed(0.0) is None
    assert max(found.tried) == 2


def test_the_same_question_about_reps_has_the_same_answer() -> None:
    assert staffing(3).look(2) == staffing(3).look(2)


def test_leads_of_a_flow_come_as_often_as_they_did() -> None:
    chance = random.Random(5)
    come = list(busy_flow(4).arrivals("north", MONDAY_9, MONDAY_9 + timedelta(weeks=20), chance))
    assert len(come) == pytest.approx(20 * 4 * 35, rel=0.05)
    assert all(each.at.weekday() < 5 and 9 <= each.at.hour < 16 for each in come)
    assert [each.at for each in come] == sorted(each.at for each in come)


def test_who_is_away_is_due_nothing() -> None:
    due, late = Due(), {"tz": "UTC", "week": {"mon": [["13:00", "17:00"]]}}
    reps = [staff("ana"), staff("bea"), staff("carla", hours=late)]
    simulation = Simulation(Company(make_book(), reps, MONDAY_9), 1, lambda _: None, due.add)
    for number in range(10):
        simulation.feed(arrival(number, MONDAY_9 + number * MINUTE, value=100))
    assert due.counts == {"ana": 0.0, "bea": 0.0}
    assert due.values == {"ana": 0.0, "bea": 0.0}


def result() -> dict[str, Any]:
    figures = Figures({"ana": 1, "bea": 1}, UTC)
    for fate in simulate(
        make_book(),
        [staff("ana"), staff("bea")],
        [arrival(n, datetime(2026, 3, 2, 9, n, tzinfo=UTC), value=5_000) for n in range(20)],
    ).values():
        figures.add(fate)
    side = {**figures.as_json(), "pools": figures.pools({"north": ["ana", "bea"]})}
    side["pools"]["north"]["name"] = "North & <South>"
    changed = {"leads": 1, "of": 20, "pairs": [{"from": "ana", "to": None, "leads": 1}]}
    return {
        "counts": {"leads": 20, "erased": 2},
        "happened": side,
        "current": side,
        "draft": {**side, "with_nobody": {"no_rule_matched": 3}},
        "changed_by_plan": changed,
        "changed_from_fact": changed,
        "rules_in_error": {"big": 4},
        "reps": {"ana": "Ana <b>", "bea": "Bea"},
        "currency": "EUR",
        "seed": 1,
    }


def test_the_page_stands_by_itself_and_every_chart_has_its_table() -> None:
    shown = page(result(), period="a day")
    body = ET.fromstring(shown[shown.index("<main>") : shown.index("</body>")])  # noqa: S314 - our own
    svg = "{http://www.w3.org/2000/svg}"
    charts = body.findall(f".//{svg}svg")
    assert len(charts) == 5
    assert all(each.get("role") == "img" and each.find(f"{svg}title") is not None for each in charts)
    for section in body.findall("section"):
        assert section.find("table") is not None, "who cannot see the chart has the figures"
        assert section.find("table/caption") is not None
    assert "<script" not in shown
    assert "Ana &lt;b&gt;" in shown
    assert "no rule matched" in shown
