"""Whether a try to reach the buyer is a first response is for the agreement to say."""

from dataclasses import replace
from uuid import UUID

import pytest

from lead_events.words import Contact, Quadrant, TimerKind
from rulebook.agreements import Agreed
from rulebook.models import Agreement
from sla_monitor.agreements import terms
from sla_monitor.domain.facts import Fact, in_order
from sla_monitor.domain.story import reconcile
from tests.unit.sla_monitor.samples import LEAD, TERMS, acted, around_the_clock, assigned

TALKS = replace(TERMS, only_talks_count=True)
TRIED = replace(acted(2, "contacted", 5), contact=Contact.ATTEMPT)
TALKED = replace(acted(3, "contacted", 9), contact=Contact.CONVERSATION)


@pytest.mark.parametrize(
    ("sentence", "only_talks", "facts", "response"),
    [
        ("a try is a response where any contact is", False, [TRIED], "kept"),
        ("a try is none where only a talk counts", True, [TRIED], "pending"),
        ("the talk after it is", True, [TRIED, TALKED], "kept"),
        ("a contact told before tries were told apart is", True, [acted(2, "contacted", 5)], "kept"),
        ("giving the lead back is an answer either way", True, [TRIED, acted(3, "rejected", 9)], "kept"),
        ("a talk too late is too late", True, [replace(TALKED, at=acted(4, "contacted", 31).at)], "pending"),
    ],
)
def test_the_first_response_is_what_the_agreement_of_the_handoff_says(
    sentence: str, only_talks: bool, facts: list[Fact], response: str
) -> None:
    told = reconcile(
        LEAD,
        in_order([assigned(), *facts]),
        {},
        terms_of=lambda _: (TALKS if only_talks else TERMS,),
        hours_of=around_the_clock,
    )
    states = {timer.kind: timer.state.value for timer in told.timers}
    assert states[TimerKind.FIRST_RESPONSE] == response, sentence
    assert states[TimerKind.ACCEPT] == ("kept" if facts[0].at <= TRIED.at else states[TimerKind.ACCEPT])


def test_a_try_keeps_the_promise_to_accept() -> None:
    told = reconcile(
        LEAD, in_order([assigned(), TRIED]), {}, terms_of=lambda _: (TALKS,), hours_of=around_the_clock
    )
    ending = next(timer.ending for timer in told.timers if timer.kind is TimerKind.ACCEPT)
    assert ending is not None
    assert ending.fact == TRIED.id != UUID(int=0)


@pytest.mark.parametrize(("word", "expected"), [("attempt", False), ("conversation", True)])
def test_each_version_of_the_agreement_says_which(word: str, expected: bool) -> None:
    sales = {"promises": {"perfect": {"first_response_within": "1h"}}, "first_response": word}
    agreement = Agreement.model_validate({"name": "A", "sales": sales})
    found = terms(Agreed("agreement", agreement), Quadrant.PERFECT, "main", "iberia", "UTC")
    assert found.only_talks_count is expected
