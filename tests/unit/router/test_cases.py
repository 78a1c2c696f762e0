"""Assignment cases from other systems' public tests, where the folder stands beside the repository.

Of those that hinge on a policy of their system the part that holds for anyone is asked.
"""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lead_events import Cause, Journey, LeadScored, Profile, Score
from lead_events.words import CauseKind, CloseReason, Quadrant, Stage
from router.domain.book import FALLBACK, Book
from router.domain.decision import RoutableLead, decide
from router.domain.leads import Handoff, Lead, LeadState, Scored, apply_scored
from router.domain.pool import Pool, Terms
from router.domain.roster import Load
from rulebook.identity import identity_keys
from rulebook.normalise import read_email
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep, route_all
from tests.unit.router.test_plans import book as plan_book
from tests.unit.router.test_rules_and_words import book, context

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "assignment.json"
Case = dict[str, Any]


def case_of(identity: str) -> Case:
    if not CASES.is_file():
        pytest.skip("the cases are not beside the repository: ../shared/cases/assignment.json")
    cases: list[Case] = json.loads(CASES.read_text())["cases"]
    return next(case for case in cases if case["id"] == identity)


def owners(pool: Pool, leads: int, **lead: Any) -> list[str | None]:
    return [each.rep.id if each.rep else None for each in route_all(pool, leads, NOW, **lead)]


def pool_of(given: dict[str, Any], **more: Any) -> Pool:
    """A pool as a case gives it: `eligible` are at work, `(inactive)` is said of who is not."""
    weights, eligible = given.get("weights", {}), given.get("eligible")
    reps = []
    for named in given["pool"]:
        name = named.removesuffix("(inactive)")
        active = name == named and (eligible is None or name in eligible)
        reps.append(make_rep(name, weight=weights.get(name, 1), is_active=active, **more))
    return make_pool(*reps)


@pytest.mark.parametrize("identity", ["as-07", "as-12", "as-14", "as-16", "as-17", "as-25", "as-26", "as-37"])
def test_turns_of_another_system(identity: str) -> None:
    case = case_of(identity)
    given, expected = case["given"], case["expected"]
    leads = sum(given["calls"]) if "calls" in given else given.get("leads", given.get("batch", 1))
    found = owners(pool_of(given), leads)
    counts = Counter(found)
    assert expected.get("counts", counts) == counts
    assert expected.get("owners", found) == found
    if "max_count_difference" in expected:
        assert max(counts.values()) - min(counts.values()) <= expected["max_count_difference"]
        assert sorted(counts.values()) == expected["counts_sorted"]
    if "owners_differ" in expected:
        assert len(set(found)) == len(found)


def test_weights_of_another_system_are_kept_within_one_lead() -> None:
    given = case_of("as-06")["given"]
    counts, total = Counter(owners(pool_of(given), given["leads"])), sum(given["weights"].values())
    assert all(abs(counts[rep] - given["leads"] * w / total) < 1 for rep, w in given["weights"].items())


def test_freed_capacity_is_refilled_first() -> None:
    case = case_of("as-05")
    given, expected = case["given"], case["expected"]
    pool = make_pool(*map(make_rep, given["pool"]), load=given["open"], strategy="least_loaded")
    counts = Counter(owners(pool, given["leads"]))
    assert {rep: counts[str(rep)] for rep in given["pool"]} == expected["counts_new"]
    assert {rep: load.open for rep, load in pool.loads.items()} == expected["open_after"]


def test_a_form_without_session_is_assigned_and_its_sender_is_nobodys_favourite() -> None:
    assert owners(pool_of(case_of("as-08")["given"]), 1) != [None]
    given = case_of("as-15")["given"]
    counts = Counter(owners(pool_of(given), given["batch"]))
    assert max(counts.values()) - min(counts.values()) <= 1


def test_an_inactive_rep_gets_nothing() -> None:
    given = case_of("as-11")["given"]
    assert owners(pool_of(given), len(given["leads_current_owner"])) == case_of("as-11")["expected"]["owners"]


