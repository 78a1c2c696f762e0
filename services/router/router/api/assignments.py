"""My assignments: everything a rep needs to call, in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from lead_events.words import CloseReason
from router.domain.leads import profile_as_asked
from router.domain.why import why_closed
from router.store import Row, q
from service_kit.postgres import Connection

CLOSED_SHOWN = timedelta(days=7)
"""How long a rep sees that a lead of theirs was closed by what the person asked for."""

_QUADRANTS = {
    "perfect": "fits us and wants us now: call first",
    "warm": "fits us, not in a hurry yet",
    "curious": "wants to know more, fits us less",
    "cold": "fits us less and shows little interest",
}
_TOLD = ("persona", "buyer_stage", "consent", "attribution", "expected_value")
"""What scoring says of the buyer for people to read, as messages tell it too."""


async def my_assignments(conn: Connection, rep: str, now: datetime) -> list[dict[str, Any]]:
    """The open leads of a rep, the one due first on top, with what is paused, its person's other open leads
    and how their earlier ones ended."""
    rows = await conn.fetch(q.my_assignments, rep)
    persons = sorted({row["person_id"] for row in rows if row["person_id"] is not None})
    of_person, of_round = itemgetter("person_id"), itemgetter("lead_id", "round")
    others = _grouped(await conn.fetch(q.other_leads_of_persons, persons), of_person)
    asks = _grouped(await conn.fetch(q.asks_of_leads, [row["lead_id"] for row in rows]), of_round)
    paused = _grouped(await conn.fetch(q.running_pauses, rep, now), itemgetter("lead_id"))
    earlier = _grouped(await conn.fetch(q.earlier_leads_of_persons, persons), of_person)
    found = [
        _assignment(row, others[of_person(row)])
        | {
            "asks": [ask(each) for each in asks[of_round(row)]],
            "paused": [_pause(each) for each in paused[row["lead_id"]]],
            "earlier_leads": [_earlier(each) for each in earlier[of_person(row)]],
        }
        for row in rows
    ]
    return sorted(found, key=_due_first)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def ask(row: Row) -> dict[str, Any]:
    """One ask of a buyer whose lead a rep has."""
    return {name: row[name] for name in ("round", "rep_id", "kind", "form_id", "source", "asked_at", "at")}


def _pause(row: Row) -> dict[str, Any]:
    """A pause that runs; `promises` stand still meanwhile."""
    return {
        "since": row["at"],
        "until": row["until"],
        "code": row["code"],
        "reason": row["reason"],
        "promises": row["kinds"],
    }


def _due_first(assignment: dict[str, Any]) -> tuple[bool, datetime]:
    waits_for = assignment["accept_by"] if assignment["accepted_at"] is None else None
    due = waits_for or assignment["respond_by"]
    return due is None or assignment["contacted_at"] is not None, due or assignment["assigned_at"]


def _assignment(row: Row, of_person: list[Row]) -> dict[str, Any]:
    score = row["score"]
    return {
        "lead_id": row["lead_id"],
        "line": row["line"],
        "round": row["round"],
        "profile": profile_as_asked(row["profile"], row["told"]),
        "account": row["account"],
        "source": row["source"],
        "form": row["form_id"],
        "campaign": row["campaign"],
        "submissions": row["submissions"],
        "received_at": row["received_at"],
        **{name: row["told"].get(name) for name in _TOLD},
        "quadrant": row["quadrant"],
        "quadrant_in_words": _QUADRANTS[row["quadrant"]],
        "score": {"fit": score.get("fit"), "interest": score.get("interest")},
        "score_in_words": score_in_words(score),
        "why": row["why"],
        "assigned_at": row["assigned_at"],
        "accept_by": row["accept_by"],
        "respond_by": row["respond_by"],
        "accepted_at": row["accepted_at"],
        "contacted_at": row["contacted_at"],
        "warned_at": row["warned_at"],
        "breached_at": row["breached_at"],
        "locked_by": row["locked_by"],
        "asked_again": row["asked_again"],
        "asked_again_at": row["asked_again_at"],
        "other_leads": [_other(other) for other in of_person if other["id"] != row["lead_id"]],
        "is_test": row["is_test"],
    }


def _earlier(row: Row) -> dict[str, Any]:
    """How an earlier lead of the person ended; `rep`: the name of who had it last."""
    return {
        "lead_id": row["id"],
        "line": row["line"],
        "close_reason": row["close_reason"],
        "closed_at": row["closed_at"],
        "rep": row["rep_name"],
    }


def _other(row: Row) -> dict[str, Any]:
    rep = {"id": row["rep_id"], "name": row["rep_name"]} if row["rep_id"] is not None else None
    return {"lead_id": row["id"], "line": row["line"], "state": row["state"], "rep": rep}


def score_in_words(score: dict[str, Any]) -> list[str]:
    """One line for each score and each contribution, the largest first."""
    lines = [f"fit {score.get('fit', 0)} of 100, interest {score.get('interest', 0)} of 100"]
    contributions = sorted(score.get("contributions", []), key=lambda each: -abs(each["points"]))
    for each in contributions:
        if each.get("error"):
            lines.append(f"{each['dimension']}: rule {each['rule']} could not be evaluated ({each['error']})")
        elif each["points"]:
            lines.append(f"{each['dimension']} {each['points']:+d}: {each['reason']}")
    return lines


async def closed_for_me(conn: Connection, rep: str, now: datetime) -> list[dict[str, Any]]:
    """Leads that were taken from a rep in the last days by what the person asked for, and why."""
    rows = await conn.fetch(q.closed_of_rep, rep, now - CLOSED_SHOWN)
    return [
        {
            "lead_id": row["lead_id"],
            "line": row["line"],
            "round": row["round"],
            "profile": row["profile"],
            "closed_at": row["ended_at"],
            "close_reason": row["close_reason"],
            "why": why_closed(CloseReason(row["close_reason"]), None).text,
        }
        for row in rows
    ]
