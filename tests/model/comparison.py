"""What the monitor has of each promise, beside what the model says."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from lead_events.sla import SlaBreached, SlaReminded, SlaWarned, TimerResult
from tests.model.delivered import is_above
from tests.model.history import History
from tests.model.minutes import charged, path_of
from tests.model.months import Month
from tests.model.promises import MICROSECOND, Kept, promises_of

Key = tuple[str, str, int, str, str]
"""Lead, kind, round, moment of opening, agreement."""
Minutes = Counter[tuple[str, str | None]]
"""Microseconds by part and detail."""
SUPERSEDED = "superseded"
"""How a promise ends of which late news says that it never began."""
NOT_BROKEN = ("kept", "cancelled", "pending")


@lru_cache(maxsize=4)
def expected(month: Month) -> dict[Key, Kept]:
    """Every promise by the model, at the month's last look."""
    history = History.of(month.news)
    found = [kept for lead in history.leads for kept in promises_of(history, lead, month.now)]
    return {
        (str(k.each.lead), k.kind, k.each.number, k.opened.at.isoformat(), k.agreement_id): k for k in found
    }


def key_of(row: Mapping[str, Any]) -> Key:
    """The same of a row of the store."""
    agreement = row.get("agreement") or "agreement"
    return str(row["lead_id"]), row["kind"], row["round"], row["opened_at"].isoformat(), agreement


def differences(month: Month, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What differs between the store's promises and the model's, in words."""
    model = expected(month)
    store = {key_of(row): row for row in rows}
    found = [
        f"{_named(key)}: the model has none, monitor {_told(_by_store(store[key]))}"
        for key in sorted(store.keys() - model.keys())
        if store[key]["ended_kind"] != SUPERSEDED
    ]
    found += [f"{_named(key)}: the monitor has none" for key in sorted(model.keys() - store.keys())]
    for key in sorted(model.keys() & store.keys()):
        mine, theirs = _by_model(model[key]), _by_store(store[key])
        if not _same(mine, theirs):
            found.append(f"{_named(key)}: model {_told(mine)}, monitor {_told(theirs)}")
    return found


def said_wrongly(month: Month, fired: Iterable[tuple[str, TimerResult]]) -> list[str]:
    """Promises of which more or fewer breaches stand than were broken, and whatever was said twice."""
    balance: Counter[Key] = Counter()
    said: Counter[tuple[str, Key, str]] = Counter()
    for topic, event in fired:
        key = key_of(event.model_dump() | {"lead_id": str(event.lead_id)})
        balance[key] += {"sla-breached": 1, "sla-withdrawn": -1}.get(topic, 0)
        said[topic, key, _level(event)] += 1
    found = [
        f"{_named(key)}: {topic} {what} was said {n} times" for (topic, key, what), n in said.items() if n > 1
    ]
    model = expected(month)
    for key in sorted(model.keys() | balance.keys()):
        broken = int(key in model and model[key].state == "broken")
        if balance[key] != broken:
            found.append(f"{_named(key)}: {balance[key]} breaches stand, {broken} by the model")
    return found


def charged_wrongly(month: Month, fired: Iterable[tuple[str, TimerResult]]) -> list[str]:
    """Breaches that the monitor charges to somebody else than the model, or whose minutes differ. For months
    of which all was read before anything was said: else a breach is charged by what was known."""
    history, found, model = History.of(month.news), [], expected(month)
    for _, event in fired:
        if not isinstance(event, SlaBreached):
            continue
        key = key_of(event.model_dump() | {"lead_id": str(event.lead_id)})
        kept = model.get(key)
        if kept is None or kept.due != event.due_at:
            continue
        mine = (charged(history, kept, is_above=is_above(history, kept)), minutes(history, kept))
        spent: Minutes = Counter()
        for stretch in event.attribution:
            detail = None if stretch.part == "paused" else stretch.detail
            spent[str(stretch.part), detail] += stretch.microseconds
        if mine != (str(event.charged_to), spent):
            found.append(
                f"{_named(key)}: charged by the model {mine}, by the monitor {event.charged_to, spent}"
            )
    return found


def minutes(history: History, kept: Kept) -> Minutes:
    """Microseconds of the lead's path up to the due time, by part."""
    assert kept.due is not None
    spent: Minutes = Counter()
    for stretch in path_of(history, kept.each.lead, kept.due, kept):
        detail = None if stretch.part == "paused" else stretch.detail
        spent[stretch.part, detail] += (stretch.end - stretch.start) // MICROSECOND
    return spent


def _level(event: TimerResult) -> str:
    match event:
        case SlaWarned():
            return str(event.share)
        case SlaReminded():
            return f"{event.due_at} {event.number}"
    return str(event.due_at)


def _by_model(kept: Kept) -> dict[str, Any]:
    kind = "closed" if kept.ended_kind in ("merged", "erased") else kept.ended_kind
    ended = {"ended_at": kept.ended_at, "ended_kind": kind}
    return {"state": kept.state, "due_at": kept.due} | ended


def _by_store(row: Mapping[str, Any]) -> dict[str, Any]:
    state = {"breached": "broken"}.get(row["state"], row["state"])
    return {"state": state, "due_at": row["due_at"]} | {
        name: row[name] for name in ("ended_at", "ended_kind")
    }


def _same(mine: dict[str, Any], theirs: dict[str, Any]) -> bool:
    if mine["state"] == "broken":
        return theirs["state"] == "broken" and bool(mine["due_at"] == theirs["due_at"])
    if theirs["state"] == "withdrawn":
        return mine["state"] in NOT_BROKEN and mine | {"state": 0} == theirs | {"state": 0}
    return mine == theirs


def _named(key: Key) -> str:
    lead, kind, number, opened, agreement = key
    return f"{kind} of {lead}, round {number}, {agreement}, opened {opened}"


def _told(values: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def moments(month: Month) -> list[datetime]:
    """When something is to be said: warnings, due times and reminders, by the model."""
    found = []
    for kept in expected(month).values():
        found += [at for _, at in kept.warnings] + list(kept.reminders)
        if kept.due is not None:
            found.append(kept.due)
    return found


def said_untimely(month: Month, fired: Iterable[tuple[str, TimerResult]]) -> list[str]:
    """For a month without late news: warnings and reminders that differ from the model's in share, number or
    moment."""
    said: dict[Key, set[tuple[str, float, datetime]]] = {}
    for _, event in fired:
        key = key_of(event.model_dump() | {"lead_id": str(event.lead_id)})
        if isinstance(event, SlaWarned):
            said.setdefault(key, set()).add(("warning", event.share, event.warns_at))
        elif isinstance(event, SlaReminded):
            said.setdefault(key, set()).add(("reminder", event.number, event.reminds_at))
    found = []
    for key, kept in expected(month).items():
        wanted = {("warning", share, at) for share, at in kept.warnings}
        wanted |= {("reminder", float(number), at) for number, at in enumerate(kept.reminders, 1)}
        if (more := said.get(key, set())) != wanted:
            found.append(f"{_named(key)}: only by the model {wanted - more}, only said {more - wanted}")
    return found