def test_members_who_left_the_pool_are_forgotten() -> None:
    given = case_of("as-24")["given"]
    former = make_pool(*map(make_rep, given["stored_order"]))
    owners(former, 7)
    chooser = former.chooser
    pool = make_pool(*map(make_rep, given["pool"]))
    pool.chooser = chooser
    found = owners(pool, 2 * len(given["pool"]))
    assert Counter(found) == dict.fromkeys(given["pool"], 2)


def a_day(per_day: int, given_today: int) -> Pool:
    load = Load(open=given_today, today=given_today)
    return make_pool(make_rep("A", per_day=per_day), load={"A": load})


def test_a_limit_frees_when_its_day_has_passed() -> None:
    """That the store counts anew from midnight on is asked in tests/integration/router/test_held_bound.py."""
    given = case_of("as-19")["given"]
    pool = a_day(given["limit_per_window"], 0)
    assert owners(pool, 3) == ["A", "A", None]
    tomorrow = a_day(given["limit_per_window"], 0)
    decision = decide(tomorrow, RoutableLead(LEAD, "main"), NOW + timedelta(days=1))
    assert decision.rep is not None


@pytest.mark.parametrize("identity", ["as-22", "as-30", "as-31"])
def test_at_or_past_the_limit_a_lead_stays_and_is_seen(identity: str) -> None:
    given = case_of(identity)["given"]
    limit = given.get("limit_per_window") or 1
    count = given.get("count_in_window") or next(iter(given["assigned_last_24h"].values()))
    assert owners(a_day(limit, count), 1) == [None]


def test_best_leads_first_when_places_are_few() -> None:
    given = case_of("as-28")["given"]
    quadrant = {97: Quadrant.PERFECT, 60: Quadrant.WARM, 50: Quadrant.CURIOUS}
    leads = [
        Lead(UUID(int=number + 1), line="main", quadrant=quadrant.get(each, Quadrant.COLD), received_at=NOW)
        for number, each in enumerate(given["lead_probabilities"])
    ]
    best_first = sorted(leads, key=Lead.place_in_line)
    taken = best_first[: given["reps"]["m3"]["daily_quota"]]
    expected = case_of("as-28")["expected"]["assigned_probabilities"]
    indexes = [given["lead_probabilities"].index(each) for each in expected]
    assert [lead.id.int - 1 for lead in taken] == indexes


def test_quotas_are_never_passed_and_the_rest_waits() -> None:
    case = case_of("as-29")
    quotas = case["expected"]["counts"]
    pool = make_pool(*(make_rep(name, per_day=quota) for name, quota in quotas.items()))
    counts = Counter(owners(pool, case["given"]["leads"]))
    assert {name: counts[name] for name in quotas} == quotas
    assert counts[None] == case["expected"]["unassigned"]


def specialists(reps: dict[str, Any]) -> tuple[Book, dict[str, Pool]]:
    """A plan that sends tagged leads to all, who has the tag first, and the others to the rest."""
    tag: frozenset[str] = frozenset({"tagged"})
    skilled = {name: tag if "prefers" in each else frozenset() for name, each in reps.items()}
    rest = [name for name, skills in skilled.items() if not skills]
    made = plan_book(
        [
            {"id": "tagged", "when": "lead.company == 'tagged'", "pool": "everybody"},
            {"id": "plain", "when": "lead.company == 'plain'", "pool": "others"},
        ],
        pools={
            "everybody": {
                "name": "Everybody", "reps": list(reps), "skills": ["tagged"], "skills_match": "preferred",
                "strategy": "least_loaded",
            },
            "others": {"name": "Others", "reps": rest, "strategy": "least_loaded"},
        },
    )  # fmt: skip
    people = {name: make_rep(name, capacity=each["cap"], skills=skilled[name]) for name, each in reps.items()}
    loads = {name: Load() for name in people}
    return made, {
        name: Pool.with_reps(name, name, [people[each] for each in pool.reps], loads, Terms.of(pool))
        for name, pool in made.pools.items()
        if name in ("everybody", "others")
    }


