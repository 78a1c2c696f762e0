"""What a lead asks of the rep who takes it, beyond selling its line and being at work."""

from dataclasses import dataclass
from datetime import timedelta

import orjson

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


def needs_text(needs: Needs) -> str:
    """What a lead that waits asks for, as the store keeps it; empty where it asks for nothing."""
    languages = sorted(needs.languages) if needs.language_match != "ignored" else []
    skills = sorted(needs.skills) if needs.skills_match != "ignored" else []
    if not languages and not skills:
        return ""
    relax = int(needs.relax_after.total_seconds())
    return orjson.dumps([languages, needs.language_match, skills, needs.skills_match, relax]).decode()


def read_needs(text: str) -> Needs:
    """As `needs_text` wrote it."""
    if not text:
        return NO_NEEDS
    languages, language_match, skills, skills_match, relax = orjson.loads(text)
    return Needs(
        frozenset(languages), language_match, frozenset(skills), skills_match, timedelta(seconds=relax)
    )
