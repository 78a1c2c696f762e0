"""The example month of the documentation: made by the monitor, and recomputed by the model."""

import gzip
import json
from typing import Any

from baton_dev.testing import Servers
from tests.model.example import FOLDER, monitored, the_month
from tests.model.recompute import main


async def test_the_monitor_makes_the_example_from_its_events_again(stack: Servers, template: str) -> None:
    report, lines = await monitored(stack.postgres_dsn, template, the_month())
    with gzip.open(FOLDER / "events.jsonl.gz", "rt", encoding="utf-8") as kept:
        assert lines == kept.read().splitlines()
    wanted = json.loads((FOLDER / "report.json").read_text())
    assert _without_ids(json.loads(report.model_dump_json())) == _without_ids(wanted)


def test_the_second_program_finds_every_number_of_the_example() -> None:
    assert main(["2026-11", str(FOLDER / "events.jsonl.gz"), str(FOLDER / "report.json")]) == 0


def _without_ids(report: dict[str, Any]) -> dict[str, Any]:
    """Objections get a new id each time."""
    for each in report["disputes"]["objections"]:
        del each["id"]
    report["disputes"]["objections"].sort(key=lambda each: json.dumps(each, sort_keys=True))
    return report
