"""Which trouble a form is in, and what becomes of the alerts about it: opened once, repeated, closed."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any
from uuid import UUID

from scoring.domain.health import LEARNING, FieldHealth, FormHealth, Mapped, UnmappedField
from scoring.domain.silence import Silence
from scoring.domain.waves import Wave

USUALLY = 0.8
"""A field that at least this share of the last submissions filled is usually filled."""
BASELINE = 20
"""So many submissions must have been seen before a field can be called usually filled."""
EMPTY_RUN = 20
SHORT_RUN = 5
"""Enough where an unknown field appeared at the same time."""
NEEDED_RUN = 3
"""Enough where a required field is empty: each of these waits in quarantine, and on a quiet evening a fourth
may take hours."""
TOGETHER = 3
"""Between a field's first empty submission and an unknown field's first are so many at most, if it is one
change."""
GONE_RUN = 20
"""An unknown field is gone when so many submissions came without it, ..."""
GONE_FOR = timedelta(days=7)
"""... or when the newest came so long after the last that had it. It lasts for as long as it comes."""
MOST_UNKNOWN = 5
"""Unknown fields of one form told at a time: their names are made up by whoever sends them."""


class AlertKind(StrEnum):
    """What is wrong."""

    FIELD_RENAMED = "field_renamed"  # a usual field is empty since an unknown one came
    FIELD_EMPTY = "field_empty"  # a usual field is empty time after time
    UNKNOWN_FIELD = "unknown_field"  # something comes that nothing reads
    FORM_SILENT = "form_silent"  # nothing comes, for longer than is usual
    SPAM_WAVE = "spam_wave"  # the form sends everything to quarantine
    FETCH_FAILED = "fetch_failed"  # a vendor does not hand out its leads


@dataclass(frozen=True, slots=True)
class Finding:
    """Trouble of one form now. `subject`: the field it is about. `since`: when it began. `facts`: names and
    numbers for the message, nothing about a person. `claims`: fields that it speaks for."""

    kind: AlertKind
    form_id: str
    subject: str
    since: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str, str]:
        """Of two with the same key only one is open at a time."""
        return self.kind, self.form_id, self.subject


@dataclass(frozen=True, slots=True)
class Fetching:
    """What is known of a form's fetches: failing or not, and leads given up."""

    since: datetime
    vendor: str | None = None
    reason: str | None = None
    waiting: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """Submissions put aside for a reason, and since when."""

    since: datetime
    submissions: int


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything known of one form now."""

    form_id: str
    mapped: Mapped
    health: FormHealth | None = None
    silence: Silence | None = None
    wave: Wave | None = None
    fetching: Fetching | None = None


def findings(situation: Situation) -> list[Finding]:
    """All trouble of a form, the plainest explanation of each: a field renamed is not told as empty too."""
    found: list[Finding] = []
    if situation.health is not None:
        found += _of_fields(situation.health, situation.mapped)
    found += _of_the_whole(situation)
    return found


def _of_fields(health: FormHealth, mapped: Mapped) -> Iterable[Finding]:
    missing = {
        name: known
        for name, known in health.fields.items()
        if name in mapped.paths and known.empty_run and is_usual(known)
    }
    unknown = {name: known for name, known in health.unmapped.items() if is_news(known, health)}
    needed = {name for name in missing if _is_needed(name, health, mapped)}
    renamed = list(_renamed(health, missing, unknown, needed))
    yield from renamed
    told = frozenset().union(*(each.claims for each in renamed))
    for name, known in missing.items():
        limit = NEEDED_RUN if name in needed else EMPTY_RUN
        if name not in told and known.empty_run >= limit:
            yield _empty(health, name, known, is_needed=name in needed)
    yield from _never_usual(health, mapped)
    fresh = sorted(
        (each for each in unknown.items() if each[0] not in told), key=lambda it: it[1].first_number
    )
    for name, field_ in fresh[:MOST_UNKNOWN]:
        yield Finding(
            AlertKind.UNKNOWN_FIELD,
            health.form_id,
            name,
            field_.first_at,
            {"field": name, "looks_like": field_.kind, "missing": sorted(missing)},
            frozenset({name}),
        )


def is_usual(known: FieldHealth) -> bool:
    """Whether the field was usually filled before it became empty."""
    return len(known.recent) >= BASELINE and known.usual >= USUALLY


def is_news(known: UnmappedField, health: FormHealth) -> bool:
    """Whether an unknown field still comes, and was not there from the form's beginning."""
    still_comes = health.counted - known.last_number < GONE_RUN and health.last_at - known.last_at < GONE_FOR
    return not known.is_usual and still_comes and health.counted > LEARNING


def _is_needed(name: str, health: FormHealth, mapped: Mapped) -> bool:
    """Whether a `required` entry fails by it: nothing else that would satisfy the entry came meanwhile, be it
    usual or not."""
    run = health.fields[name].empty_run
    away = {each for each, known in health.fields.items() if known.empty_run >= run}
    others = (mapped.paths.keys() & health.fields.keys()) - away
    return any(name in entry and not others & set(entry) for entry in mapped.required)


