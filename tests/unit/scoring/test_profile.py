"""What is known about a person."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from lead_events import Profile
from scoring.domain.profile import Known, Word

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENT = [
    (Profile(name="Eva", city="Vigo"), START),
    (Profile(name="Eva Ruiz", attributes={"budget": 5}), START + timedelta(hours=1)),
    (Profile(name="", attributes={"budget": None, "seats": 3}), START + timedelta(hours=2)),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_value_wins_and_a_blank_wipes_nothing_in_any_order(order: tuple[int, ...]) -> None:
    known = Known()
    for place in order:
        known.learn(*SENT[place])
    assert known.as_mapping() == {
        "name": "Eva Ruiz",
        "city": "Vigo",
        "attributes": {"budget": 5, "seats": 3},
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_name_that_a_rep_typed_in_stands_until_its_person_says_it_and_never_against_it(
    order: tuple[int, ...],
) -> None:
    said = [
        (Profile(name="A.", email="ana@example.com"), START, Word.REPS),
        (Profile(name="Ana Ruiz", city="Vigo"), START + timedelta(hours=1), Word.OWN),
        (Profile(name="Ana", city="Lugo", company="Norte"), START + timedelta(hours=2), Word.REPS),
    ]
    known = Known()
    for place in order:
        profile, at, word = said[place]
        known.learn(profile, at, word=word)
    found = known.values
    assert (found["name"], found["city"], found["company"]) == ("Ana Ruiz", "Lugo", "Norte")
    assert known.unsure == set(), "an e-mail that a rep enters is as good as one that its person enters"


@pytest.mark.parametrize("first", [0, 1])
def test_two_profiles_become_one_whichever_absorbs_the_other(first: int) -> None:
    both = [Known(), Known()]
    both[0].learn(*SENT[0])
    both[1].learn(*SENT[1])
    both[first].absorb(both[1 - first])
    assert both[first].values["name"] == "Eva Ruiz"
    assert both[first].values["city"] == "Vigo"


def test_zero_and_false_are_values() -> None:
    known = Known()
    known.learn(Profile(employees=0, attributes={"newsletter": False}), START)
    assert known.as_mapping() == {"employees": 0, "attributes": {"newsletter": False}}


def test_what_was_asked_last_stands_first_and_in_the_order_of_its_form() -> None:
    """The store keeps no order of answers; what has just come has one."""
    known = Known({"attributes.z": 1, "attributes.a": 2, "attributes.size": 3}, {})
    known.received = dict.fromkeys(known.values, "2026-01-01T00:00:00+00:00")
    known.learn(Profile(attributes={"why": "x", "size": 4, "budget": "y"}), START)
    assert list(known.as_mapping()["attributes"]) == ["why", "size", "budget", "z", "a"]
