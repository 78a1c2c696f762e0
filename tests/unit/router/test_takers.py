"""What is answered kind by kind is what a decision about each lead would say."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events.words import HoldReason
from router.domain.decision import RoutableLead, decide
from router.domain.eligibility import Eligible
from router.domain.imports import ImportTerms
from router.domain.needs import Needs
from router.domain.pool import Pool
from router.domain.roster import Load
from router.domain.takers import able_by_the_sun, able_now, is_unmet
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep

NAMES = ("ana", "bea", "carla", "dora")
EVENING = {"tz": "UTC", "week": {"tue": [["14:00", "20:00"]]}}
some = st.frozensets(st.sampled_from(["es", "it", "pt"]), max_size=2)
reps = st.fixed_dictionaries(
    {
        "weight": st.integers(0, 2),
        "capacity": st.integers(0, 2),
        "is_active": st.booleans() | st.just(True),
        "lines": st.sampled_from([frozenset({"main"}), frozenset({"training"})]),
        "languages": some,
        "skills": some,
        "per_day": st.none() | st.integers(1, 2),
    },
    optional={"hours": st.just(EVENING)},
)
loads = st.builds(Load, open=st.integers(0, 2), today=st.integers(0, 2))
matches = st.sampled_from(["ignored", "preferred", "required"])
needs = st.builds(Needs, some, matches, some, matches)
leads = st.builds(
    RoutableLead,
    st.just(LEAD),
    st.just("main"),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["declined", "timed_out"]), max_size=3),
    needs=needs,
    since=st.sampled_from([NOW, NOW - timedelta(minutes=20)]),
)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    given = {name: draw(reps) for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))}
    made = [make_rep(name, **dict(fields)) for name, fields in sorted(given.items())]
    strategy = draw(st.sampled_from(["weighted_round_robin", "account_owner"]))
    return make_pool(*made, load={name: draw(loads) for name in given}, strategy=strategy)


@settings(max_examples=400, deadline=None)
@given(pools(), leads)
def test_who_could_take_a_lead_is_whom_a_decision_would_choose_from(pool: Pool, lead: RoutableLead) -> None:
    decision = decide(pool, lead, NOW)
    found = set(able_now(pool, lead, NOW))
    assert (decision.rep is not None) == bool(found)
    assert decision.rep is None or decision.rep.id in found
    if pool.terms.strategy != "account_owner":
        assert (decision.hold_reason is HoldReason.NEEDS_UNMET) == (is_unmet(pool, lead, NOW) and not found)


@settings(max_examples=400, deadline=None)
@given(pools(), pools(), leads)
def test_after_the_sun_it_is_whom_the_first_pool_with_somebody_at_work_has(
    north: Pool, south: Pool, lead: RoutableLead
) -> None:
    here = decide(north, lead, NOW)
    there = decide(south, lead, NOW) if here.follows_the_sun else None
    chosen = here.rep or (there.rep if there is not None else None)
    assert bool(list(able_by_the_sun([north, south], lead, NOW))) == (chosen is not None)


@settings(max_examples=400, deadline=None)
@given(pools(), needs, st.none() | st.sampled_from([ImportTerms(), ImportTerms(owner="ana")]))
def test_what_is_worked_out_for_needs_is_what_a_look_at_every_rep_finds(
    pool: Pool, needs: Needs, terms: Any
) -> None:
    kind = RoutableLead(LEAD, "main", terms=terms, needs=needs, since=NOW).kind(strict=True)
    quick, slow = pool.eligible(kind, NOW), Eligible.of(pool, kind, NOW)
    assert (quick.codes, quick.able) == (slow.codes, slow.able)
