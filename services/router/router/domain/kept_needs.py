"""What a held lead asks for, as the store keeps it: one text for one kind of needs, so that kinds can be told
apart by an index."""

from datetime import timedelta

import orjson

from router.domain.needs import NO_NEEDS, Needs


def text_of_needs(needs: Needs) -> str:
    """Canonical JSON; empty where nothing is asked for."""
    languages = sorted(needs.languages) if needs.language_match != "ignored" else []
    skills = sorted(needs.skills) if needs.skills_match != "ignored" else []
    if not languages and not skills:
        return ""
    relax = int(needs.relax_after.total_seconds())
    return orjson.dumps([languages, needs.language_match, skills, needs.skills_match, relax]).decode()


def needs_of_text(text: str) -> Needs:
    """As `text_of_needs` wrote it."""
    if not text:
        return NO_NEEDS
    languages, language_match, skills, skills_match, relax = orjson.loads(text)
    return Needs(
        frozenset(languages), language_match, frozenset(skills), skills_match, timedelta(seconds=relax)
    )
