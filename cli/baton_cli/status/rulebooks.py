"""Versions of the rulebook that services could not use, as `baton status` tells of them."""

from collections.abc import Mapping

from baton_cli.stack import Service
from baton_cli.status.metrics import Reading

RUNBOOK = "docs/operations/runbooks/BatonRulebookRefused.md"


def lacking(by_service: Mapping[str, Mapping[str, int]], active: int | None) -> list[str]:
    """A sentence for each service that goes by older rules than those in force, as it refused these."""
    return [
        f"{Service(service).spoken} has version {found['newest']} of the rulebook and refused version "
        f"{active}, which is in force: {RUNBOOK}."
        for service, found in by_service.items()
        if found["refused"] and found["newest"] < (active or 0)
    ]


def refused(by_service: Mapping[str, Mapping[str, int]]) -> list[str]:
    """What was refused since the services started, and may be over: the version before goes on meanwhile."""
    told = [
        f"{Service(service).spoken} {found['refused']}"
        for service, found in by_service.items()
        if found["refused"]
    ]
    if not told:
        return []
    return [
        f"services could not use a version of the rulebook since they started ({', '.join(told)}) and go by "
        f"the one before until another comes: {RUNBOOK}."
    ]


def versions(readings: Mapping[str, Reading]) -> dict[str, dict[str, int]]:
    """By service, the newest version that it has and how many it refused since it started."""
    return {
        service: {"newest": reading.rulebook, "refused": reading.rulebooks_refused}
        for service, reading in readings.items()
    }
