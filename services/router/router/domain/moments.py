"""Days and moments as people write them."""

import re
from datetime import date, datetime

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""An absence lies between; for a rep who left there is an act of its own."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def read_moment(text: str) -> date | datetime:
    """A day, or a moment; without an offset it is local. Raises ValueError that says what to write."""
    try:
        found = datetime.fromisoformat(text) if len(text) > len("2026-03-03") else date.fromisoformat(text)
    except ValueError:
        found = None
    day = found.date() if isinstance(found, datetime) else found
    if found is None or day is None or not _MOMENT.fullmatch(text) or not EARLIEST <= day <= LATEST:
        raise ValueError(
            f"write a day such as 2026-03-03, or a local moment such as 2026-03-03T14:00, from {EARLIEST} "
            f"to {LATEST}"
        )
    return found
