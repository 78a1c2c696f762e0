"""Months in simulated time: deadlines and value against plain round robin, over seeds, with intervals.

`python -m bench.study [SETTING ...] [--seeds N] [--out FILE] [--charts FOLDER]`; parameters in
study_parameters.yaml.
"""

import argparse
import math
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import fmean, stdev
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml

from bench.company import RULEBOOK
from charts.bars import Series, rows_of_bars
from lead_events.words import Quadrant
from router.domain.book import Book, PoolChoice, read_book
from router.domain.decision import Decision
from router.domain.hours import hours_document, with_absences
from router.domain.roster import Rep
from router.whatif.deciding import Company
from router.whatif.engine import Simulation
from router.whatif.figures import Due, Figures, gap
from router.whatif.intervals import Interval, interval
from router.whatif.model import Arrival, Behaviour, Fate, Spread, Staff
from rulebook.loader import load_folder
from rulebook.models import Calendar, Rulebook
from rulebook.publication import to_document
from worktime import Calendar as OpenHours

PARAMETERS = Path(__file__).with_name("study_parameters.yaml")
DAYS = ("mon", "tue", "wed", "thu", "fri")
PLANS: Mapping[str, Mapping[str, Any]] = {
    "round robin": {"strategy": "weighted_round_robin", "deadline_aware": False},
    "deadline-aware": {"strategy": "weighted_round_robin", "deadline_aware": True},
    "value-fair": {"strategy": "value_fair", "deadline_aware": False},
    "both": {"strategy": "value_fair", "deadline_aware": True},
}
MEASURES = (
    "broken",
    "late",
    "foreseen",
    "overruled",
    "due_count",
    "due_value",
    "gap_count",
    "gap_value",
    "spread_count",
    "spread_value",
)
IN_WORDS = {
    "broken": "promises broken by a rep",
    "late": "late for the buyer",
    "foreseen": "late answer foreseen",
    "overruled": "a deadline went before the turn",
    "due_count": "leads beside what was due, most less least",
    "due_value": "value beside what was due, most less least, in mean leads",
    "gap_count": "leads for a weight of 1, most less least",
    "spread_count": "leads, spread",
    "gap_value": "value for a weight of 1, most less least, in mean leads",
    "spread_value": "value, spread",
}
SHARES = frozenset({"broken", "late", "foreseen", "overruled", "spread_count", "spread_value"})
Measured = dict[str, float]


@dataclass(frozen=True)
class World:
    """The parameters of one setting."""

    given: Mapping[str, Any]
    setting: Mapping[str, Any]

    @property
    def began(self) -> datetime:
        return datetime.combine(self.given["first_day"], time(), ZoneInfo(self.given["company_zone"]))

    @property
    def ends(self) -> datetime:
        return self.began + timedelta(weeks=self.given["weeks"])

    @property
    def counted(self) -> datetime:
        return self.began + timedelta(weeks=self.given["warm_up_weeks"])


def run(setting: str, seed: int) -> dict[str, Measured]:
    """One seed of a setting through every plan: the same reps, absences, leads and luck."""
    given = yaml.safe_load(PARAMETERS.read_text("utf-8"))
    world = World(given, given["settings"][setting])
    staff = list(_staff(world, random.Random(f"{seed} reps")))
    come = list(_arrivals(world, random.Random(f"{seed} leads")))
    return {name: _measure(world, _book(world, plan), staff, come, seed) for name, plan in PLANS.items()}


def _measure(world: World, book: Book, staff: list[Staff], come: list[Arrival], seed: int) -> Measured:
    weights = {each.id: each.rep.weight for each in staff}
    figures = Figures(weights, ZoneInfo(world.given["company_zone"]))

    def tell(fate: Fate) -> None:
        if fate.arrival.at >= world.counted:
            figures.add(fate)

    due = Due()

    def given(decision: Decision, arrival: Arrival) -> None:
        if arrival.at >= world.counted:
            due.add(decision, arrival)

    simulation = Simulation(Company(book, staff, world.began), seed, tell, given)
    for arrival in come:
        simulation.feed(arrival)
    simulation.finish()
    mean_value = fmean(each.value or 0 for each in come)
    fairness = figures.fairness()
    return {
        "broken": figures.breach_share,
        "late": figures.late_share,
        "foreseen": figures.foreseen / figures.leads,
        "overruled": figures.overruled / figures.leads,
        "due_count": gap(due.counts.values()),
        "due_value": gap(due.values.values()) / mean_value,
        "gap_count": fairness["gap_count"],
        "spread_count": _spread(figures.by_rep, weights),
        "gap_value": fairness["gap_value"] / mean_value,
        "spread_value": _spread(figures.value_by_rep, weights),
    }