def _never_usual(health: FormHealth, mapped: Mapped) -> Iterable[Finding]:
    """What a form requires and has hardly ever had, as right after it was connected: each one waits."""
    for entry in mapped.required:
        known = {
            name: health.fields[name] for name in entry if name in health.fields and name in mapped.paths
        }
        if not known or any(is_usual(each) for each in known.values()):
            continue
        name, least = min(known.items(), key=lambda item: item[1].empty_run)
        if least.empty_run >= NEEDED_RUN:
            yield _empty(health, name, least, is_needed=True)


def _renamed(
    health: FormHealth,
    missing: Mapping[str, FieldHealth],
    unknown: Mapping[str, UnmappedField],
    needed: Set[str],
) -> Iterable[Finding]:
    """Pairs of a missing and an unknown field that began together, the likeliest first, each field once."""
    pairs = [
        (likeness(name, known.paths, other, unknown[other].kind), name, other)
        for name, known in missing.items()
        for other in unknown
        if abs(unknown[other].first_number - known.empty_from) <= TOGETHER
        and known.empty_run >= (1 if name in needed else SHORT_RUN)
    ]
    taken: set[str] = set()
    for _, name, other in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if name in taken or other in taken:
            continue
        taken |= {name, other}
        known = missing[name]
        facts = {
            "field": name,
            "was": list(known.paths),
            "now": other,
            "empty": known.empty_run,
            "needed": name in needed,
        }
        since = known.empty_since or unknown[other].first_at
        yield Finding(AlertKind.FIELD_RENAMED, health.form_id, name, since, facts, frozenset({name, other}))


def likeness(name: str, paths: Sequence[str], other: str, kind: str) -> float:
    """How likely the field `other`, of that kind of content, is `name` under another name; 0 to 2."""
    same_kind = kind in ("email", "phone") and kind == name
    words = max(
        (SequenceMatcher(None, each.casefold(), other.casefold()).ratio() for each in (name, *paths)),
        default=0.0,
    )
    return words + (1.0 if same_kind else 0.0)


def _empty(health: FormHealth, name: str, known: FieldHealth, *, is_needed: bool) -> Finding:
    unread = [
        other
        for other, each in health.unmapped.items()
        if each.last_number > health.counted - known.empty_run
    ]
    facts = {
        "field": name,
        "was": list(known.paths),
        "empty": known.empty_run,
        "usual": round(known.usual, 2),
        "needed": is_needed,
        "unread": sorted(unread)[:MOST_UNKNOWN],
    }
    since = known.empty_since or health.last_at
    return Finding(AlertKind.FIELD_EMPTY, health.form_id, name, since, facts, frozenset({name}))


def _of_the_whole(situation: Situation) -> Iterable[Finding]:
    form_id = situation.form_id
    facts: dict[str, Any]
    if situation.silence is not None:
        quiet = situation.silence
        facts = {"expected": round(quiet.expected, 1), "usual": round(quiet.usual, 1)}
        yield Finding(AlertKind.FORM_SILENT, form_id, "", quiet.since, facts)
    if situation.wave is not None:
        facts = {"suspects": situation.wave.suspects, "bystanders": situation.wave.bystanders}
        yield Finding(AlertKind.SPAM_WAVE, form_id, "", situation.wave.since, facts)
    if situation.fetching is not None:
        fetching = situation.fetching
        facts = {
            "vendor": fetching.vendor,
            "reason": fetching.reason,
            "waiting": fetching.waiting,
            "given_up": fetching.given_up,
        }
        yield Finding(AlertKind.FETCH_FAILED, form_id, "", fetching.since, facts)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is kept."""

    id: UUID
    finding: Finding
    opened_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of alerts. `superseded`: closed because another one says it better, or says more.
    `counted`: they last, are not told again yet, and their numbers have changed.
    """

    opened: Sequence[Finding]
    repeated: Sequence[tuple[Alert, Finding]]
    closed: Sequence[Alert]
    superseded: Sequence[Alert]
    counted: Sequence[tuple[Alert, Finding]] = ()


def changes(
    open_alerts: Sequence[Alert], found: Sequence[Finding], now: datetime, repeat_after: timedelta
) -> Changes:
    """An alert opens once, is repeated while it lasts, and closes by itself."""
    known = {alert.finding.key: alert for alert in open_alerts}
    here = {finding.key: finding for finding in found}
    opened = [finding for key, finding in here.items() if key not in known]
    lasting = [(alert, here[key]) for key, alert in known.items() if key in here]
    gone = [alert for key, alert in known.items() if key not in here]
    superseded = [alert for alert in gone if any(_speaks_for(each, alert.finding) for each in here.values())]
    repeated = [pair for pair in lasting if now - pair[0].told_at >= repeat_after]
    return Changes(
        opened,
        repeated,
        [alert for alert in gone if alert not in superseded],
        superseded,
        [pair for pair in lasting if pair not in repeated and pair[0].finding.facts != pair[1].facts],
    )


def _speaks_for(finding: Finding, other: Finding) -> bool:
    return finding.form_id == other.form_id and bool(finding.claims & other.claims)
