"""What sales did with a lead, from its facts alone."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from lead_events.words import Contact, ProgressKind, RoutedKind
from rulebook.models import Promise
from sla_monitor.domain.facts import Detail, Fact, in_order
from sla_monitor.ledger.standing import Standing, WorkTerms, standing_of, work_terms
from tests.unit.sla_monitor.samples import START, acted, assigned, fact

THREE_TRIES = WorkTerms(3, timedelta(hours=8))


def _at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def _standing(*facts: Fact, terms: WorkTerms | None = THREE_TRIES) -> Standing:
    return standing_of(
        in_order(facts), terms_of=lambda _: terms, due_of=lambda opened, length: opened.at + length
    )


def _tried(seq: int, minutes: float, round_: int = 1) -> Fact:
    return fact(seq, ProgressKind.CONTACTED, minutes, round_, contact=Contact.ATTEMPT)


def _outcome(seq: int, minutes: float, **detail: Any) -> Fact:
    return fact(seq, ProgressKind.OUTCOME, minutes, detail=Detail(**detail))


@pytest.mark.parametrize(
    ("facts", "worked", "why"),
    [
        ([assigned(1)], None, "nothing was done"),
        ([assigned(1), acted(2, "accepted", 5)], None, "to accept is not to work"),
        ([assigned(1), acted(2, "contacted", 5)], 5, "a conversation says accepted and answered"),
        ([assigned(1), _outcome(2, 6, result="meeting")], 6, "an outcome says so too"),
        ([assigned(1), _tried(2, 5), _tried(3, 6)], None, "two of three tries are not all"),
        ([assigned(1), _tried(2, 5), _tried(3, 6), _tried(4, 7)], 7, "the last agreed try"),
        (
            [assigned(1), _tried(2, 5), _tried(3, 6), assigned(4, 8, 2), _tried(5, 9, 2)],
            9,
            "tries of all rounds count",
        ),
        ([assigned(1), acted(2, "rejected", 5)], None, "given back without a word to the buyer"),
    ],
)
def test_a_lead_is_worked_at_the_first_moment_by_which_all_is_done(
    facts: list[Fact], worked: float | None, why: str
) -> None:
    assert _standing(*facts).worked_at == (None if worked is None else _at(worked)), why


def test_one_contact_will_do_where_no_tries_are_agreed() -> None:
    assert _standing(assigned(1), _tried(2, 5), terms=WorkTerms()).worked_at == _at(5)


def test_tries_do_not_count_while_the_rulebook_of_the_handoff_is_unknown() -> None:
    assert _standing(assigned(1), _tried(2, 5), terms=None).worked_at is None


@pytest.mark.parametrize(
    ("promise", "expected", "why"),
    [
        ({"attempts": {"count": 4, "within": "3d"}, "outcome_within": "5d"}, (4, 72), "the tries come first"),
        ({"outcome_within": "5d", "first_response_within": "1h"}, (1, 120), "then the outcome"),
        ({"first_response_within": "1h"}, (1, 1), "then the first response"),
        ({"accept_within": "1h"}, (1, None), "to accept is no work"),
    ],
)
def test_the_time_to_be_worked_is_that_of_the_longest_promise(
    promise: dict[str, Any], expected: tuple[int, float | None], why: str
) -> None:
    terms = work_terms(Promise.model_validate(promise))
    hours = terms.within and terms.within.total_seconds() / 3600
    assert (terms.tries, hours) == expected, why


def test_the_time_to_be_worked_runs_from_the_last_handoff() -> None:
    found = _standing(assigned(1), assigned(2, 60, 2))
    assert (found.handed_at, found.work_due_at, found.rep_id) == (_at(0), _at(60 + 480), "rep-2")


@pytest.mark.parametrize(
    ("facts", "won", "minor", "lost", "why"),
    [
        ([_outcome(2, 5, result="won", value_minor=7, currency="EUR")], 5, 7, None, "won once"),
        (
            [
                _outcome(2, 5, result="won", value_minor=7, currency="EUR"),
                _outcome(3, 6, result="won", value_minor=9, currency="EUR"),
            ],
            5,
            9,
            None,
            "an amount that was put right stays in the month of the win",
        ),
        (
            [_outcome(2, 5, result="won", value_minor=7, currency="EUR"), _outcome(3, 6, result="won")],
            5,
            7,
            None,
            "a win told again without an amount keeps the one told",
        ),
        (
            [_outcome(2, 5, result="won", value_minor=7, currency="EUR"), _outcome(3, 6, result="lost")],
            None,
            None,
            6,
            "the last word counts",
        ),
        ([_outcome(2, 5, result="meeting")], None, None, None, "a meeting is neither"),
    ],
)
def test_won_and_lost_are_the_last_word(
    facts: list[Fact], won: float | None, minor: int | None, lost: float | None, why: str
) -> None:
    found = _standing(assigned(1), *facts)
    assert found.won_at == (None if won is None else _at(won)), why
    assert found.won_minor == minor, why
    assert found.lost_at == (None if lost is None else _at(lost)), why


def test_what_was_given_back_is_what_ended_it() -> None:
    back = fact(
        2, ProgressKind.REJECTED, 5, detail=Detail(code="duplicate", proof="proved", evidence="crm-1")
    )
    closed = fact(3, RoutedKind.CLOSED, 6, reason="rejected")
    given = _standing(assigned(1), back, closed).given
    assert given is not None
    assert (given.fact, given.code, given.evidence, given.rep_id) == (back.id, "duplicate", "crm-1", "rep-1")
    assert _standing(assigned(1), back, assigned(4, 9, 2)).given is None
    told_before_codes_were = fact(2, ProgressKind.REJECTED, 5, reason="duplicate")
    assert (_standing(assigned(1), told_before_codes_were).given or given).code == "duplicate"


@pytest.mark.parametrize("seed", range(20))
def test_a_standing_is_the_same_in_any_order_of_arrival(seed: int) -> None:
    rng = random.Random(seed)
    facts = [
        assigned(1),
        _tried(2, 5),
        acted(3, "declined", 6),
        assigned(4, 8, 2),
        _tried(5, 9, 2),
        acted(6, "contacted", 10, 2),
        _outcome(7, 11, result="opportunity"),
        _outcome(8, 12, result="won", value_minor=7, currency="EUR"),
    ]
    expected = _standing(*facts)
    rng.shuffle(facts)
    assert _standing(*facts) == expected
