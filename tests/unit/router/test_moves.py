"""A change of the plan: which open leads go where, which stay, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lead_events.words import OWN_FORM
from router.domain.book import Book
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.moves import Move, MoveReason, moves, why
from rulebook.models import OpenLeads
from tests.unit.router.test_plans import book

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    id: str
    team: str = "any"

    @property
    def email(self) -> str:
        return f"{self.id}@aurora.example"


REPS = [Person("ana"), Person("bea"), Person("cleo")]
POOLS = {"iberia": {"name": "Iberia", "reps": ["ana", "bea"]}, "other": {"name": "Other", "reps": ["cleo"]}}


def by_country(country: str, pool: str, **routing: Any) -> Book:
    rule = {"id": "rule", "when": f"has(lead.country) && lead.country == '{country}'", "pool": pool}
    return book([rule], pools=POOLS, **routing)


OLD, NEW = by_country("ES", "other"), by_country("ES", "iberia")


def lead(rep: str | None = None, country: str = "ES", **more: Any) -> Lead:
    """One that waits in the old pool, or that a rep has."""
    made = Lead(UUID(int=7), LeadState.HELD, line="main", profile={"country": country}, pool="other")
    if rep is not None:
        made.state = LeadState.ASSIGNED
        made.handoff = Handoff(UUID(int=8), rep, "other", 1, NOW, 1, **more)
    return made


def found_by(rep: str) -> Lead:
    made = lead(rep)
    made.form_id = OWN_FORM
    return made


def one(made: Lead, policy: OpenLeads = "stay", old: Book | None = OLD, new: Book = NEW) -> Move:
    (found,) = moves([made], old, new, policy, REPS)
    return found


@pytest.mark.parametrize(
    ("made", "policy", "reason", "goes"),
    [
        pytest.param(lead(), "stay", MoveReason.WAITING, True, id="who waits follows the plan in force"),
        pytest.param(lead("cleo"), "stay", MoveReason.STAYS, False, id="stay: each keeps theirs"),
        pytest.param(lead("cleo"), "move_unanswered", MoveReason.UNANSWERED, True, id="not answered yet"),
        pytest.param(
            lead("cleo", accepted_at=NOW), "move_unanswered", MoveReason.BEGUN, False, id="accepted"
        ),
        pytest.param(
            lead("cleo", contacted_at=NOW), "move_unanswered", MoveReason.BEGUN, False, id="contacted"
        ),
        pytest.param(lead("cleo", accepted_at=NOW), "move_all", MoveReason.ALL_MOVE, True, id="all move"),
        pytest.param(lead("bea"), "move_all", MoveReason.OF_THE_POOL, False, id="a rep of both pools"),
        pytest.param(found_by("cleo"), "move_all", MoveReason.OWNED, False, id="its rep found it"),
    ],
)
def test_what_another_plan_does_to_an_open_lead(
    made: Lead, policy: OpenLeads, reason: MoveReason, goes: bool
) -> None:
    found = one(made, policy)
    assert (found.before.pool, found.after.pool) == ("other", "iberia")
    assert (found.reason, found.goes) == (reason, goes)
    assert found.rep == (made.handoff.rep if made.handoff else None)


def test_a_lead_that_both_plans_send_to_one_pool_is_not_spoken_of() -> None:
    assert list(moves([lead(country="IT"), lead("cleo", country="IT")], OLD, NEW, "move_all", REPS)) == []


def test_the_owner_keeps_it_whatever_the_pool() -> None:
    made = lead("cleo")
    made.account = {"standing": "open_deal", "owner": "cleo@aurora.example", "crm_id": "1"}
    assert one(made, "move_all").reason is MoveReason.OWNED


def test_who_waits_in_a_pool_that_is_no_more_moves_though_the_rules_are_the_same() -> None:
    made = lead()
    made.pool = "gone"
    assert one(made, old=NEW).goes


def test_before_any_plan_there_was_no_pool() -> None:
    assert one(lead(), old=None).before.pool is None


@pytest.mark.parametrize("state", [LeadState.CLOSED, LeadState.NURTURING, LeadState.MERGED])
def test_a_lead_that_is_not_open_is_left_alone(state: LeadState) -> None:
    made = lead()
    made.state = state
    assert list(moves([made], OLD, NEW, "move_all", REPS)) == []


def test_a_lead_that_the_new_plan_keeps_back_stays() -> None:
    made = lead("cleo")
    made.account = {"standing": "competitor", "crm_id": "1"}
    assert list(moves([made], OLD, NEW, "move_all", REPS)) == []


def test_the_list_is_made_one_lead_at_a_time() -> None:
    """A store of any size is read as a stream."""
    asked = []

    def stream() -> Iterator[Lead]:
        for number in range(3):
            asked.append(number)
            yield lead()

    next(moves(stream(), OLD, NEW, "stay", REPS))
    assert asked == [0]


def test_a_move_reads_as_one_line() -> None:
    names = {"other": "Other", "iberia": "Iberia"}
    told = why(one(lead("cleo"), "move_unanswered"), names.__getitem__)
    assert told == "Other -> Iberia (rule rule): its rep has not answered yet, and it moves"


def test_a_lead_that_is_locked_to_its_rep_stays_whatever_the_plan_says() -> None:
    made = lead("cleo")
    made.locked_by = "rosa"
    found = one(made, "move_all")
    assert (found.reason, found.goes) == (MoveReason.LOCKED, False)
    assert "locked" in why(found, str)
