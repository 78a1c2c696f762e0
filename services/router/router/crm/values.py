"""What the placeholders of a CRM's template stand for. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lead_events.money import minor_digits
from router.store import Row

_PROFILE = {
    "person": [
        *("email", "phone", "name", "first_name", "last_name", "job_title"),
        *("country", "region", "city", "postcode", "language", "message"),
    ],
    "company": ["domain", "website", "industry", "employees"],
}


def values_of(
    story: Row,
    *,
    event: UUID,
    kind: str,
    happened_at: datetime,
    words: list[str],
    records: Mapping[str, str],
) -> dict[str, Any]:
    """Every placeholder's value, of a lead's row with its round, rep and act; None where there is none.

    `words`: the score in words. `records`: the ids that the CRM has, by the names they are kept as.
    """
    act = story["act_content"] or {}
    return {
        **_lead(story),
        **_person(story["profile"]),
        "person.id": _text(story["person_id"]),
        **{f"account.{name}": (story["account"] or {}).get(name) for name in ("name", "crm_id")},
        **{f"rep.{name}": story[f"rep_{name}"] for name in ("id", "name", "email", "crm_id")},
        **{f"score.{name}": int(story["score"].get(name, 0)) for name in ("fit", "interest")},
        "score.words": "\n".join(words),
        "why": story["why"],
        "event.id": str(event),
        "event.kind": kind,
        "event.at": _moment(happened_at),
        "close.reason": story["close_reason"],
        **_act(kind, act),
        **{f"crm.{name}": each for name, each in records.items()},
    }


def values_of_erased(
    lead: UUID, person: UUID | None, *, event: UUID, happened_at: datetime, records: Mapping[str, str]
) -> dict[str, Any]:
    """What there is of an erased person: ids."""
    return {
        "lead.id": str(lead),
        "person.id": _text(person),
        "event.id": str(event),
        "event.kind": "erased",
        "event.at": _moment(happened_at),
        **{f"crm.{name}": each for name, each in records.items()},
    }


def _lead(story: Row) -> dict[str, Any]:
    return {
        "lead.id": str(story["id"]),
        "lead.line": story["line"],
        "lead.source": story["source"],
        "lead.form": story["form_id"],
        "lead.campaign": story["campaign"],
        "lead.quadrant": story["quadrant"],
        "lead.stage": story["stage"],
        "lead.round": story["round"],
        "lead.received_at": _moment(story["received_at"]),
        "lead.is_test": story["is_test"],
    }


def _person(profile: Mapping[str, Any]) -> dict[str, Any]:
    found = {f"{about}.{name}": profile.get(name) for about, names in _PROFILE.items() for name in names}
    found["company.name"] = profile.get("company")
    found["company.domain"] = profile.get("company_domain")
    return found


def _act(kind: str, act: Mapping[str, Any]) -> dict[str, Any]:
    money = act.get("value") or {}
    is_outcome = kind.startswith("outcome")
    return {
        "act.channel": act.get("channel"),
        "act.result": None if is_outcome else act.get("result"),
        "act.reason": act.get("reason"),
        "act.wake_at": act.get("wake_at"),
        "outcome.result": act.get("result") if is_outcome else None,
        "outcome.value": whole_units(money["minor"], money["currency"]) if money else None,
        "outcome.currency": money.get("currency"),
    }


def whole_units(minor: int, currency: str) -> int | float:
    """An amount as CRMs take it: 1200.5 for 120050 cents."""
    digits = minor_digits(currency)
    unit = int(10**digits)
    return minor / unit if minor % unit else minor // unit


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
