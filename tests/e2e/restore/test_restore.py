"""PostgreSQL is lost and restored to an earlier moment; the topics bring back what happened since."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from baton_dev.stack import Stack
from tests.e2e.restore.backups import Backups
from tests.e2e.restore.days import Day, doubts, unhurried_company
from tests.e2e.restore.pods import DEATHS, die_reading_back, double, kill_all, start_at_once

pytestmark = pytest.mark.stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own whose reps get letters."""
    stack = Stack(
        tmp_path / "whole",
        unhurried_company(),
        fsync=False,
        extra_env={"BATON_OUTBOX_CLAIM_MS": "2000"},
        tells_reps=True,
    )
    stack.start()
    double(stack)
    yield stack
    stack.stop()


@pytest.fixture
def day(stack: Stack, tmp_path: Path) -> Iterator[Day]:
    """Buyers and reps of that stack."""
    day = Day(stack, tmp_path / "ledger.jsonl")
    yield day
    day.baton.close()


def test_after_a_restore_and_another_nothing_is_lost_routed_twice_or_brought_back(
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
    day.train_a_rep()
    day.erase(first[1])
    day.erase(third[1])
    before = day.rest()
    assert not doubts(day, before)
    known = Known.of(day)
    for deaths in DEATHS:
        late = day.write(3)
        stack.postgres.kill()
        kill_all(stack)
        meanwhile = day.write(3)
        backups.restore(moment)
        die_reading_back(stack, deaths)
        start_at_once(stack)
        after = day.rest()

        assert not doubts(day, after)
        known.check_against(day)
        for submission in (*late, *meanwhile):
            (lead,) = day.baton.leads_of(submission)
            day.leads[submission] = lead
            day.baton.assigned(lead)
        for submission in (first[1], third[1]):
            assert not day.stores(day.emails[submission]), "an erased person stays erased"
        day.work(day.write(2))
        assert not doubts(day, day.rest()), "and it goes on"
        assert day.baton.unaccounted() == 0
        known = Known.of(day)


@dataclass(frozen=True)
class Known:
    """What everybody knew at a moment at which nothing was on its way."""

    views: dict[UUID, dict[str, Any]]
    letters: Counter[tuple[str, str]]

    @classmethod
    def of(cls, day: Day) -> "Known":
        return cls(day.views(), day.letters())

    def check_against(self, day: Day) -> None:
        """Every lead is where it was, and nobody was told again of what they were told."""
        views, told = day.views(), day.letters()
        assert {lead: view for lead, view in views.items() if lead in self.views} == self.views
        assert {key: told[key] for key in self.letters} == self.letters
