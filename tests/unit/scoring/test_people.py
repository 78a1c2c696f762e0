"""Who is who, by keys."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid5

import pytest

from lead_events.ids import person_id
from scoring.domain.people import Key, KeyName, People, Person

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA: KeyName = ("email", "eva@example.com")
UGO: KeyName = ("email", "ugo@example.com")
PHONE: KeyName = ("phone", "+34600111222")


def submission(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def people(*names: KeyName) -> People:
    return People([Key(name) for name in names or (EVA, UGO, PHONE)], [])


def test_a_newcomer_gets_an_id_made_of_the_submission() -> None:
    found = people().resolve([EVA], submission("a"), START)
    assert found.is_new
    assert found.person.id == person_id(submission("a"))


@pytest.mark.parametrize("again", [[EVA], [PHONE], [EVA, PHONE]])
def test_either_key_finds_the_person_again(again: list[KeyName]) -> None:
    them = people()
    first = them.resolve([EVA, PHONE], submission("a"), START)
    assert them.resolve(again, submission("b"), START).person is first.person


def test_the_younger_points_to_the_older_and_keys_stay() -> None:
    them = people()
    younger = them.resolve([EVA], submission("a"), START + timedelta(days=1)).person
    older = them.resolve([PHONE], submission("b"), START).person
    found = them.resolve([EVA, PHONE], submission("c"), START + timedelta(days=2))
    assert (found.person, found.merged) == (older, (younger,))
    assert younger.merged_into == older.id
    assert them.changed_keys[EVA].person_id == younger.id
    assert them.resolve([EVA], submission("d"), START).person is older


def test_a_chain_of_merges_leads_to_its_end() -> None:
    persons = [Person(UUID(int=n), START, merged_into=UUID(int=n - 1) if n > 1 else None) for n in (1, 2, 3)]
    them = People([Key(EVA, UUID(int=3))], persons)
    assert them.resolve([EVA], submission("a"), START).person.id == UUID(int=1)


def test_a_phone_seen_with_two_emails_joins_nobody() -> None:
    them = people()
    eva = them.resolve([EVA, PHONE], submission("a"), START).person
    ugo = them.resolve([UGO, PHONE], submission("b"), START).person
    alone = them.resolve([PHONE], submission("c"), START).person
    alone_too = them.resolve([PHONE], submission("d"), START).person
    assert len({eva.id, ugo.id, alone.id}) == 3
    assert alone_too is alone, "who calls from it is one person to us: whoever answers there"


def test_a_submission_without_keys_has_a_person_of_its_own() -> None:
    them = people()
    assert (
        them.resolve([], submission("a"), START).person is not them.resolve([], submission("b"), START).person
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_any_order_the_same_submissions_end_as_one_person(order: tuple[int, ...]) -> None:
    sent = [[EVA], [PHONE], [EVA, PHONE]]
    them = people()
    for place in order:
        them.resolve(sent[place], submission(str(place)), START + timedelta(minutes=place))
    assert len({person.id for person in them if person.merged_into is None}) == 1
