"""Who answers for a breach."""

from collections.abc import Iterable
from datetime import timedelta

from lead_events.words import ChargedTo, Part
from sla_monitor.domain.path import Share

_ANSWERS_FOR = {
    Part.SOURCE_DELAY: ChargedTo.MARKETING,
    Part.SPOOL: ChargedTo.SYSTEM,
    Part.INTAKE: ChargedTo.SYSTEM,
    Part.QUARANTINE: ChargedTo.SYSTEM,
    Part.SCORING: ChargedTo.SYSTEM,
    Part.ROUTING: ChargedTo.SYSTEM,
    Part.HELD: ChargedTo.SALES_TEAM,
    Part.OUT_OF_HOURS: ChargedTo.SALES_TEAM,
    Part.PAUSED: ChargedTo.SALES_TEAM,
    Part.DECLINED: ChargedTo.SALES_TEAM,
    Part.REP: ChargedTo.SALES_TEAM,
}


def charge(own: timedelta, target: timedelta, path: Iterable[Share]) -> ChargedTo:
    """The rep only if `own` working time alone used up `target`.

    Else whoever had most of `path`: time with other reps, with nobody, or with one who has left counts for
    sales as a team. Of equal parts the team answers.
    """
    if own >= target:
        return ChargedTo.REP
    held: dict[ChargedTo, timedelta] = {ChargedTo.SALES_TEAM: timedelta(0)}
    for share in path:
        side = _ANSWERS_FOR[share.part]
        held[side] = held.get(side, timedelta(0)) + share.length
    return max(held, key=lambda side: held[side])
