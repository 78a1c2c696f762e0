"""What a lead asks of the rep who takes it, beyond selling its line and being at work."""

from dataclasses import dataclass
from datetime import timedelta

from rulebook.models import Match, Pool, RoutingRule


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


def needs_of(pool: Pool, language: str | None, rule: RoutingRule | None = None) -> Needs:
    """What a lead that speaks `language` (two letters) needs in a pool, chosen by a rule or not.

    The rule's word on languages goes before the pool's; skills of both are needed. A lead whose language is
    not known needs none.
    """
    asked = rule.language if rule is not None and rule.language is not None else pool.language
    skills = frozenset(pool.skills if rule is None else (*pool.skills, *rule.skills))
    languages = frozenset({language}) if language is not None and asked != "ignored" else frozenset()
    if pool.skills_match == "ignored":
        skills = frozenset()
    if not languages and not skills:
        return NO_NEEDS
    match: Match = asked if languages else "ignored"
    return Needs(languages, match, skills, pool.skills_match, pool.relax_after)
