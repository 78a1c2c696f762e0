"""What stands behind the points of one rule, in words."""

from collections.abc import Mapping
from typing import Any

from baton_cli.moments import brief
from rulebook.derived import derived

_LONGEST = 40
_OF_LEAD = "lead."


def evidence(contribution: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    """The acts and what time has left of their points; else what the rule looked at."""
    acts = contribution.get("evidence") or []
    if acts:
        newest = max(act["at"] for act in acts)
        full = sum(act["full"] for act in acts)
        left = "" if full == contribution["points"] else f", {contribution['points']:+d} left of {full:+d}"
        counted = "1 act" if len(acts) == 1 else f"{len(acts)} acts"
        return f"{counted}, the last on {brief(newest)}{left}"
    known = {**profile, **derived(profile)}
    return "; ".join(filter(None, (_seen(path, known) for path in contribution.get("reads") or [])))


def _seen(path: str, profile: Mapping[str, Any]) -> str:
    if not path.startswith(_OF_LEAD):
        return ""
    value: Any = profile
    for part in path.removeprefix(_OF_LEAD).split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value in (None, "", {}):
        return ""
    text = str(value)
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return f"{path.rpartition('.')[2].replace('_', ' ')} {shown}"
