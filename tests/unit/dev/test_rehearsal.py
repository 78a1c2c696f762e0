"""A rehearsal's plan is told by its rows alone, and whatever differs from it is named."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest

from baton_dev.comparison import compare, render
from baton_dev.planting import (
    DUPLICATES,
    REFUSED,
    Plan,
    PlanImpossible,
    Planted,
    Shares,
    Target,
    default_email_column,
    make_plan,
)
from baton_dev.posting import Answer, Posted
from baton_dev.reckoning import Outcome

ROWS = [{"Number": str(4000 + number), "City": "Cádiz", "Country": "ES"} for number in range(200)]
FORM: dict[str, Any] = {
    "key": "made-up",
    "fields": {"email": {"from": ["mail"]}, "name": {"from": ["who"]}},
    "honeypot": "fax",
    "vendor_id": "Number",
    "lines": ["main", "training"],
}
TARGET = Target.of(FORM, list(ROWS[0]))


def plan_of(**shares: float) -> Plan:
    return make_plan(ROWS, TARGET, email_from="Number", shares=Shares(**shares), seed=7)


def as_planned(plan: Plan) -> tuple[Posted, Outcome]:
    """What clients hear and services say when all is well."""
    answers, outcome = [], Outcome(unaccounted=0, decided_after=1.0)
    for post in plan.posts:
        if post.status != 202:
            answers.append(Answer(post, post.status, None, 0.01))
            continue
        spam = post.planted is Planted.SPAM
        submission = _id(f"{'spam' if spam else 'lead'} {post.row}")
        answers.append(Answer(post, 202, submission, 0.01))
        if spam:
            outcome.submissions[submission] = {"state": "quarantined"}
            continue
        leads = [_id(f"{submission} {line}") for line in plan.lines]
        outcome.submissions[submission] = {"state": "opened", "lead_ids": [str(lead) for lead in leads]}
        for lead in leads:
            outcome.leads[lead] = {
                "quadrant": "warm",
                "stage": "sql",
                "profile": {"email": post.email.upper()},
            }
            outcome.routed[lead] = {"state": "held", "hold_reason": "no_capacity"}
    return Posted(tuple(answers), 1.0, 0), outcome


def differences(plan: Plan, posted: Posted, outcome: Outcome) -> list[str]:
    return compare(plan, posted, posted.submissions, outcome).differences


def test_every_row_is_posted_once_and_the_shares_are_planted() -> None:
    plan = plan_of(duplicates=5, spam=1, broken=4)
    assert plan.planted[Planted.LEAD] == 200
    assert (plan.duplicates, plan.planted[Planted.SPAM]) == (10, 2)
    assert {kind for kind in DUPLICATES if plan.planted[kind]} == set(DUPLICATES)
    assert sum(plan.planted[kind] for kind in REFUSED) == 8
    assert {kind for kind in REFUSED if plan.planted[kind]} == set(REFUSED)
    assert plan.as_json()["leads"] == 400
    assert plan == plan_of(duplicates=5, spam=1, broken=4)


def test_a_repeat_comes_after_its_original_and_carries_the_same() -> None:
    plan = plan_of(duplicates=50)
    first = {post.row: (place, post) for place, post in enumerate(plan.posts) if post.planted is Planted.LEAD}
    for place, post in enumerate(plan.posts):
        if post.planted in DUPLICATES:
            before, original = first[post.row]
            assert before < place
            assert (post.key, post.email) == (original.key, original.email)
            assert orjson.loads(post.body.lower()) == orjson.loads(original.body.lower())
            assert (post.body == original.body) is (post.planted is not Planted.OTHER_CASE)


def test_people_are_made_up_and_everything_else_stands_as_in_the_file() -> None:
    plan = plan_of(duplicates=0, spam=0, broken=0)
    emails = Counter(post.email for post in plan.posts)
    assert set(emails.values()) == {1}
    sent = orjson.loads(plan.posts[0].body)
    assert sent["mail"] == "lead-4000@example.com"
    assert sent["who"]
    assert {name: sent[name] for name in ROWS[0]} == ROWS[0]


def test_spam_fills_the_honeypot_and_borrows_no_vendors_id() -> None:
    (spam, _) = [post for post in plan_of(spam=1).posts if post.planted is Planted.SPAM]
    sent = orjson.loads(spam.body)
    assert sent["fax"]
    assert "Number" not in sent


def test_the_column_of_distinct_whole_numbers_makes_the_emails() -> None:
    assert default_email_column(ROWS) == "Number"
    assert default_email_column([{"City": "Cádiz", "Rooms": "3"}, {"City": "Lugo", "Rooms": "3"}]) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fields": {}}, "reads no e-mail"),
        ({"line_field": "Country"}, "chooses the lines"),
    ],
)
def test_a_form_that_cannot_be_planned_for_is_told(change: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanImpossible, match=says):
        Target.of(FORM | change, list(ROWS[0]))


def test_without_a_honeypot_no_spam_is_planted() -> None:
    bare = replace(TARGET, honeypot=None)
    with pytest.raises(PlanImpossible, match="honeypot"):
        make_plan(ROWS, bare, email_from="Number", shares=Shares(), seed=1)
    assert (
        make_plan(ROWS, bare, email_from="Number", shares=Shares(spam=0), seed=1).planted[Planted.SPAM] == 0
    )


def test_all_as_planned_differs_in_nothing() -> None:
    plan = plan_of()
    posted, outcome = as_planned(plan)
    result = compare(plan, posted, posted.submissions, outcome)
    assert result.differences == []
    assert "differs" not in render(result)


def test_a_lost_a_doubled_and_a_stray_lead_are_each_named() -> None:
    plan = plan_of()
    posted, outcome = as_planned(plan)
    lead = next(answer for answer in posted.answers if answer.post.planted is Planted.LEAD)
    assert lead.submission is not None
    lost = dict(outcome.submissions) | {lead.submission: {"state": "unknown"}}
    assert any(
        f"row {lead.post.row} became" in line for line in differences(plan, posted, _with(outcome, lost))
    )

    double = _id("a second submission of one post")
    again = replace(posted, answers=(*posted.answers, replace(lead, submission=double)))
    doubled = dict(outcome.submissions) | {double: {"state": "opened", "lead_ids": []}}
    assert any(
        f"row {lead.post.row} became" in line for line in differences(plan, again, _with(outcome, doubled))
    )

    first = next(iter(outcome.leads))
    outcome.leads[first] = outcome.leads[first] | {"profile": {"email": "somebody.else@example.com"}}
    assert any(str(first) in line for line in differences(plan, posted, outcome))


def test_a_sql_without_rep_or_reason_and_anything_unaccounted_is_named() -> None:
    plan = plan_of()
    posted, outcome = as_planned(plan)
    first = next(iter(outcome.routed))
    outcome.routed[first] = {"state": "held", "hold_reason": None}
    outcome.unaccounted = 3
    told = differences(plan, posted, outcome)
    assert f"lead {first} is held without a reason" in told
    assert "unaccounted: planned 0, the services say 3" in told


def test_a_wrong_answer_and_a_promise_missing_from_the_ledger_are_named() -> None:
    plan = plan_of()
    posted, outcome = as_planned(plan)
    answers = list(posted.answers)
    refused = next(place for place, answer in enumerate(answers) if answer.status == 400)
    answers[refused] = replace(answers[refused], status=500)
    told = differences(plan, replace(posted, answers=tuple(answers)), outcome)
    assert any("was answered 500 instead of 400" in line for line in told)
    forgetful = set(list(posted.submissions)[1:])
    assert compare(plan, posted, forgetful, outcome).differences == [
        "submissions nobody knows: planned 0, the services say 1"
    ]


def _id(name: str) -> UUID:
    return uuid5(UUID(int=3), name)


def _with(outcome: Outcome, submissions: dict[UUID, dict[str, Any]]) -> Outcome:
    return replace(outcome, submissions=submissions)
