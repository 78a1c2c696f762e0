"""Ended leads of scoring's store as rows to learn from: only what a rule can read of a live lead."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baton_cli.client import open_client
from baton_cli.stack import Service

if TYPE_CHECKING:
    from scorecard_training.reading import Row

WON, CAME_AT = "won", "submitted_at"
"""The columns that say how a lead ended, 1 or 0, and when it came."""
TIMEOUT_SECONDS = 600.0
"""All leads of years come in one answer."""


def read(stack: Path | None, line: str) -> "list[Row]":
    """The ended leads of a line, as known before sales had them. Raises what calls to services raise."""
    with open_client(stack, timeout=TIMEOUT_SECONDS) as client:
        answer = client.request("GET", Service.SCORING, "/v1/scorecards/training-rows", params={"line": line})
    lines = answer.text.split("\n")  # JSON leaves other line ends within a rep's words as they are
    return [_inputs(json.loads(each)) for each in lines if each]


def _inputs(row: dict[str, Any]) -> "Row":
    """Of all that scoring tells, the fields of the lead. What else it knows of how a lead ended would be its
    outcome told twice; forms, times and signals no learned rule reads yet."""
    return {name: value for name, value in row.items() if name.startswith("lead.") or name in (WON, CAME_AT)}