def _spread(by_rep: Mapping[str, int], weights: Mapping[str, int]) -> float:
    """Standard deviation over mean of what each rep has for a unit of weight."""
    shares = [by_rep.get(rep, 0) / weight for rep, weight in weights.items()]
    return stdev(shares) / fmean(shares)


def _book(world: World, plan: Mapping[str, Any]) -> Book:
    document = to_document(load_folder(RULEBOOK))
    document["routing"] = {
        "pools": {"all": {"name": "All", "team": "all", **plan}},
        "plans": {line: {"fallback": "all"} for line in document["routing"]["plans"]},
    }
    document["agreement"]["sales"]["promises"] = world.given["promises"]
    return read_book(1, Rulebook.model_validate(document))


def _staff(world: World, chance: random.Random) -> Iterator[Staff]:
    given, number = world.given, 0
    for country, rules in given["countries"].items():
        like = given["countries"][world.setting.get("one_country", country)]
        region = world.setting.get("one_country", country)
        for _ in range(rules["reps"]):
            number += 1
            calendar = Calendar(tz=like["zone"], week=dict.fromkeys(DAYS, like["week"]), holidays_of=region)
            hours = hours_document(calendar, year=given["first_day"].year)
            document = with_absences(hours, _absences(world, like["zone"], chance))
            yield Staff(
                _rep(f"rep-{number:02}", hours, document, given, chance), behaviour=_acts(world, chance)
            )


def _rep(
    name: str,
    hours: Mapping[str, Any],
    document: Mapping[str, Any],
    given: Mapping[str, Any],
    chance: random.Random,
) -> Rep:
    return Rep(
        id=name,
        name=name,
        team="all",
        lines=frozenset({"main"}),
        weight=chance.choice(given["weights"]),
        capacity=given["capacity"],
        is_active=True,
        hours=OpenHours.from_dict(hours),
        calendar=OpenHours.from_dict(document),
        document=document,
    )


def _acts(world: World, chance: random.Random) -> Behaviour:
    given = world.given
    answers, between = given["answers"], world.setting.get("between", given["answers"]["between"])
    own = answers["median"] * math.exp(between * chance.gauss(0, 1))
    return Behaviour(
        accepts=Spread(timedelta(minutes=given["accepts"]["median"]), given["accepts"]["sigma"]),
        answers=Spread(timedelta(minutes=own), world.setting.get("answers_sigma", answers["sigma"])),
        closes=Spread(timedelta(days=given["closes_days"]["median"]), given["closes_days"]["sigma"]),
    )


def _absences(world: World, zone: str, chance: random.Random) -> list[tuple[datetime, datetime]]:
    rules, days = world.given["absences"], world.given["weeks"] * 7
    lengths = []
    if chance.random() < rules["holiday_share"]:
        lengths.append(chance.randint(*rules["holiday_days"]))
    at = chance.expovariate(rules["ill_in_period"] / days)
    while at < days:
        lengths.append(chance.randint(*rules["ill_days"]))
        at += chance.expovariate(rules["ill_in_period"] / days)
    found = []
    for length in lengths:
        first = world.given["first_day"] + timedelta(days=chance.randrange(days))
        found.append((_midnight(first, zone), _midnight(first + timedelta(days=length), zone)))
    return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _arrivals(world: World, chance: random.Random) -> Iterator[Arrival]:
    """A day has a negative binomial number of leads, with the mean and variance of its weekday."""
    given, volume = world.given, world.setting["volume"]
    quadrants = [Quadrant(name) for name in given["quadrants"]]
    number, day = 0, given["first_day"]
    while day < world.ends.date():
        mean = given["days"]["means"][day.weekday()] * volume
        over = given["days"]["variance_over_mean"][day.weekday()] - 1
        rate = chance.gammavariate(mean / (over * volume), over * volume)
        moments = sorted(_moment(world, day, chance) for _ in range(_poisson(rate, chance)))
        for at in moments:
            number += 1
            quadrant = chance.choices(quadrants, list(given["quadrants"].values()))[0]
            value = int(given["value"]["median"] * math.exp(given["value"]["sigma"] * chance.gauss(0, 1)))
            yield Arrival(UUID(int=number), at, "main", quadrant, PoolChoice("all", None, None), value)
        day += timedelta(days=1)