def test_specialists_get_their_own_and_everybody_is_served() -> None:
    """A tagged lead waits ten minutes for who has the tag, and then goes to whoever has a place."""
    case = case_of("as-32")
    given, received = case["given"], Counter[tuple[str, str]]()
    made, pools = specialists(given["reps"])
    waiting = [kind for kind, number in given["leads"].items() for _ in range(number)]
    for now in (NOW, NOW + timedelta(minutes=10)):
        coming, waiting = waiting, []
        for kind in coming:
            choice = made.choose_pool("main", context(company=kind))
            pool = pools[choice.pool or ""]
            lead = RoutableLead(LEAD, "main", needs=choice.needs, since=NOW)
            decision = decide(pool, lead, now)
            if decision.rep is None:
                waiting.append(kind)
                continue
            decision.give(lead, now)
            for other in pools.values():
                if other is not pool:
                    other.look_again(decision.rep.id)
            received[decision.rep.id, kind] += 1
    assert waiting == []
    totals = {rep: received[rep, "tagged"] + received[rep, "plain"] for rep in given["reps"]}
    assert totals == case["expected"]["counts"]
    assert received["m1", "plain"] == 0


def test_a_rule_that_does_not_hold_chooses_nobody_and_the_first_that_does_stops() -> None:
    assert case_of("as-09")["given"]["condition"] == "not met"
    unmet = book([{"id": "no", "when": "score.fit > 90", "pool": "one"}])
    assert unmet.choose_pool("main", context()).rule == FALLBACK
    assert book([]).choose_pool("other", context()).pool is None
    rules = [{"id": "first", "when": "true", "pool": "one"}, {"id": "second", "when": "true", "pool": "two"}]
    made: Book = book(rules)
    assert case_of("as-39")["expected"]["owners"] == ["A"]
    assert made.choose_pool("main", context()).pool == "one"


def test_a_direct_rule_takes_the_first_of_the_pool() -> None:
    case = case_of("as-38")
    assert owners(pool_of(case["given"]), 1) == case["expected"]["owners"]


@pytest.mark.parametrize("how", [CloseReason.WON, CloseReason.LOST])
def test_what_is_won_lost_or_owned_is_left_alone(how: CloseReason) -> None:
    assert set(case_of("as-35")["given"]["leads"]) == {"won", "lost", "open", "owned by X"}
    over = Lead(LEAD, state=LeadState.CLOSED, close_reason=how)
    assert apply_scored(over, scored(), NOW, asks=True) is Scored.LATE_ASK
    owned = Lead(LEAD, state=LeadState.ASSIGNED, handoff=Handoff(LEAD, "x", "north", 1, NOW, 1))
    assert apply_scored(owned, scored(), NOW, asks=True) is Scored.ASKED_AGAIN
    assert owned.handoff is not None
    assert owned.handoff.rep == "x"


def test_a_duplicate_joins_the_lead_and_its_owner() -> None:
    """Scoring knows the person by the address whatever stands around it; the lead stays where it is."""
    case = case_of("as-36")
    existing, expected = case["given"]["existing"], case["expected"]
    addresses = [existing["email"], case["given"]["new"]["email"]]
    found = {identity_keys({"email": read_email(each).value})[0] for each in addresses}
    assert len(found) == expected["leads_left"]
    handoff = Handoff(LEAD, existing["owner"], existing["team"], 1, NOW, 1)
    lead = Lead(LEAD, state=LeadState.ASSIGNED, handoff=handoff)
    assert apply_scored(lead, scored(), NOW, asks=True) is Scored.ASKED_AGAIN
    assert (handoff.rep, handoff.pool) == (expected["owner"], expected["team"])
    assert lead.handoff is handoff


def scored() -> LeadScored:
    return LeadScored(
        lead_id=LEAD,
        person_id=LEAD,
        line="main",
        seq=2,
        cause=Cause(id=LEAD, kind=CauseKind.SUBMISSION, at=NOW),
        profile=Profile(email="buyer@example.com"),
        form_id="demo",
        source="website",
        score=Score(fit=80, interest=70),
        quadrant=Quadrant.PERFECT,
        stage=Stage.SQL,
        journey=Journey(received_at=NOW, durable_at=NOW, scored_at=NOW),
        submissions=2,
        rulebook_version=1,
    )


def test_every_case_is_accounted_for() -> None:
    case_of("as-05")
    text = Path(__file__).read_text()
    cases = json.loads(CASES.read_text())["cases"]
    missing = [case["id"] for case in cases if case["id"] not in text]
    assert not missing
