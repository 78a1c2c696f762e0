"""Who answers for a breach."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from lead_events.words import ChargedTo, Part
from sla_monitor.domain.path import Share

_SIDES = {
    Part.SOURCE_DELAY: ChargedTo.MARKETING,
    Part.SPOOL: ChargedTo.SYSTEM,
    Part.INTAKE: ChargedTo.SYSTEM,
    Part.QUARANTINE: ChargedTo.SYSTEM,
    Part.SCORING: ChargedTo.SYSTEM,
    Part.ROUTING: ChargedTo.SYSTEM,
    Part.HELD: ChargedTo.SALES_TEAM,
    Part.OUT_OF_HOURS: ChargedTo.SALES_TEAM,
    Part.DECLINED: ChargedTo.SALES_TEAM,
    Part.PAUSED: ChargedTo.NOBODY,
    Part.REP: ChargedTo.REP,
}


class Rule(StrEnum):
    """By which rule a breach is charged."""

    ABOVE_VOLUME = "above_volume"  # the lead came above the agreed volume, and the promise is one of speed
    OWN_TIME = "own_time"  # the rep's own working time alone used up the target
    MOST_OF_THE_TIME = "most_of_the_time"  # whoever had most of the time since the handoff


@dataclass(frozen=True, slots=True)
class Charge:
    """Who answers, and by which rule."""

    to: ChargedTo
    rule: Rule


def side_of(part: Part, *, is_above_volume: bool = False) -> ChargedTo:
    """Whose a part of a lead's path is. What sales as a team had of a lead above the agreed volume was
    nobody's."""
    side = _SIDES[part]
    return ChargedTo.NOBODY if is_above_volume and side is ChargedTo.SALES_TEAM else side


def charge(
    own: timedelta,
    target: timedelta,
    path: Iterable[Share],
    *,
    is_speed: bool = False,
    is_above_volume: bool = False,
) -> Charge:
    """Who answers for a breach of `target`, `own` working time of the rep after it began.

    `path` runs since the handoff; time in it with a rep who has left, or before this one's, counts for sales
    as a team. Of equal parts the team answers.
    """
    if is_speed and is_above_volume:
        return Charge(ChargedTo.NOBODY, Rule.ABOVE_VOLUME)
    if own >= target:
        return Charge(ChargedTo.REP, Rule.OWN_TIME)
    held: dict[ChargedTo, timedelta] = {ChargedTo.SALES_TEAM: timedelta(0)}
    for share in path:
        side = side_of(share.part, is_above_volume=is_above_volume)
        side = ChargedTo.SALES_TEAM if side is ChargedTo.REP else side
        held[side] = held.get(side, timedelta(0)) + share.length
    return Charge(max(held, key=lambda side: held[side]), Rule.MOST_OF_THE_TIME)
