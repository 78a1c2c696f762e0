"""Messages on their way to reps and to those who lead them, as `baton status` tells of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from baton_cli.stack import Service

LISTED = 1000
"""So many messages a service lists at most, the newest first."""
SLOW_AFTER, LATE_AFTER = 60, 600
"""Seconds after which a message that has not arrived is to be looked at, and is a fault; one is usual."""
Waiting = Mapping[str, Any]


def counted(messages: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """How many wait, by channel, and for how many seconds the oldest that was listed has."""
    since = [datetime.fromisoformat(each["created_at"]) for each in messages]
    return {
        "total": len(messages),
        "is_more": len(messages) >= LISTED,
        "by_channel": dict(Counter(str(each["channel"]) for each in messages).most_common()),
        "oldest_seconds": max(0, int((now - min(since)).total_seconds())) if since else 0,
    }


def late(by_service: Mapping[str, Waiting]) -> list[str]:
    """A sentence for each service whose oldest message waits for so long that it is a fault."""
    return [_told(service, found) for service, found in by_service.items() if _age(found) > LATE_AFTER]


def slow(by_service: Mapping[str, Waiting]) -> list[str]:
    """The same of those that wait for longer than usual and are no fault yet."""
    return [
        _told(service, found)
        for service, found in by_service.items()
        if SLOW_AFTER < _age(found) <= LATE_AFTER
    ]


def in_short(by_service: Mapping[str, Waiting]) -> str:
    """Such as `router 3, sla-monitor 0`."""
    return ", ".join(
        f"{Service(service).spoken} {_least(found)}{found['total']}" for service, found in by_service.items()
    )


def _age(found: Waiting) -> int:
    seconds: int = found["oldest_seconds"]
    return seconds


def _told(service: str, found: Waiting) -> str:
    channels = ", ".join(f"{count} {channel}" for channel, count in found["by_channel"].items())
    what, have = ("message", "has") if found["total"] == 1 else ("messages", "have")
    return (
        f"{Service(service).spoken}: {_least(found)}{found['total']} {what} ({channels}) {have} not arrived, "
        f"the oldest for {_age(found) // 60} min: GET /v1/deliveries?state=pending there tells why."
    )


def _least(found: Waiting) -> str:
    return "at least " if found["is_more"] else ""
