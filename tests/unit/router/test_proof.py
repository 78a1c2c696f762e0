"""A record is enough to make its decision again."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.domain import proof as proofs
from router.domain.agreed import Answers
from router.domain.decision import Decision, RoutableLead, decide
from router.domain.pool import Pool
from router.domain.proof import candidates_of, choose_again, proof_of
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep

STRATEGIES = st.sampled_from(["weighted_round_robin", "least_loaded", "longest_idle", "value_fair"])


def kept(decision: Decision) -> tuple[dict[str, Any], list[Any]]:
    """The record and the set of candidates, as they come back from the store."""
    return json.loads(json.dumps(proof_of(decision))), json.loads(json.dumps(decision.pool.members.rows))


def hand_out(pool: Pool, values: Sequence[int], **lead: Any) -> None:
    """Hand out leads of these values, and make every decision again from its record alone."""
    for number, value in enumerate(values):
        now = NOW + timedelta(seconds=number)
        routable = RoutableLead(LEAD, "main", value=value, **lead)
        decision = decide(pool, routable, now)
        record, members = kept(decision)
        assert choose_again(record, members) == (decision.rep.id if decision.rep else None)
        if decision.rep is None:
            continue
        assert {each["rep"] for each in candidates_of(record, members)} >= {decision.rep.id}
        decision.give(routable, now)


@given(
    STRATEGIES,
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=9),
    st.lists(st.integers(1, 1000), min_size=1, max_size=40),
    st.booleans(),
)
def test_every_decision_can_be_made_again_from_its_record(
    strategy: Any, reps: list[tuple[int, int]], values: list[int], aware: bool
) -> None:
    made = [
        make_rep(f"r{number}", weight=weight, capacity=capacity)
        for number, (weight, capacity) in enumerate(reps)
    ]
    pool = make_pool(*made, strategy=strategy, deadline_aware=aware)
    hand_out(pool, values, answers=Answers(timedelta(minutes=30)))


@given(STRATEGIES, st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_of_a_large_pool_a_digest_and_the_nearest_are_enough(strategy: Any, values: list[int]) -> None:
    made = [make_rep(f"r{number:03}", weight=1 + number % 3, capacity=2) for number in range(201)]
    pool = make_pool(*made, strategy=strategy)
    record, _ = kept(decide(pool, RoutableLead(LEAD, "main"), NOW))
    assert record["proof"] == "digest"
    assert proofs.NEAREST <= len(record["nearest"]) <= proofs.NEAREST + 3
    hand_out(pool, values)


def test_a_record_holds_nothing_of_the_buyer_and_stays_small() -> None:
    pool = make_pool(*(make_rep(f"rep-{number:03}") for number in range(200)))
    record, members = kept(decide(pool, RoutableLead(LEAD, "main"), NOW))
    assert record["proof"] == "full"
    assert len(members) == 200
    assert len(json.dumps(record)) < 4000
    assert set(record) == {"members", "strategy", "answer_at", "proof", "standings", "open", "numbers"}


def test_a_lead_of_another_pool_counts_between_equal_levels() -> None:
    pool = make_pool(*(make_rep(name) for name in ("ana", "ben", "cem")), strategy="value_fair")
    hand_out(pool, [100])
    pool.loads["ben"].take(NOW + timedelta(minutes=1), imported=False)
    pool.look_again("ben")
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW + timedelta(minutes=2))
    record, members = kept(decision)
    assert decision.rep is not None
    assert choose_again(record, members) == decision.rep.id == "cem"
