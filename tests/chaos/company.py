"""The example company under pressure: offices never close, promises last seconds, reps can hold few leads."""

from pathlib import Path
from typing import Any

from rulebook.loader import load_folder
from rulebook.publication import to_document

RULEBOOK = Path(__file__).resolve().parents[2] / "rulebook"
COPIES = 4
"""So often every rep of the example is there."""
CAPACITY = 25
"""Small enough that leads are held and drained while the load lasts, large enough that most find a rep."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS: dict[str, Any] = {
    "week": {day: [["00:00", "24:00"]] for day in _DAYS},
    "holidays_of": None,
    "holidays": [],
    "date_overrides": {},
    "date_breaks": {},
}
_COUNTRIES = ("ES", "PT", "IT", "RO")
_TITLES = ("Head of Marketing", "CTO", "Student", "Sales Director", "Office Manager")


def company_in_a_hurry() -> dict[str, Any]:
    """The rulebook as JSON. A lead that nobody works on has warned and breached within ten seconds."""
    document = to_document(load_folder(RULEBOOK))
    roster = document["roster"]
    roster["reps"] = {
        f"{name}-{number}": rep
        | {"capacity": CAPACITY, "absences": [], "email": f"{name}-{number}@aurora.example"}
        for name, rep in roster["reps"].items()
        for number in range(COPIES)
    }
    for team in roster["teams"].values():
        if team.get("lead"):
            team["lead"] = f"{team['lead']}-0"
    for pool in document["routing"]["pools"].values():
        pool["reps"] = [f"{name}-{number}" for name in pool["reps"] for number in range(COPIES)]
    for calendar in document["calendars"].values():
        calendar |= _ALWAYS
    sales = document["agreement"]["sales"]
    sales |= {"warn_at": [0.5], "max_rounds": 2, "reassign_on_accept_breach": True}
    for promise in sales["promises"].values():
        promise |= {"accept_within": "3s", "first_response_within": "4s"}
    return document


def person(number: int, prefix: str) -> dict[str, Any]:
    """The fields of a form as the n-th person fills it in, the same for the same number and prefix."""
    return {
        "email": f"{prefix}-{number}@example.com",
        "first_name": "Ana",
        "last_name": f"Number {number}",
        "company": f"Company {number % 997}",
        "job_title": _TITLES[number % len(_TITLES)],
        "employees": (number * 37) % 900,
        "country": _COUNTRIES[number % len(_COUNTRIES)],
        "message": "Please call me about a demo for our whole team.",
    }
