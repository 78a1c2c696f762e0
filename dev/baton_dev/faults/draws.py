"""Which fault chance names, and not again one of those that were drawn just before."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from baton_dev.faults.fault import Fault

REMEMBERED = Path(".baton/faults-drawn.json")
NOT_AGAIN = 5
"""So many of the last are not drawn again: enough others stay that nobody can tell which comes."""


def draw(faults: Sequence[Fault], remembered: Path, choose: Callable[[Sequence[Fault]], Fault]) -> Fault:
    """One of the faults, kept in the file `remembered` among those that were drawn."""
    drawn = _drawn(remembered)
    fault = choose([fault for fault in faults if fault.name not in drawn])
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps([*drawn, fault.name][-NOT_AGAIN:]))
    return fault


def _drawn(remembered: Path) -> list[str]:
    """The names drawn last, the oldest first; none where the file is not there or says nothing."""
    try:
        names = json.loads(remembered.read_text())
    except (FileNotFoundError, ValueError):
        return []
    return [str(name) for name in names][-NOT_AGAIN:] if isinstance(names, list) else []
