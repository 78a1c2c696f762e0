"""Prints a month's figures from exported events, by the model: what a report shows, computed a second time.

`python -m tests.model.recompute 2026-11 events.jsonl [report.json]`

Each line of the export is one record: {"topic": ..., "id": ..., "event": {...}}; of a monitor's own stories
{"objection": {"subject": ..., "verdict": "excused"}} and {"incident": {"from": ..., "until": ...}} too. With
a report (the JSON of `baton report --month`) every figure that differs is marked, and the exit status is 1.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from lead_events import (
    EventModel,
    LeadMerged,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    PersonErased,
    RepAvailabilityChanged,
    RulebookPublished,
)
from tests.model.figures import figures_of
from tests.model.flat import Flat, of_model
from tests.model.history import History, Incident, News, Objected
from tests.model.numbers import numbers_of
from tests.model.whole import numbers_apart

EVENTS: dict[str, type[EventModel]] = {
    "lead-scored": LeadScored,
    "lead-scored-bulk": LeadScored,
    "lead-routed": LeadRouted,
    "lead-progressed": LeadProgressed,
    "lead-merged": LeadMerged,
    "person-erased": PersonErased,
    "rep-availability-changed": RepAvailabilityChanged,
    "rulebook-published": RulebookPublished,
}


def read_history(lines: Iterable[str]) -> History:
    """What an export holds. Raises ValueError naming the line that is none."""
    news, objected, incidents = [], [], []
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        if "objection" in record:
            said = record["objection"]
            objected.append(Objected(UUID(said["subject"]), said["verdict"] == "excused"))
        elif "incident" in record:
            incidents.append(_incident(record["incident"]))
        elif record.get("topic") in EVENTS:
            event = EVENTS[record["topic"]].model_validate(record["event"])
            news.append(News(UUID(record["id"]), event))
        else:
            raise ValueError(f"line {number}: write topic, id and event; topic is one of {', '.join(EVENTS)}")
    return History.of(news, objected, incidents)


def _incident(said: dict[str, Any]) -> Incident:
    return Incident(datetime.fromisoformat(said["from"]), datetime.fromisoformat(said["until"]))


def exported(topic: str, news: News) -> str:
    """One line of an export."""
    said = {"topic": topic, "id": str(news.id), "event": json.loads(news.event.to_json())}
    return json.dumps(said, ensure_ascii=False)


def month_figures(history: History, month: str, now: datetime) -> Flat:
    """The figures of a month such as 2026-11 by name."""
    year, _, number = month.partition("-")
    return of_model(figures_of(history, int(year), int(number), now))


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; 1 if a report was given that says otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("month", help="as 2026-11")
    parser.add_argument("events", type=Path, help="the exported events, a line each")
    parser.add_argument("report", type=Path, nargs="?", help="the month's report as JSON, to compare with")
    parser.add_argument("--now", type=datetime.fromisoformat, help="as of which moment; else the report's")
    chosen = parser.parse_args(arguments)
    report = json.loads(chosen.report.read_text()) if chosen.report else None
    now = chosen.now or (datetime.fromisoformat(report["head"]["now"]) if report else datetime.now(UTC))
    with opened(chosen.events) as lines:
        history = read_history(lines)
    if report is not None:
        return told_apart(history, report, now)
    rows = sorted(month_figures(history, chosen.month, now).items())
    for name, one in rows:
        sys.stdout.write(f"{name:46} {one:14.2f}\n")
    return 0


def opened(path: Path) -> TextIO:
    """An export, also a compressed one."""
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def told_apart(history: History, report: Mapping[str, Any], now: datetime) -> int:
    """Say each number of a report that the model has otherwise; 1 if there is any."""
    apart = numbers_apart(history, report, now, is_prompt=True)
    for line in apart:
        sys.stdout.write(f"{line}  differs\n")
    sys.stdout.write(f"{len(numbers_of(report))} numbers, {len(apart)} differ\n")
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
