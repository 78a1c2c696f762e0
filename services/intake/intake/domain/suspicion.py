"""What makes a readable submission suspect. A suspect is kept for a person to look at, never dropped."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from intake.domain.verdict import quarantined
from lead_events import Verdict
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped
from rulebook.models import Form

MOST_USES = 5
"""Submissions that one fill token vouches for: a person may send a form again from the same page."""

SUSPECT = frozenset(
    {
        QuarantineReason.HONEYPOT,
        QuarantineReason.TOO_FAST,
        QuarantineReason.LINKS,
        QuarantineReason.DISPOSABLE_ADDRESS,
        QuarantineReason.CAPTCHA_FAILED,
    }
)
"""Reasons that count towards a wave: those that speak of the sender, not of the form or of a provider."""

_LINK = re.compile(r"https?://[^\s<>\"']+|(?<![\w@.])www\.[^\s<>\"']+", re.IGNORECASE)
_PROSE = ("name", "first_name", "last_name", "company", "job_title", "city", "message")
"""Where a link counts wherever it stands; in other fields an address alone is what was asked for."""


class Filled(NamedTuple):
    """What the form's fill token says: seconds since it was given out, submissions that used it before."""

    seconds: float
    uses: int = 0


def suspicion(
    form: Form, mapped: Mapped, filled: Filled | None, *, is_disposable: Callable[[str], bool]
) -> Verdict | None:
    """The first reason against a submission by its form's policy, or None.

    Without a fill token (`filled` is None: no script ran, or another process without the shared secret gave
    it out) its time is not judged: a visitor without JavaScript must not be punished for it.
    """
    spam = form.spam
    if spam.min_fill is not None and filled is not None:
        least = spam.min_fill.total_seconds()
        if filled.seconds < least:
            return quarantined(
                QuarantineReason.TOO_FAST, f"sent after {filled.seconds:.1f} s; a person takes {least:g} s"
            )
        if filled.uses >= MOST_USES:
            return quarantined(
                QuarantineReason.TOO_FAST, f"its fill token was used {filled.uses} times before"
            )
    if spam.max_links is not None and (links := count_links(mapped.profile)) > spam.max_links:
        return quarantined(QuarantineReason.LINKS, f"{links} links; the form takes {spam.max_links} at most")
    if spam.disposable_addresses == "quarantine":
        domain = str(mapped.profile.get("email", "")).rpartition("@")[2]
        if domain and is_disposable(domain):
            return quarantined(
                QuarantineReason.DISPOSABLE_ADDRESS, f"{domain} gives out throw-away addresses"
            )
    return None


def consent_missing(form: Form, mapped: Mapped) -> Verdict | None:
    """The verdict where the form requires a consent that was not given."""
    if not mapped.consent_missing:
        return None
    return quarantined(QuarantineReason.CONSENT_MISSING, f"{form.consent_field or 'consent'} was not given")


def count_links(profile: dict[str, Any]) -> int:
    """Links in a profile's text fields together; a website or a referrer is one by its nature."""
    prose: list[str] = list(filter(None, map(profile.get, _PROSE)))
    others = list(_texts(profile.get("attributes")))
    everything = "\n".join((*prose, *others)).lower()
    if "://" not in everything and "www." not in everything:  # as in most: one look instead of many
        return 0
    others = [text for text in others if not _LINK.fullmatch(text.strip())]
    return sum(len(_LINK.findall(text)) for text in (*prose, *others))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
