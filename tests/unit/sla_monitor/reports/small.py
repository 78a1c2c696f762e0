"""Months small enough to work out by hand: the example company in November 2026, now 4 December."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from lead_events.words import ChargedTo, Quadrant, TimerKind
from rulebook.models import Agreement, Rulebook
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import GivenBack, LeadRow, MonthBook, PromiseRow, RoundRow, TouchRow
from sla_monitor.reports.figures.frame import Frame
from tests.unit.sla_monitor.reports.drawn import DECEMBER_4, NOVEMBER, company

ROOT = UUID("1c6a4b1e-6d3c-4c8e-9a55-0f5e1c1f7f10")


def at(day: int, hour: float = 10, month: int = 11) -> datetime:
    """A moment by the clock of Madrid, where November is an hour ahead of UTC."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour - 1)


def lead(name: str, delivered: datetime | None = None, **more: Any) -> LeadRow:
    fields: dict[str, Any] = {
        "id": uuid5(ROOT, name),
        "line": "main",
        "quadrant": Quadrant.PERFECT,
        "segments": (),
        "first_source": "website",
        "last_source": "website",
        "is_ours": True,
        "is_own": False,
        "received_at": delivered,
        "scored_at": delivered,
        "delivered_at": delivered,
    }
    return LeadRow(**fields | more)


def back(when: datetime, code: str = "wrong_data", **more: Any) -> GivenBack:
    is_rejection = code not in ("not_now", "no_answer")
    return GivenBack(uuid5(ROOT, f"back {when} {code}"), when, is_rejection, code, "javier-otxoa", **more)


def promise(name: str, due: datetime | None, state: str = "kept", **more: Any) -> PromiseRow:
    opened = (due or at(3)) - timedelta(minutes=30)
    is_done = state in ("kept", "withdrawn")
    fields: dict[str, Any] = {
        "id": uuid5(ROOT, f"promise {name}"),
        "lead_id": uuid5(ROOT, name),
        "kind": TimerKind.FIRST_RESPONSE,
        "round": 1,
        "rep_id": "javier-otxoa",
        "team": "spain",
        "line": "main",
        "quadrant": Quadrant.PERFECT,
        "agreement": "agreement",
        "is_trial": False,
        "opened_at": opened,
        "due_at": due,
        "state": TimerState(state),
        "ended_at": due if is_done else None,
        "ended_kind": "contacted" if is_done else None,
        "wall": 1800.0 if is_done else None,
        "worked": 1800.0 if is_done else None,
        "charged_to": ChargedTo.REP if state == "breached" else None,
    }
    return PromiseRow(**fields | more)


def handoff(name: str, when: datetime, **more: Any) -> RoundRow:
    fields: dict[str, Any] = {
        "lead_id": uuid5(ROOT, name),
        "round": 1,
        "rep_id": "javier-otxoa",
        "team": "spain",
        "quadrant": Quadrant.PERFECT,
        "handed_at": when,
    }
    return RoundRow(**fields | more)


def touch(name: str, when: datetime, *, opened: bool = True, source: str = "comparison-portal") -> TouchRow:
    return TouchRow(uuid5(ROOT, name), source, None, when, opened)


@cache
def quiet_company() -> Rulebook:
    """Without the agreement on trial."""
    return company().model_copy(update={"agreements": {}})


def with_agreement(**changes: Any) -> Rulebook:
    """Parts of the agreement otherwise, such as sales={"works": {"number": 3}}."""
    document = quiet_company().agreement.model_dump(mode="json", exclude_none=True)
    for name, change in changes.items():
        document[name] = document[name] | change if isinstance(change, dict) else change
    return quiet_company().model_copy(update={"agreement": Agreement.model_validate(document)})


def book(
    leads: Sequence[LeadRow] = (),
    promises: Sequence[PromiseRow] = (),
    *,
    rulebook: Rulebook | None = None,
    now: datetime = DECEMBER_4,
    **more: Any,
) -> MonthBook:
    fields: dict[str, Any] = {"rounds": (), "touches": ()} | more
    return MonthBook(NOVEMBER, now, rulebook or quiet_company(), tuple(leads), tuple(promises), **fields)


def frame(*leads: LeadRow, **more: Any) -> Frame:
    return Frame.of(book(leads, **more))
