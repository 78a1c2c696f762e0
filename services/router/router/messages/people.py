"""How people behind leads are named in messages, and what they wrote, each on one line."""

from collections.abc import Mapping
from typing import Any

from router.messages.texts import Words

LONGEST = 2000
"""Characters of one line that a buyer wrote."""


def who(profile: Mapping[str, Any], words: Words) -> str:
    """Who is behind a lead, as shortly as can be said: name and company, or what there is."""
    full = " ".join(filter(None, (profile.get("first_name"), profile.get("last_name"))))
    name, company = profile.get("name") or full, profile.get("company")
    if name and company:
        return one_line(f"{name}, {company}", 120)
    return one_line(name or company or profile.get("email") or profile.get("phone") or "", 120) or words.say(
        "somebody"
    )


def one_line(text: str, longest: int = LONGEST) -> str:
    """Without breaks and control characters, so that what a buyer wrote can make no line of its own."""
    kept = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"
