"""The example company, made large enough for a load: the same rules, offices that never close, many reps."""

from pathlib import Path
from typing import Any

from rulebook.loader import load_folder
from rulebook.publication import to_document

RULEBOOK = Path(__file__).resolve().parents[1] / "rulebook"


def large_company(*, copies: int = 15, capacity: int = 10_000) -> dict[str, Any]:
    """The rulebook as JSON. Every rep is there `copies` times, and can hold `capacity` open leads."""
    document = to_document(load_folder(RULEBOOK))
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
