"""Training rows: what was known of a lead before sales touched it, beside how it ended.

A column that tells what sales did would let a scorecard learn its own outcome. So everything but the outcome
columns comes from before the first handoff, and nothing in a row names the person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lead_events import LeadSubmitted
from rulebook.derived import derived
from scoring.domain.feedback import Feedback, Verdict
from scoring.domain.profile import Known

OUTCOMES = ("won", "result", "value_minor", "currency", "rating", "reason", "closed_reason", "closed_at")
"""Columns that say how a lead ended: never an input of a scorecard."""
KEPT_FIELDS = frozenset(
    {"job_title", "industry", "employees", "country", "region", "city", "language", "attributes"}
)
"""Fields of a profile that name nobody by themselves; of all others a row says only that they were filled."""
TOLD_AS_FILLED = ("email", "phone", "name", "company", "company_domain", "website", "message", "external_id")
NAMES = ("email", "phone", "phone_raw", "name", "first_name", "last_name", "external_id")
SHORTEST_NAME = 3
"""Characters. A shorter name would be found in words that have nothing to do with the person."""
HIDDEN = "[...]"
_UTM = ("utm_source", "utm_medium", "utm_campaign")
_LOOKS_LIKE_A_PERSON = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+?\d[\d ().-]{7,}\d")
"""An e-mail address, or nine digits and more as a phone is written."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A lead that sales has ended, or said an outcome of; open ones have no `closed_at`."""

    id: UUID
    line: str
    opened_at: datetime
    origin: tuple[str, str, str | None]
    handed_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None

    @property
    def known_until(self) -> datetime | None:
        """Up to when something may be learned from; None for an open lead that nobody was handed."""
        return self.handed_at or self.closed_at


@dataclass(frozen=True, slots=True)
class History:
    """A lead with its person's submissions before sales had it (`own`: those that it holds itself), how many
    signals of each kind came before, and what sales said."""

    lead: Ended
    submissions: Sequence[LeadSubmitted]
    own: frozenset[UUID] = frozenset()
    signals: Mapping[str, int] = field(default_factory=dict)
    said: Sequence[Feedback] = ()


def row_of(history: History, zone: ZoneInfo) -> dict[str, Any]:
    """One training row. Columns are named as conditions name them: `lead.country`, `form`, `asks`."""
    known = _known(history.submissions)
    names = _names(known)
    first = min((each.received_at for each in _own(history)), default=history.lead.opened_at)
    local = first.astimezone(zone)
    return {
        "lead_id": str(history.lead.id),
        "line": history.lead.line,
        "submitted_at": first.isoformat(),
        "submitted.hour": local.hour,
        "submitted.weekday": local.isoweekday(),
        **_origin(history),
        **dict(_profile(known, names)),
        **{f"signals.{kind}": count for kind, count in sorted(history.signals.items())},
        **_outcome(history, names),
    }


def _own(history: History) -> list[LeadSubmitted]:
    return [each for each in history.submissions if each.submission_id in history.own]


def _origin(history: History) -> dict[str, Any]:
    """Where the lead came from first; one that woke by itself, where the lead before it did."""
    own = _own(history)
    form, source, campaign = history.lead.origin
    told: dict[str, Any] = {"form": form, "source": source, "campaign": campaign or ""}
    told |= {"submissions": len(own), "asks": any(each.explicit_ask for each in own)}
    if own:
        attribution = own[0].attribution
        told |= {name: value for name in _UTM if (value := getattr(attribution, name))}
    return told


def _known(submissions: Iterable[LeadSubmitted]) -> dict[str, Any]:
    known = Known()
    for each in submissions:
        known.learn(each.profile, each.received_at)
    return known.as_mapping()


def _names(profile: Mapping[str, Any]) -> list[str]:
    """What names the person, the longest first."""
    found = {str(profile[name]) for name in NAMES if profile.get(name)}
    return sorted((each for each in found if len(each) >= SHORTEST_NAME), key=len, reverse=True)


def _profile(profile: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for name in sorted(KEPT_FIELDS - {"attributes"}):
        if name in profile and not _names_somebody(profile[name], names):
            yield f"lead.{name}", profile[name]
    yield from ((f"lead.{name}", value) for name, value in derived(profile).items())
    yield from ((f"has.{name}", int(name in profile)) for name in TOLD_AS_FILLED)
    for name, value in sorted(profile["attributes"].items()):
        if not _names_somebody(value, names):
            yield f"lead.attributes.{name}", value


def _names_somebody(value: Any, names: Sequence[str]) -> bool:
    texts = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    return any(_LOOKS_LIKE_A_PERSON.search(each) or _hidden(each, names) != each for each in texts)


def _hidden(text: str, names: Sequence[str]) -> str:
    """A text without what names the person; somebody else's address or phone goes too."""
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return _LOOKS_LIKE_A_PERSON.sub(HIDDEN, text)


def _outcome(history: History, names: Sequence[str]) -> dict[str, Any]:
    lead, verdict = history.lead, Verdict.of(history.said)
    value = verdict.value
    return {
        "won": None if lead.closed_at is None else int(lead.closed_reason == "won"),
        "result": verdict.result,
        "value_minor": value.minor if value else None,
        "currency": value.currency if value else None,
        "rating": verdict.rating,
        "reason": _hidden(verdict.reason, names) if verdict.reason else None,
        "closed_reason": lead.closed_reason,
        "closed_at": lead.closed_at.isoformat() if lead.closed_at else None,
    }
