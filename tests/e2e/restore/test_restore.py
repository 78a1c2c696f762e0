"""PostgreSQL is lost and restored to an earlier moment; the topics bring back what happened since."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baton_dev.stack import Stack
from tests.e2e.restore.backups import Backups
from tests.e2e.restore.days import Day, doubts, unhurried_company

pytestmark = [pytest.mark.stack, pytest.mark.long]

STORES = ("scoring", "router", "sla_monitor")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, whose reps get letters."""
    stack = Stack(
        tmp_path / "whole",
        unhurried_company(),
        fsync=False,
        extra_env={"BATON_OUTBOX_CLAIM_MS": "2000"},
        tells_reps=True,
    )
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def day(stack: Stack, tmp_path: Path) -> Iterator[Day]:
    """Buyers and reps of that stack."""
    day = Day(stack, tmp_path / "ledger.jsonl")
    yield day
    day.baton.close()


def test_after_a_restore_nothing_is_lost_routed_twice_or_brought_back(
    stack: Stack, day: Day, tmp_path: Path
) -> None:
    backups = Backups(stack.postgres, tmp_path / "backups")
    backups.archive()
    first = day.write(8)
    day.work(first)
    backups.take_base()
    second = day.write(8)
    day.work(second)
    day.rest()
    moment = backups.moment()
    third = day.write(10)
    day.work(third)
    day.work(day.write(2))
    day.erase(first[1])
    day.erase(third[1])
    before = day.rest()
    assert not doubts(day, before)
    views, letters = day.views(), day.letters()
    late = day.write(3)

    stack.postgres.kill()
    for name in STORES:
        stack.services[name].kill()
    meanwhile = day.write(3)
    backups.restore(moment)
    for name in STORES:
        stack.services[name].start()
    for name in STORES:
        stack.services[name].await_answer()
    after = day.rest()

    assert not doubts(day, after)
    assert {lead: view for lead, view in day.views().items() if lead in views} == views
    for submission in (*late, *meanwhile):
        (lead,) = day.baton.leads_of(submission)
        day.leads[submission] = lead
        day.baton.assigned(lead)
    for submission in (first[1], third[1]):
        assert not day.stores(day.emails[submission]), "an erased person stays erased"
    told = day.letters()
    assert {key: told[key] for key in letters} == letters, "nobody is told again of what they were told"
    again = day.write(2)
    day.work(again)
    assert not doubts(day, day.rest()), "and it goes on"
    assert day.baton.unaccounted() == 0
