"""Receivers that fail again and again are left alone, tried once, and taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from delivery import breaker as module
from delivery.breaker import FAILURES, LONGEST, SHORTEST, Breaker
from delivery.message import Outcome

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def failing(times: int, now: datetime = NOW) -> Breaker:
    made = Breaker()
    for _ in range(times):
        made.note("r", Outcome.LATER, now)
    return made


def test_a_few_failures_change_nothing() -> None:
    assert failing(FAILURES - 1).left_alone(NOW) == set()
    assert not failing(FAILURES - 1).is_resting("r")


def test_so_many_in_a_row_open_the_circuit_for_the_shortest_rest() -> None:
    opened = failing(FAILURES)
    assert opened.left_alone(NOW + SHORTEST - SECOND) == {"r"}
    assert opened.left_alone(NOW + SHORTEST) == set()
    assert opened.is_resting("r"), "half open: one at a time"


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.LATER])
def test_whatever_is_no_failure_closes_it(outcome: Outcome) -> None:
    opened = failing(FAILURES)
    opened.note("r", outcome, NOW + SHORTEST)
    assert not opened.is_resting("r")
    for _ in range(FAILURES - 1):
        opened.note("r", Outcome.LATER, NOW + SHORTEST)
    assert opened.left_alone(NOW + SHORTEST) == set(), "it counts from the beginning"


def test_each_failed_probe_doubles_the_rest_up_to_the_longest() -> None:
    opened, now, rests = failing(FAILURES), NOW + SHORTEST, []
    for _ in range(7):
        opened.note("r", Outcome.LATER, now)
        rest = SHORTEST
        while opened.left_alone(now + rest):
            rest += SECOND
        rests.append(rest)
        now += rest
    assert rests == [min(SHORTEST * 2**n, LONGEST) for n in range(1, 8)]


def test_failures_of_messages_that_were_still_in_hand_lengthen_nothing() -> None:
    opened = failing(FAILURES + 3)
    assert opened.left_alone(NOW + SHORTEST) == set()


def test_one_receivers_failures_are_no_other_ones() -> None:
    opened = failing(FAILURES)
    opened.note("s", Outcome.LATER, NOW)
    assert opened.left_alone(NOW) == {"r"}


def test_it_remembers_so_many_receivers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    made = failing(FAILURES)
    for number in range(1_000):
        made.note(f"r{number}", Outcome.LATER, NOW)
    assert len(made._circuits) == 100
    assert made.left_alone(NOW) == set(), "the oldest is forgotten"


class Circuit(RuleBasedStateMachine):
    """One receiver beside a plain model: messages are taken as the sender does, and end in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now = Breaker(), NOW
        self.in_hand = 0
        self.failures = 0
        self.rest = SHORTEST
        self.opened_at: datetime | None = None

    @property
    def half_open(self) -> bool:
        return self.opened_at is not None and self.now >= self.opened_at + self.rest

    @rule(seconds=st.integers(0, 1_200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def take(self) -> None:
        """As Sender does: none of a receiver left alone, one of one that rests, four of others."""
        most = 1 if self.breaker.is_resting("r") else 4
        if "r" in self.breaker.left_alone(self.now) or self.in_hand >= most:
            return
        assert not self.half_open or self.in_hand == 0, "one probe at a time"
        self.in_hand += 1

    @rule(outcome=st.sampled_from(list(Outcome)))
    def end(self, outcome: Outcome) -> None:
        if not self.in_hand:
            return
        self.in_hand -= 1
        was_half_open = self.half_open
        self.breaker.note("r", outcome, self.now)
        if outcome is not Outcome.LATER:
            self.failures, self.rest, self.opened_at = 0, SHORTEST, None
            return
        self.failures += 1
        if self.failures >= FAILURES:
            self.rest = min(self.rest * 2, LONGEST) if was_half_open else self.rest
            self.opened_at = self.now

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        is_open = self.opened_at is not None
        assert self.breaker.is_resting("r") == is_open
        assert bool(self.breaker.left_alone(self.now)) == (is_open and not self.half_open)
        assert SHORTEST <= self.rest <= LONGEST
        assert not self.breaker.left_alone(self.now + LONGEST), "nobody is left alone for longer"
        assert len(self.breaker._circuits) <= 1


TestCircuit = Circuit.TestCase
