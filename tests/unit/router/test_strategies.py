"""Least loaded, longest idle and value-fair: what each promises."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.decision import RoutableLead, decide
from router.domain.pool import Pool
from router.domain.roster import Load
from router.domain.strategies.value_fair import Worth
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep, route_all


def owners(pool: Pool, leads: int, **lead: Any) -> list[str | None]:
    return [decision.rep.id if decision.rep else None for decision in route_all(pool, leads, NOW, **lead)]


def give_values(pool: Pool, values: list[int | None]) -> dict[str, int]:
    """Hand out leads of these values; what each rep was handed."""
    handed: Counter[str] = Counter()
    for number, value in enumerate(values):
        lead = RoutableLead(LEAD, "main", value=value)
        decision = decide(pool, lead, NOW + timedelta(seconds=number))
        assert decision.rep is not None
        decision.give(lead, NOW + timedelta(seconds=number))
        handed[decision.rep.id] += value or 0
    return dict(handed)


def test_least_loaded_refills_freed_places_first() -> None:
    pool = make_pool(
        make_rep("a"), make_rep("b"), make_rep("c"), load={"a": 5, "b": 10, "c": 10}, strategy="least_loaded"
    )
    assert owners(pool, 5) == ["a"] * 5


def test_least_loaded_counts_open_leads_for_the_weight() -> None:
    pool = make_pool(make_rep("a", weight=3), make_rep("b"), strategy="least_loaded")
    assert Counter(owners(pool, 40)) == {"a": 30, "b": 10}


def test_between_equally_loaded_reps_the_longest_idle_goes_first() -> None:
    pool = make_pool(
        make_rep("a"),
        make_rep("b"),
        load={
            "a": Load(open=2, last_assigned_at=NOW),
            "b": Load(open=2, last_assigned_at=NOW - timedelta(1)),
        },
        strategy="least_loaded",
    )
    assert owners(pool, 1) == ["b"]


def test_longest_idle_begins_with_who_never_had_a_lead_and_goes_round() -> None:
    pool = make_pool(
        make_rep("a"),
        make_rep("b"),
        make_rep("c"),
        load={
            "a": Load(last_assigned_at=NOW - timedelta(hours=3)),
            "c": Load(last_assigned_at=NOW - timedelta(hours=1)),
        },
        strategy="longest_idle",
    )
    assert owners(pool, 3) == ["b", "a", "c"]


def test_value_fair_balances_money_and_not_numbers() -> None:
    pool = make_pool(make_rep("a"), make_rep("b"), strategy="value_fair")
    handed = give_values(pool, [900, 100, 100, 100, 100, 100, 100, 100, 100, 100])
    assert handed == {"a": 900, "b": 900}


def test_a_lead_of_unknown_value_counts_as_a_mean_one() -> None:
    pool = make_pool(make_rep("a"), make_rep("b"), strategy="value_fair")
    give_values(pool, [100, None])
    assert pool.chooser.owed("a") == pool.chooser.owed("b")


def test_who_comes_back_starts_where_the_others_are_and_is_not_flooded() -> None:
    known = Worth({"a": 0.0, "b": 50_000.0, "c": 50_100.0}, floor=50_000.0, mean=100.0)
    pool = make_pool(make_rep("a"), make_rep("b"), make_rep("c"), memory=known, strategy="value_fair")
    handed = give_values(pool, [100] * 9)
    assert handed["a"] <= 400


def test_who_comes_back_makes_up_for_five_mean_leads_where_the_pool_lets_them() -> None:
    known = Worth({"a": 0.0, "b": 50_000.0, "c": 50_000.0}, floor=50_000.0, mean=100.0)
    pool = make_pool(
        make_rep("a"), make_rep("b"), make_rep("c"), memory=known, strategy="value_fair", catch_up=True
    )
    assert give_values(pool, [100] * 6)["a"] == 500


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=7),
    st.lists(st.integers(1, 1_000_000), min_size=1, max_size=120),
)
def test_value_handed_out_differs_by_one_largest_lead_for_the_smaller_weight_at_most(
    weights: list[int], values: list[int]
) -> None:
    reps = [make_rep(f"r{number}", weight=weight) for number, weight in enumerate(weights)]
    pool = make_pool(*reps, strategy="value_fair")
    handed = give_values(pool, list(values))
    shares = {rep.id: handed.get(rep.id, 0) / rep.weight for rep in reps}
    for one in reps:
        for other in reps:
            bound = max(values) / min(one.weight, other.weight)
            assert shares[one.id] - shares[other.id] <= bound + 1e-6


@given(
    st.lists(st.sampled_from([1, 2, 99, 100]), min_size=1, max_size=6),
    st.lists(st.sampled_from([None, -(10**9), -1, 0, 1, 10**4, 10**12]), min_size=1, max_size=80),
)
def test_no_value_and_no_weight_is_too_odd_and_who_has_none_gets_nothing(
    weights: list[int], values: list[int | None]
) -> None:
    """No value, 0 or less counts as a mean lead: the bound holds of what leads count for."""
    reps = [make_rep(f"r{number}", weight=weight) for number, weight in enumerate(weights)]
    pool = make_pool(*reps, make_rep("none", weight=0), strategy="value_fair")
    counted = dict.fromkeys([*(rep.id for rep in reps), "none"], 0.0)
    worth, largest = Worth(), 0.0
    for number, value in enumerate(values):
        counts = worth.of(value)
        lead, now = RoutableLead(LEAD, "main", value=value), NOW + timedelta(seconds=number)
        decision = decide(pool, lead, now)
        assert decision.rep is not None
        decision.give(lead, now)
        counted[decision.rep.id] += counts
        worth, largest = Worth(mean=worth.smoothed(value)), max(largest, counts)
    assert counted["none"] == 0
    shares = {rep.id: counted[rep.id] / rep.weight for rep in reps}
    for one in reps:
        for other in reps:
            bound = largest / min(one.weight, other.weight)
            assert shares[one.id] - shares[other.id] <= bound * (1 + 1e-9) + 1e-6


@pytest.mark.parametrize("strategy", ["weighted_round_robin", "least_loaded", "longest_idle", "value_fair"])
@given(
    leads=st.integers(1, 40), changes=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 4)), max_size=8)
)
def test_a_load_that_changes_meanwhile_is_seen(
    strategy: str, leads: int, changes: list[tuple[int, int]]
) -> None:
    """Kept up rep by rep, a pool decides as one that is looked at anew before every lead."""
    reps = [make_rep(f"r{number}", capacity=5 + number) for number in range(5)]
    kept = make_pool(*reps, strategy=strategy)
    memory_free = strategy in ("least_loaded", "longest_idle")
    for number in range(leads):
        for at, who in changes:
            load = kept.loads[f"r{who}"]
            if at == number and load.open:
                load.open -= 1
                kept.look_again(f"r{who}")
        now = NOW + timedelta(seconds=number)
        lead = RoutableLead(LEAD, "main")
        decision = decide(kept, lead, now)
        if memory_free:
            fresh = Pool.with_reps("north", "North", reps, kept.loads, kept.terms)
            again = decide(fresh, lead, now)
            assert (again.rep, again.codes, list(again.opens)) == (
                decision.rep,
                decision.codes,
                list(decision.opens),
            )
        if decision.rep is not None:
            assert kept.loads[decision.rep.id].open < decision.rep.capacity
            decision.give(lead, now)