def _moment(world: World, day: date, chance: random.Random) -> datetime:
    hour = chance.choices(range(24), world.given["hours"])[0]
    zone = ZoneInfo(world.given["company_zone"])
    local = datetime.combine(day, time(hour), zone) + timedelta(seconds=chance.randrange(3600))
    return local.astimezone(ZoneInfo("UTC"))


def _poisson(rate: float, chance: random.Random) -> int:
    """Arrivals within one unit of time, by the gaps between them."""
    drawn, at = 0, chance.expovariate(1)
    while at < rate:
        drawn += 1
        at += chance.expovariate(1)
    return drawn


def table(setting: str, runs: list[dict[str, Measured]]) -> str:
    """Markdown: each plan's means, and by how much it differs from round robin, seed by seed."""
    head = "| | " + " | ".join(PLANS) + " |\n|---|" + "---|" * len(PLANS)
    lines = [f"### {setting.replace('_', ' ')}", "", head]
    for measure in MEASURES:
        cells = [
            _cell(measure, interval([each[plan][measure] for each in runs]), _against(measure, plan, runs))
            for plan in PLANS
        ]
        lines.append(f"| {IN_WORDS[measure]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _against(measure: str, plan: str, runs: list[dict[str, Measured]]) -> Interval | None:
    if plan == "round robin":
        return None
    return interval([each[plan][measure] - each["round robin"][measure] for each in runs])


def _cell(measure: str, found: Interval, difference: Interval | None) -> str:
    def say(value: float, sign: str = "") -> str:
        return f"{value:{sign}.1%}" if measure in SHARES else f"{value:{sign},.1f}"

    if difference is None:
        return f"{say(found.mean)} ({say(found.low)} to {say(found.high)})"
    low, high = say(difference.low, "+"), say(difference.high, "+")
    return f"{say(found.mean)}; {say(difference.mean, '+')} ({low} to {high})"


CHARTED = {
    "broken": "Promises broken by a rep, %",
    "spread_value": "Spread of value for a weight of 1, %",
    "due_value": "Value beside what was due, most less least, in mean leads",
}


def charts(folder: Path, results: Mapping[str, list[dict[str, Measured]]]) -> None:
    """One SVG a measure: a bar for each plan, settings one below the other. Means; the tables have the
    intervals."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = [f"{setting.replace('_', ' ')}, {plan}" for setting in results for plan in PLANS]
    for measure, title in CHARTED.items():
        scale = 100 if measure in SHARES else 1
        means = [
            scale * fmean(each[plan][measure] for each in runs) for runs in results.values() for plan in PLANS
        ]
        chart = rows_of_bars(title, labels, [Series(title, means)])
        (folder / f"study-{measure.replace('_', '-')}.svg").write_text(chart + "\n", "utf-8")


def main() -> None:
    """Run and print."""
    given = yaml.safe_load(PARAMETERS.read_text("utf-8"))
    parser = argparse.ArgumentParser(prog="python -m bench.study", description=__doc__)
    parser.add_argument("settings", nargs="*", default=list(given["settings"]))
    parser.add_argument("--seeds", type=int, default=given["seeds"])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the tables as Markdown, too")
    parser.add_argument("--charts", type=Path, help="a folder for charts")
    options = parser.parse_args()
    parts, results = [], {}
    with ProcessPoolExecutor(options.processes) as pool:
        for setting in options.settings:
            runs = list(pool.map(run, [setting] * options.seeds, range(options.seeds)))
            results[setting] = runs
            parts.append(table(setting, runs))
            print(parts[-1], end="\n\n", flush=True)
    if options.out is not None:
        options.out.write_text("\n\n".join(parts) + "\n", "utf-8")
    if options.charts is not None:
        charts(options.charts, results)


if __name__ == "__main__":
    main()
