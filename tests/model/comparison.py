"""What the monitor has of each promise, beside what the model says."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lead_events.sla import SlaReminded, SlaWarned, TimerResult
from tests.model.history import History
from tests.model.months import Month
from tests.model.promises import Kept, promises_of

Key = tuple[str, str, int, str, str]
"""Lead, kind, round, moment of opening, agreement."""
NOT_BROKEN = ("kept", "cancelled", "pending")


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
    found = [f"{_named(key)}: the model has none" for key in sorted(store.keys() - model.keys())]
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
