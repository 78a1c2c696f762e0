"""The example company, made large enough for a load: the same rules, offices that never close, many reps."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from rulebook.loader import load_folder
from rulebook.publication import to_document

RULEBOOK = Path(__file__).resolve().parents[1] / "rulebook"
NO_LIMIT = 1_000_000
"""Posts a minute, the highest that a form can say: what is measured is the work, not the waiting."""


GUARDED: dict[str, Any] = {
    "key": "bench-guarded",
    "signature": {"scheme": "standard_webhooks", "secret": "bench"},
    "spam": {"min_fill": "2s", "max_links": 3, "disposable_addresses": "quarantine", "wave": {}},
}
"""The demo form with all that a form can ask for, but a captcha: that is another company's work."""


def seed_without_limits(folder: Path) -> Path:
    """The example's rulebook below `folder`, its forms without a limit, for an intake to start from."""
    seed = folder / "rulebook"
    shutil.copytree(RULEBOOK, seed)
    for file in (seed / "forms").glob("*.yaml"):
        form = yaml.safe_load(file.read_text("utf-8"))
        form["limits"] = {"per_minute": NO_LIMIT, "per_address_per_minute": NO_LIMIT}
        file.write_text(yaml.safe_dump(form, allow_unicode=True, sort_keys=False), "utf-8")
        if file.stem == "demo-request":
            guarded = file.with_name("guarded.yaml")
            guarded.write_text(yaml.safe_dump(form | GUARDED, allow_unicode=True, sort_keys=False), "utf-8")
    return seed


LONG_PROMISES = {"accept_within": "24h", "first_response_within": "48h"}
"""Nobody accepts anything here: leads of one load that go to the next rep after ten minutes would fall into
another one."""


def large_company(*, copies: int = 15, capacity: int = 10_000) -> dict[str, Any]:
    """The rulebook as JSON. Every rep is there `copies` times, and can hold `capacity` open leads."""
    document = to_document(load_folder(RULEBOOK))
    for form in document["forms"].values():
        form["limits"] = {"per_minute": NO_LIMIT, "per_address_per_minute": NO_LIMIT}
    roster = document["roster"]
    roster["reps"] = {
        f"{name}-{number}": rep
        | {"capacity": capacity, "absences": [], "email": f"{name}-{number}@aurora.example"}
        for name, rep in roster["reps"].items()
        for number in range(copies)
    }
    for team in roster["teams"].values():
        if team.get("lead"):
            team["lead"] = f"{team['lead']}-0"
    for pool in document["routing"]["pools"].values():
        pool["reps"] = [f"{name}-{number}" for name in pool["reps"] for number in range(copies)]
    for promise in document["agreement"]["sales"]["promises"].values():
        promise |= LONG_PROMISES
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    for calendar in document["calendars"].values():
        calendar |= {
            "week": always,
            "holidays_of": None,
            "holidays": [],
            "date_overrides": {},
            "date_breaks": {},
        }
    return document
