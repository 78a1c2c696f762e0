"""What follows when a promise runs out, and who is told."""

from dataclasses import replace

import pytest

from lead_events.words import TimerKind
from router.domain.breaches import AfterBreach, Because, Breached, Followed, after_breach
from rulebook.models import SalesSide

SALES = SalesSide(promises={}, max_rounds=3)
BOTH = SALES.model_copy(update={"reassign_on_response_breach": True})
NONE = SALES.model_copy(update={"reassign_on_accept_breach": False})
ACCEPT = Breached(TimerKind.ACCEPT, 1, is_answered=False, team_lead="rosa", fallback_lead="marta")
RESPONSE = replace(ACCEPT, kind=TimerKind.FIRST_RESPONSE)
GOES = Followed(AfterBreach.REASSIGN, Because.AGREED)


def told(because: Because) -> Followed:
    return Followed(AfterBreach.TELL_TEAM_LEAD, because, "rosa")


def left(because: Because) -> Followed:
    return Followed(AfterBreach.LEAVE, because)


@pytest.mark.parametrize(
    ("sentence", "breach", "sales", "expected"),
    [
        ("nobody said yes in time: somebody else", ACCEPT, SALES, GOES),
        ("unless the agreement says no", ACCEPT, NONE, told(Because.NOT_AGREED)),
        ("the last round is the team lead's", replace(ACCEPT, round=3), SALES, told(Because.LAST_ROUND)),
        ("so is any above it", replace(ACCEPT, round=9), SALES, told(Because.LAST_ROUND)),
        ("the one before goes on", replace(ACCEPT, round=2), SALES, GOES),
        ("a locked lead stays", replace(ACCEPT, is_locked=True), SALES, told(Because.LOCKED)),
        ("said yes meanwhile", replace(ACCEPT, is_answered=True), SALES, left(Because.ACT_MEANWHILE)),
        ("new hours gave time", replace(ACCEPT, had_full_time=False), SALES, left(Because.TIME_LEFT)),
        (
            "new hours gave time to keep another promise",
            replace(ACCEPT, kind=TimerKind.OUTCOME, had_full_time=False),
            SALES,
            left(Because.TIME_LEFT),
        ),
        ("nobody else could", replace(ACCEPT, others_could=False), SALES, told(Because.NOBODY_ELSE)),
        ("an accepted lead stays, and is told of", RESPONSE, SALES, told(Because.NOT_AGREED)),
        ("unless the agreement passes it on", RESPONSE, BOTH, GOES),
        ("never beyond the last round", replace(RESPONSE, round=3), BOTH, told(Because.LAST_ROUND)),
        ("answered is answered", replace(RESPONSE, is_answered=True), BOTH, left(Because.ACT_MEANWHILE)),
        (
            "other promises move nothing",
            replace(ACCEPT, kind=TimerKind.NEXT_ATTEMPT),
            BOTH,
            told(Because.OTHER_PROMISE),
        ),
    ],
)
def test_a_breach_is_followed_as_the_agreement_says(
    sentence: str, breach: Breached, sales: SalesSide, expected: Followed
) -> None:
    assert after_breach(breach, sales) == expected, sentence


def test_a_breach_that_nobody_owns_goes_to_the_fallback_and_else_is_counted() -> None:
    orphan = replace(RESPONSE, team_lead=None)
    assert after_breach(orphan, SALES) == Followed(AfterBreach.TELL_FALLBACK, Because.NOT_AGREED, "marta")
    nobody = replace(orphan, fallback_lead=None)
    assert after_breach(nobody, SALES) == Followed(AfterBreach.UNOWNED, Because.NOT_AGREED)


def test_every_promise_is_followed_by_something_whatever_is_known() -> None:
    for kind in TimerKind:
        for answered in (True, False):
            followed = after_breach(Breached(kind, 1, is_answered=answered), SALES)
            assert followed.what is not AfterBreach.TELL_TEAM_LEAD
            assert followed.told is None
