"""Alerts in plain words, and to whom they go. Nothing in them is about a person."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from delivery.message import Message, Target
from rulebook.models import Alerts
from scoring.domain.alerts import AlertKind, Finding

TOLD_FOR = timedelta(days=1)
"""A message that did not arrive within this is not tried any more: the alert is repeated anyway."""


class Telling(StrEnum):
    """What a message says of an alert."""

    OPENED = "opened"
    REPEATED = "repeated"
    CLOSED = "closed"


def targets(alerts: Alerts) -> list[Target]:
    """Everybody who hears of trouble with forms; a receiver that several channels name, once."""
    found: list[Target] = []
    for channel in alerts.channels.values():
        if channel.kind == "webhook":
            found.append(Target.webhook(channel.url or "", channel.secret or ""))
        else:
            found += [Target.email(address) for address in channel.to]
    return list(dict.fromkeys(found))


def messages(
    alert_id: UUID,
    finding: Finding,
    telling: Telling,
    receivers: Iterable[Target],
    now: datetime,
    zone: ZoneInfo,
) -> list[Message]:
    """One message a receiver; the id of each comes from alert, receiver and moment."""
    subject, text = words(finding, telling, zone)
    data = {
        "alert_id": str(alert_id),
        "alert": finding.kind,
        "state": telling,
        "form": finding.form_id,
        "field": finding.subject or None,
        "since": finding.since,
        "facts": dict(finding.facts),
    }
    return [
        Message(
            id=uuid5(alert_id, f"{telling}|{now.isoformat()}|{sorted(target.as_json().items())}"),
            about=alert_id,
            kind=f"form.alert.{telling}",
            target=target,
            subject=subject,
            text=text,
            created_at=now,
            data=data,
        )
        for target in receivers
    ]


def words(finding: Finding, telling: Telling, zone: ZoneInfo) -> tuple[str, str]:
    """Subject and text: what happened, since when, to which form, and what to do."""
    since = f"{finding.since.astimezone(zone):%a %d %b %Y %H:%M} ({zone.key})"
    title, happened, advice = _WORDS[finding.kind](finding, since)
    form = finding.form_id
    if telling is Telling.CLOSED:
        return (
            f"[Baton] Over: {title} on form {form}",
            f"This trouble with form {form} is over: {title}. It had begun on {since}.\n\n"
            f"Look at the form:\n  baton form health {form}\n",
        )
    again = "Still: " if telling is Telling.REPEATED else ""
    steps = "".join(f"\n  {line}" for line in advice)
    return f"[Baton] {again}{title} on form {form}", f"{happened}\n\nWhat to do:{steps}\n"


Words = tuple[str, str, list[str]]


def _look(form: str) -> str:
    return f"baton form health {form}    shows every field of the form and since when it is empty"


def _replay(finding: Finding) -> list[str]:
    form = finding.form_id
    return [
        "baton rulebook publish rulebook/    puts the mended mapping in force",
        f"baton replay submissions --form {form} --since {finding.since:%Y-%m-%dT%H:%M}Z"
        "    completes the leads that came meanwhile",
    ]


def _renamed(finding: Finding, since: str) -> Words:
    facts, form = finding.facts, finding.form_id
    times = _times(facts["empty"])
    happened = (
        f"Form {form}: {facts['field']} has come empty {times} running since {since}. Since then the form "
        f'sends a field "{facts["now"]}" that nothing reads. The field was probably renamed: it was read '
        f"from {_list(facts['was'])}. No submission was refused.{_waits(facts)}"
    )
    mend = (
        f'Add "{facts["now"]}" to `from` of {facts["field"]} in rulebook/forms/{form}.yaml (or have the page '
        "changed back), then:"
    )
    return (
        f"{facts['field']} seems to have been renamed to {facts['now']}",
        happened,
        [
            mend,
            *_replay(finding),
            _look(form),
        ],
    )


def _empty(finding: Finding, since: str) -> Words:
    facts, form = finding.facts, finding.form_id
    happened = (
        f"Form {form}: {facts['field']} has come empty {_times(facts['empty'])} running since {since}. "
        f"Usually {facts['usual']:.0%} of submissions fill it. It is read from {_list(facts['was'])}."
        f"{_waits(facts)}{_unread(facts)}"
    )
    return (
        f"{facts['field']} comes empty",
        happened,
        [
            "Open the page and look whether the field is still there and under which name.",
            f"If the page is right, mend `fields` in rulebook/forms/{form}.yaml, then:",
            *_replay(finding),
            _look(form),
        ],
    )


def _waits(facts: Mapping[str, Any]) -> str:
    return " The form requires it, so each of these waits in quarantine." if facts.get("needed") else ""


def _unread(facts: Mapping[str, Any]) -> str:
    return f" Meanwhile it sends what nothing reads: {_list(facts['unread'])}." if facts.get("unread") else ""


def _unknown(finding: Finding, since: str) -> Words:
    facts, form = finding.facts, finding.form_id
    missing = facts.get("missing") or []
    beside = f" Empty at the moment, and perhaps meant by it: {_list(missing)}." if missing else ""
    happened = (
        f'Form {form}: since {since} it sends a field "{facts["field"]}" that nothing reads (its content '
        f"looks like: {facts['looks_like']}).{beside} It is kept with each submission, and nothing is lost."
    )
    return (
        f"a new field {facts['field']}",
        happened,
        [
            f"If it matters, map it in rulebook/forms/{form}.yaml; if not, list it under `volatile`. Then:",
            *_replay(finding),
            _look(form),
        ],
    )


def _silent(finding: Finding, since: str) -> Words:
    facts, form = finding.facts, finding.form_id
    happened = (
        f"Form {form}: nothing has come in since {since}. By its own pattern of the last weeks about "
        f"{facts['expected']:.0f} submissions would have come since then; that is far longer than its usual "
        "silences, and than chance explains."
    )
    return (
        "nothing comes in",
        happened,
        [
            f"baton form send-test {form} --wait    shows whether a submission still gets through",
            "If it does, open the page and send the form there: it may post elsewhere, or be down.",
            _look(form),
        ],
    )


def _wave(finding: Finding, since: str) -> Words:
    form, facts = finding.form_id, finding.facts
    suspects, bystanders = facts.get("suspects", 0), facts.get("bystanders", facts.get("submissions", 0))
    held = _some(bystanders, "submission was", "submissions were")
    beside = (
        f"{held} held back with them that nothing else speaks against, and may be honest."
        if bystanders
        else "Nothing that may be honest was held back with them."
    )
    happened = (
        f"Form {form}: a spam wave since {since}. {_some(suspects, 'suspect waits', 'suspects wait')} in "
        f"quarantine; no rep was disturbed. {beside}"
    )
    return (
        f"a spam wave ({_some(suspects, 'suspect', 'suspects')}, {bystanders} held back with them)",
        happened,
        [
            f"baton quarantine list --form {form} --reason spam_wave    shows those that may be honest",
            "baton quarantine release and refuse, with the same filters, say first how many they take.",
        ],
    )


def _some(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _fetch(finding: Finding, since: str) -> Words:
    facts, form = finding.facts, finding.form_id
    vendor = facts.get("vendor") or "its vendor"
    parts = [f"Form {form}: leads cannot be fetched from {vendor} since {since}"]
    parts.append(f" ({str(facts['reason']).replace('_', ' ')})." if facts.get("reason") else ".")
    if facts.get("waiting"):
        parts.append(" Notices wait and are tried again for ten days.")
    if facts.get("given_up"):
        parts.append(f" {facts['given_up']} were given up and wait in quarantine.")
    token = facts.get("reason") in ("token", "secret_missing")
    advice = [
        "Make a new token at the vendor and put it where the secret named in `fetch` of "
        f"rulebook/forms/{form}.yaml is read from; no restart is needed for a file."
        if token
        else f"Look whether {vendor} has an outage, and whether the token may still read leads.",
        f"baton quarantine list --form {form} --reason fetch_failed    shows what was given up",
        _look(form),
    ]
    return f"leads cannot be fetched from {vendor}", "".join(parts), advice


_WORDS = {
    AlertKind.FIELD_RENAMED: _renamed,
    AlertKind.FIELD_EMPTY: _empty,
    AlertKind.UNKNOWN_FIELD: _unknown,
    AlertKind.FORM_SILENT: _silent,
    AlertKind.SPAM_WAVE: _wave,
    AlertKind.FETCH_FAILED: _fetch,
}


def _list(names: Iterable[Any]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "nothing"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def shown(alert: Mapping[str, Any], zone: ZoneInfo) -> tuple[str, str]:
    """The words of an alert as it is kept, for the API."""
    finding = Finding(
        AlertKind(alert["kind"]), alert["form_id"], alert["subject"], alert["since"], alert["facts"]
    )
    return words(finding, Telling.OPENED, zone)
