"""What a lead asks of the rep who takes it, beyond selling its line and being at work."""

from dataclasses import dataclass
from datetime import timedelta

from rulebook.models import Match


@dataclass(frozen=True, slots=True)
class Needs:
    """`languages`: any of these, by the lead's own; `skills`: all of these. What is only preferred is given
    up once `relax_after` of wall time has passed since the lead was received."""

    languages: frozenset[str] = frozenset()
    language_match: Match = "ignored"
    skills: frozenset[str] = frozenset()
    skills_match: Match = "required"
    relax_after: timedelta = timedelta(minutes=10)


NO_NEEDS = Needs()
