"""Who is who: the definition, and that whoever takes submissions one after the other comes to the same."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events import LeadMerged, LeadSubmitted, Receipt
from scoring.domain.book import LeadBook
from scoring.domain.contributions import Contributions, Said
from scoring.domain.desk import Desk
from scoring.domain.duplicates import Why, binding, doubt, keys_of
from scoring.domain.grouping import KeyName, Pair, persons_of
from scoring.domain.holdings import Holdings
from scoring.domain.leads import LeadState
from scoring.domain.people import Key, People
from scoring.domain.profile import Known
from scoring.domain.submissions import Incoming
from tests.unit.scoring.stories import CARDS, START, check, profile_of, take

EVA, LEO, ANA = (("email", f"{name}@example.com") for name in ("eva", "leo", "ana"))
DESK, CELL = ("phone", "+34600111222"), ("phone", "+34600333444")
CRM, CRM_2 = ("external", "crm-1"), ("external", "crm-2")
INFO, SALES = ("role", "info@example.com"), ("role", "sales@example.com")
PAIRS = [frozenset(pair) for pair in ((EVA, DESK), (LEO, DESK), (EVA, CRM), (DESK, CRM))]
ALL = (EVA, LEO, ANA, DESK, CELL, CRM, CRM_2, INFO, SALES)

CASES: list[tuple[str, list[tuple[KeyName, ...]], list[set[int]]]] = [
    ("an e-mail and a phone seen together are one person's", [(EVA,), (DESK,), (EVA, DESK)], [{0, 1, 2}]),
    ("a phone seen with two e-mails identifies nobody", [(EVA, DESK), (LEO, DESK)], [{0}, {1}]),
    (
        "who called from a phone that two share is neither of them, and one",
        [(DESK,), (EVA, DESK), (LEO, DESK), (DESK,)],
        [{0, 3}, {1}, {2}],
    ),
    ("a role address joins nobody who has a key of their own", [(INFO, DESK), (INFO, CELL)], [{0}, {1}]),
    ("who has nothing but a role address is one", [(INFO,), (INFO, DESK), (INFO,)], [{0, 2}, {1}]),
    ("a role address is no second e-mail of a phone", [(EVA, DESK), (INFO, DESK), (DESK,)], [{0, 1, 2}]),
    (
        "a shared phone holds before a role address",
        [(EVA, DESK), (LEO, DESK), (INFO, DESK), (INFO,), (DESK,)],
        [{0}, {1}, {2, 4}, {3}],
    ),
    ("an id of the CRM identifies as an e-mail does", [(EVA, CRM), (LEO, CRM)], [{0, 1}]),
    (
        "who has an id of the CRM stays together when the phone is shared",
        [(CRM, DESK), (EVA, CRM), (EVA, DESK), (LEO, DESK)],
        [{0, 1, 2}, {3}],
    ),
    ("who has no key is alone", [(), ()], [{0}, {1}]),
]


@pytest.mark.parametrize(("what", "sent", "persons"), CASES, ids=[case[0] for case in CASES])
def test_who_is_who(what: str, sent: list[tuple[KeyName, ...]], persons: list[set[int]]) -> None:
    assert persons_of(dict(enumerate(sent))) == frozenset(map(frozenset, persons)), what


def test_two_keys_kept_apart_join_nobody_and_other_evidence_does() -> None:
    sent: dict[int, Sequence[KeyName]] = {0: (EVA,), 1: (CELL,), 2: (EVA, CELL)}
    apart = {frozenset({EVA, CELL})}
    assert persons_of(sent, apart) == {frozenset({0, 2}), frozenset({1})}
    assert persons_of(sent | {3: (EVA, CRM), 4: (CELL, CRM)}, apart) == {frozenset(range(5))}


def test_two_keys_kept_together_join_whoever_carries_them_while_both_identify() -> None:
    sent: dict[int, Sequence[KeyName]] = {0: (EVA,), 1: (CELL,), 2: (CELL,), 3: (LEO,)}
    together = {frozenset({EVA, CELL})}
    assert persons_of(sent, (), together) == {frozenset({0, 1, 2}), frozenset({3})}
    shared = sent | {4: (LEO, CELL), 5: (ANA, CELL)}
    assert persons_of(shared, (), together) == {
        frozenset({0}),
        frozenset({1, 2}),
        frozenset({3, 4}),
        frozenset({5}),
    }


def incoming(number: int, keys: tuple[KeyName, ...], line: str) -> Incoming:
    received = START + timedelta(minutes=10 * number)
    profile = profile_of(keys).model_copy(update={"name": f"said {number}"})
    submission = LeadSubmitted(
        submission_id=uuid5(UUID(int=0), str(number)),
        form_id="demo",
        lines=[line],
        source="website",
        fingerprint=str(number),
        received_at=received,
        fields={},
        profile=profile,
        receipt=Receipt(instance="i", number=number + 1),
        rulebook_version=1,
    )
    return Incoming(submission, uuid5(UUID(int=1), str(number)), received, False, keys)


def opened(apart: frozenset[Pair]) -> Desk:
    people = People([Key(name) for name in ALL], [], apart)
    return Desk(people, Holdings(LeadBook()), lambda _: CARDS, START)


def next_batch(before: Desk, apart: frozenset[Pair], together: frozenset[Pair] = frozenset()) -> Desk:
    """As the store gives it back."""
    leads = {**before.holdings.leads, **before.book.changed}
    said = Contributions()
    for kept in before.kept.values():
        assert kept.person_id is not None
        whole = tuple(lead.id for lead in before.holdings.ever(kept.lead_ids))
        said.add(before.people.root(kept.person_id).id, Said(kept.submission, kept.keys, whole))
    book = LeadBook([lead for lead in leads.values() if lead.state is LeadState.OPEN], changed=leads)
    people = People([before.people.key(name) for name in ALL], list(before.people), apart, together)
    return Desk(people, Holdings(book, leads, said), lambda _: CARDS, START, kept=before.kept)


def grouped(desk: Desk) -> frozenset[frozenset[int]]:
    persons: dict[UUID, set[int]] = {}
    for kept in desk.kept.values():
        assert kept.person_id is not None
        number = kept.submission.receipt.number - 1
        persons.setdefault(desk.people.root(kept.person_id).id, set()).add(number)
    return frozenset(map(frozenset, persons.values()))


keys = st.builds(
    lambda email, phone, crm: tuple(each for each in (email, phone, crm) if each),
    st.sampled_from([None, EVA, EVA, LEO, ANA, INFO, SALES]),
    st.sampled_from([None, DESK, DESK, CELL]),
    st.sampled_from([None, None, None, CRM, CRM_2]),
)
stories = st.lists(st.tuples(keys, st.sampled_from(["main", "training"])), min_size=2, max_size=9)


@settings(max_examples=200, deadline=None)
@given(stories, st.data())
def test_in_any_order_and_in_batches_of_any_size_the_same_submissions_are_the_same_persons(
    story: list[tuple[tuple[KeyName, ...], str]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(story))))
    ends = data.draw(st.sets(st.sampled_from(order)))
    apart = frozenset(data.draw(st.sets(st.sampled_from(PAIRS), max_size=2)))
    desk = opened(apart)
    told: list[LeadMerged] = []
    for number in order:
        take(desk, incoming(number, *story[number]))
        check(desk)
        if number in ends:
            told += [merge.event for merge in desk.merges]
            desk = next_batch(desk, apart)
    told += [merge.event for merge in desk.merges]
    assert grouped(desk) == persons_of({number: story[number][0] for number in order}, apart)
    check_profiles(desk)
    check_one_lead_for_each_line(desk)
    assert len({(event.person_id, event.seq) for event in told}) == len(told)


@settings(max_examples=200, deadline=None)
@given(stories, st.data())
def test_what_reps_say_of_duplicates_holds_in_any_order_too(
    story: list[tuple[tuple[KeyName, ...], str]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(story))))
    together: frozenset[Pair] = frozenset()
    desk = opened(frozenset())
    for number in order:
        take(desk, incoming(number, *story[number]))
        check(desk)
        if data.draw(st.booleans()):
            together |= spoken(desk, data)
        desk = next_batch(desk, frozenset(), together)
    sent = {number: story[number][0] for number in order}
    assert grouped(desk) == persons_of(sent, (), together)
    check_profiles(desk)
    check_one_lead_for_each_line(desk)


def spoken(desk: Desk, data: st.DataObject) -> frozenset[Pair]:
    """Two of those who have sent something are one, says somebody; the keys that this holds together."""
    people = desk.people
    roots = sorted({people.root(kept.person_id).id for kept in desk.kept.values() if kept.person_id})
    one, other = (people.root(data.draw(st.sampled_from(roots))) for _ in range(2))
    keys = keys_of(people, [people.key(name) for name in ALL])
    if one is other or doubt(one, other, keys, ()) is Why.NO_KEY:
        return frozenset()
    pairs = binding(keys[one.id], keys[other.id])
    survivor, gone = people.join(one, other)
    desk.book.merge(survivor.id, gone.id)
    desk.holdings.said.move(gone.id, survivor.id)
    return pairs


def check_profiles(desk: Desk) -> None:
    """A person is known by what they have said, whoever was taken for them meanwhile."""
    for person in desk.people:
        if person.merged_into is not None:
            continue
        known = Known()
        for said in desk.holdings.said.of(person.id):
            profile, received_at, word = said.told
            known.learn(profile, received_at, word=word)
        if known.values:
            assert person.known.values == known.values
            assert person.known.unsure == known.unsure


def check_one_lead_for_each_line(desk: Desk) -> None:
    held = [
        (desk.people.root(lead.person_id).id, lead.line)
        for lead in desk.book.changed.values()
        if lead.state is LeadState.OPEN
    ]
    assert len(held) == len(set(held))
    for kept in desk.kept.values():
        assert kept.person_id is not None
        person = desk.people.root(kept.person_id)
        (lead,) = desk.holdings.now(kept.lead_ids)
        assert lead.state is LeadState.OPEN
        assert (lead.person_id, lead.line) == (person.id, kept.submission.lines[0])
