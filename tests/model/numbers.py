"""Every number of a month's report (JSON) by where it stands, and which of them are no figures."""

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = (
    "id",
    "goal",
    "stage",
    "quadrant",
    "kind",
    "day",
    "rep",
    "origin",
    "currency",
    "ending",
    "reason",
    "about",
)
"""What tells rows of a list apart. Rows without are told by their place."""
BY_PLACE = ("worst",)
NO_FIGURES = (
    "head.",  # which month, by whose signatures
    "disputes.objections",  # texts and moments
)
"""What begins so is a setting or a text, not a figure."""


def numbers_of(said: Any, at: str = "") -> dict[str, float]:
    """All numbers below a place, by their places."""
    if at.endswith(".parts"):
        return _parts(said, at)
    if isinstance(said, Mapping):
        pairs = [(f"{at}.{name}".lstrip("."), value) for name, value in said.items()]
    elif isinstance(said, list | tuple):
        pairs = [(f"{at}[{_name(at, place, row)}]", row) for place, row in enumerate(said)]
    elif isinstance(said, bool) or not isinstance(said, int | float):
        return {}
    else:
        return {} if at.startswith(NO_FIGURES) else {at: float(said)}
    return {name: number for place, value in pairs for name, number in numbers_of(value, place).items()}


def _name(at: str, place: int, row: Any) -> str:
    if at.endswith(BY_PLACE) or not isinstance(row, Mapping):
        return str(place)
    names = [str(row[each]) for each in NAMES if each in row and not isinstance(row[each], int | float)]
    if "id" in row:
        return str(row["id"])
    if at.endswith("won_by_cohort"):
        names = [str(row["delivered"])]
    return " ".join(names) or str(place)


def _parts(rows: Sequence[Mapping[str, Any]], at: str) -> dict[str, float]:
    """A path by whose time it was; a pause is nobody's, whatever it was for."""
    found: dict[str, float] = {}
    for row in rows:
        whose = "paused" if row["part"] == "paused" else f"{row['part']} {row['detail']}"
        name = f"{at}[{whose}].microseconds"
        found[name] = found.get(name, 0.0) + row["microseconds"]
    return found
